"""Orders: every sales order that is not cancelled, with what is neither delivered nor billed yet. DOMAIN 1.4.

What was delivered, invoiced or became a receivable is no order any more: the same sale migrates, it is not added.
"""

from models.positions.rows import Subject

ORDERS = Subject(
    needs=("trade_order",),
    reads=("receivable", "relation"),
    sql="""
, billed AS (
  SELECT row, debtor_id, order_no, sum(face_fen) AS billed_fen FROM receivable_now
  WHERE order_no IS NOT NULL GROUP BY ALL
), ties AS (
  SELECT DISTINCT row, party_id FROM relation_now WHERE until_on IS NULL OR until_on > {as_of}
)
SELECT o.row, o.counterparty_id, o.order_no,
  greatest(0, amount_fen - greatest(coalesce(delivered_fen, 0), coalesce(invoiced_fen, 0), coalesce(billed_fen, 0))
    )::DOUBLE AS open_fen,
  coalesce(deposit_fen, 0)::DOUBLE AS deposit_fen,
  ({as_of} - ordered_on)::DOUBLE AS age_days, ({as_of} - promised_on)::DOUBLE AS late_days,
  (coalesce(disputed, false) OR t.party_id IS NOT NULL)::INT::DOUBLE AS barred,
  CASE WHEN promised_on <= {as_of} AND promised_on > ({as_of} - INTERVAL 12 MONTH)::DATE
    THEN amount_fen ELSE 0 END::DOUBLE AS due_12m_fen,
  CASE WHEN promised_on <= {as_of} AND promised_on > ({as_of} - INTERVAL 12 MONTH)::DATE
    THEN least(amount_fen, greatest(0, coalesce(delivered_fen, 0) - coalesce(returned_fen, 0))) ELSE 0 END::DOUBLE
    AS done_12m_fen
FROM trade_order_now o
LEFT JOIN billed b ON b.row = o.row AND b.debtor_id = o.counterparty_id AND b.order_no = o.order_no
LEFT JOIN ties t ON t.row = o.row AND t.party_id = o.counterparty_id
WHERE direction = 'sales' AND (cancelled_on IS NULL OR cancelled_on > {as_of})
ORDER BY o.row, o.counterparty_id, o.order_no
""",
)
