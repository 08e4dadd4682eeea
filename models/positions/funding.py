"""Funding: the last equity round, by the cash that arrived, not by what was agreed. DOMAIN 1.5, 4."""

from models.positions.rows import Subject

FUNDING = Subject(
    needs=("funding_round",),
    sql="""
SELECT row, cash_received_fen::DOUBLE AS cash_received_fen,
  date_sub('month', coalesce(cash_received_on, signed_on), {as_of})::DOUBLE AS months_since_cash
FROM funding_round_now
QUALIFY row_number() OVER (PARTITION BY row ORDER BY signed_on DESC, round DESC) = 1 ORDER BY row
""",
)
