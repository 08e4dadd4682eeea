"""Statements: the latest full-year statement beside that of a year before, one row per enterprise. DOMAIN 1.1, 1.5."""

from models.positions.rows import Subject

_FLOWS = (
    "revenue_fen",
    "cost_of_sales_fen",
    "net_profit_fen",
    "operating_profit_fen",
    "interest_expense_fen",
    "depreciation_fen",
    "operating_cash_flow_fen",
    "capital_expenditure_fen",
    "equity_fen",
    "cash_fen",
    "restricted_cash_fen",
    "short_term_debt_fen",
    "long_term_debt_fen",
)
_BALANCES = ("receivables_fen", "inventory_fen", "prepaid_fen", "payables_fen", "advances_received_fen")
_NOW = ", ".join(f"n.{name}::DOUBLE AS {name}" for name in (*_FLOWS, *_BALANCES))
_OPENING = ", ".join(f"o.{name}::DOUBLE AS opening_{name}" for name in ("revenue_fen", *_BALANCES))

STATEMENTS = Subject(
    needs=("financial_statement",),
    sql=f"""
, yearly AS (SELECT * FROM financial_statement_now WHERE months = 12),
newest AS (SELECT * FROM yearly QUALIFY row_number() OVER (PARTITION BY row ORDER BY period_end DESC) = 1)
SELECT n.row, ({{as_of}} - n.period_end)::DOUBLE AS age_days, {_NOW}, {_OPENING}
FROM newest n LEFT JOIN yearly o ON o.row = n.row AND o.period_end = last_day((n.period_end - INTERVAL 12 MONTH)::DATE)
ORDER BY n.row
""",  # noqa: S608
)
