"""Signals of trouble: bureau, instalments past due, adverse events, cash captured. DOMAIN 2.2."""

from models.positions.rows import Subject

BUREAU = Subject(
    needs=("bureau_report",),
    sql="""
SELECT row, debt_fen::DOUBLE AS debt_fen, guarantees_fen::DOUBLE AS guarantees_fen,
  days_past_due::DOUBLE AS days_past_due, enquiries_2m::DOUBLE AS enquiries_2m
FROM bureau_report_now
QUALIFY row_number() OVER (PARTITION BY row ORDER BY reported_on DESC, report_no DESC) = 1 ORDER BY row
""",
)

INSTALMENTS = Subject(
    needs=("loan_repayment",),
    sql="""
SELECT row, max(CASE WHEN paid_on <= {as_of} OR coalesce(waived, false) THEN 0 ELSE {as_of} - due_on END)::DOUBLE
  AS days_past_due
FROM loan_repayment_now GROUP BY row ORDER BY row
""",
)

# Red by DOMAIN 2.2. The colour that a source gives an event is the source's, not the bank's, so it is not read.
_RED = (
    "dishonest_debtor",
    "asset_freeze",
    "tax_abnormal",
    "account_redirected",
    "duplicate_pledge",
    "founder_unreachable",
    "bankruptcy",
)
_IS_RED = f"event IN ({', '.join(repr(name) for name in _RED)})"

EVENTS = Subject(
    needs=("risk_event",),
    sql=f"""
SELECT row, count(*) FILTER (open AND {_IS_RED})::DOUBLE AS red_events,
  count(*) FILTER (open AND NOT {_IS_RED})::DOUBLE AS other_events,
  coalesce(sum(amount_fen) FILTER (open AND event = 'lawsuit'), 0)::DOUBLE AS lawsuits_fen
FROM (SELECT *, (resolved_on IS NULL OR resolved_on > {{as_of}}) AND coalesce(role, 'defendant') = 'defendant' AS open
      FROM risk_event_now)
GROUP BY row ORDER BY row
""",  # noqa: S608
)

CAPTURE = Subject(
    needs=("payment", "receivable"),
    sql="""
, due AS (
  SELECT row, sum(face_fen) AS expected_fen FROM receivable_now
  WHERE due_on <= {as_of} AND due_on > ({as_of} - INTERVAL 3 MONTH)::DATE GROUP BY row
), controlled AS (
  SELECT row, sum(amount_fen) FILTER (controlled AND direction = 'received' AND NOT coalesce(returned, false)
    AND paid_on > ({as_of} - INTERVAL 3 MONTH)::DATE) AS received_fen, bool_or(controlled) AS has_account
  FROM payment_now GROUP BY row
)
SELECT d.row, expected_fen::DOUBLE AS expected_3m_fen,
  CASE WHEN has_account THEN coalesce(received_fen, 0) END::DOUBLE AS controlled_3m_fen
FROM due d JOIN controlled c ON c.row = d.row ORDER BY d.row
""",
)
