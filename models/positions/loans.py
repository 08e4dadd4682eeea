"""Loans: what the enterprise owes lenders, one row per enterprise. DOMAIN 1.1, 1.5.

An open loan without a balance counts at its principal: a balance that nobody reports is not zero. Whether it is ours
is said by `own_bank`; where nobody said, it counts as another bank's debt.
"""

from models.positions.rows import Subject

LOANS = Subject(
    needs=("bank_loan",),
    sql="""
, each AS (
  SELECT *, closed_on IS NULL OR closed_on > {as_of} AS open,
    CASE WHEN closed_on <= {as_of} THEN 0 ELSE coalesce(balance_fen, principal_fen) END AS owed_fen
  FROM bank_loan_now
)
SELECT row,
  coalesce(sum(owed_fen) FILTER (own_bank), 0)::DOUBLE AS own_exposure_fen,
  sum(owed_fen)::DOUBLE AS debt_fen,
  coalesce(sum(owed_fen) FILTER (coalesce(credit_type, 'working_capital') = 'working_capital'), 0)::DOUBLE
    AS working_capital_debt_fen,
  sum(limit_fen) FILTER (own_bank AND open)::DOUBLE AS own_line_fen,
  (count(*) FILTER (own_bank AND open))::DOUBLE AS own_loans,
  max(days_past_due) FILTER (open)::DOUBLE AS days_past_due
FROM each GROUP BY row ORDER BY row
""",
)
