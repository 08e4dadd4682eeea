"""Claims: every receivable that is open, or that arose within twelve months, one row each. DOMAIN 1.3, 10.

`counted_fen` is what is owed still, by the receivable or by face less what was settled, credited and written off; it
may be negative (a credit balance). Receivables that name one invoice are together at most what that invoice is worth
after its red letters, so that a claim entered twice counts once and a claim cut in two changes nothing; where the
invoice is not on file, they are together at most the largest of them.
"""

from models.positions.rows import Subject

# One spelling of a register number, as in models.valuation.columns.register_numbers.
_PLAIN = "regexp_replace(regexp_replace(upper({0}), '[^0-9A-Z\\p{{Han}}]', '', 'g'), '^(ZL|CN)([0-9])', '\\2')"

CLAIMS = Subject(
    needs=("receivable",),
    reads=("invoice", "relation", "anchor_programme", "pool_asset"),
    sql=f"""
, open_claims AS (
  SELECT *, CASE WHEN settled_on <= {{as_of}} AND outstanding_fen IS NULL THEN 0
    ELSE coalesce(outstanding_fen, face_fen - coalesce(settled_fen, 0) - coalesce(credited_fen, 0)
                  - coalesce(written_off_fen, 0)) END AS open_fen
  FROM receivable_now
), invoiced AS (
  SELECT row, counterparty_id, coalesce(red_of, invoice_no) AS named, sum(total_fen) AS worth_fen
  FROM invoice_now WHERE direction = 'sales' AND status = 'valid' GROUP BY ALL
), once AS (
  SELECT c.*, CASE WHEN c.invoice_no IS NULL OR open_fen <= 0 THEN open_fen ELSE greatest(0, least(open_fen,
      greatest(0, coalesce(i.worth_fen, max(c.face_fen) OVER same))
      - (sum(greatest(open_fen, 0)) OVER (PARTITION BY c.row, c.debtor_id, c.invoice_no ORDER BY c.receivable_no
         ROWS UNBOUNDED PRECEDING) - open_fen))) END AS counted_fen
  FROM open_claims c
  LEFT JOIN invoiced i ON i.row = c.row AND i.counterparty_id = c.debtor_id AND i.named = c.invoice_no
  WINDOW same AS (PARTITION BY c.row, c.debtor_id, c.invoice_no)
), ties AS (
  SELECT DISTINCT row, party_id FROM relation_now WHERE until_on IS NULL OR until_on > {{as_of}}
), anchors AS (
  SELECT DISTINCT row, anchor_id FROM anchor_programme_now
  WHERE role = 'supplier' AND (left_on IS NULL OR left_on > {{as_of}})
), pooled AS (
  SELECT DISTINCT row, {_PLAIN.format("register_no")} AS held FROM pool_asset_now
  WHERE entered_on <= {{as_of}} AND (released_on IS NULL OR released_on > {{as_of}})
)
SELECT o.row, o.debtor_id, o.receivable_no, counted_fen::DOUBLE AS counted_fen,
  ({{as_of}} - arisen_on)::DOUBLE AS age_days, ({{as_of}} - due_on)::DOUBLE AS past_due_days,
  CASE WHEN arisen_on > ({{as_of}} - INTERVAL 12 MONTH)::DATE THEN face_fen ELSE 0 END::DOUBLE AS sold_12m_fen,
  CASE WHEN arisen_on > ({{as_of}} - INTERVAL 12 MONTH)::DATE
    THEN coalesce(credited_fen, 0) + coalesce(written_off_fen, 0) ELSE 0 END::DOUBLE AS diluted_12m_fen,
  coalesce(owed_to_debtor_fen, 0)::DOUBLE AS owed_to_debtor_fen,
  (coalesce(related_party, false) OR t.party_id IS NOT NULL)::INT::DOUBLE AS related,
  coalesce(disputed, false)::INT::DOUBLE AS disputed,
  coalesce(conditional, false)::INT::DOUBLE AS conditional,
  (coalesce(debtor_type = 'foreign', false) AND NOT coalesce(insured, false))::INT::DOUBLE AS foreign_uninsured,
  (coalesce(debtor_type = 'government', false) AND registered_no IS NULL)::INT::DOUBLE AS government_unassigned,
  (coalesce(pledged_elsewhere, registered_no IS NULL))::INT::DOUBLE AS encumbered,
  (p.held IS NOT NULL)::INT::DOUBLE AS pooled,
  coalesce(confirmed, false)::INT::DOUBLE AS confirmed,
  (a.anchor_id IS NOT NULL)::INT::DOUBLE AS anchor
FROM once o
LEFT JOIN ties t ON t.row = o.row AND t.party_id = o.debtor_id
LEFT JOIN anchors a ON a.row = o.row AND a.anchor_id = o.debtor_id
LEFT JOIN pooled p ON p.row = o.row
  AND p.held IN ({_PLAIN.format("coalesce(o.registered_no, '')")}, {_PLAIN.format("o.receivable_no")})
QUALIFY row_number() OVER (PARTITION BY o.row, o.debtor_id, o.receivable_no) = 1
ORDER BY o.row, o.debtor_id, o.receivable_no
""",  # noqa: S608
)
