"""Tax: what was paid in twelve months net of refunds, arrears, and the latest tax credit grade. DOMAIN 1.2."""

from models.positions.rows import Subject

GRADES = ("A", "B", "M", "C", "D")  # in the order of the policy tables by tax grade
_PLACE = " ".join(f"WHEN '{grade}' THEN {place}" for place, grade in enumerate(GRADES))

TAX = Subject(
    needs=("tax_return",),
    reads=("tax_grade",),
    sql=f"""
, graded AS (
  SELECT row, CASE WHEN coalesce(taxpayer_status, 'normal') <> 'normal' THEN {GRADES.index("D")}
    ELSE CASE grade {_PLACE} END END AS grade
  FROM tax_grade_now QUALIFY row_number() OVER (PARTITION BY row ORDER BY year DESC, published_on DESC) = 1
), paid AS (
  SELECT row,
    sum(paid_fen - coalesce(refund_fen, 0)) FILTER (tax = 'vat' AND recent) AS vat_12m_fen,
    sum(paid_fen - coalesce(refund_fen, 0)) FILTER (tax = 'cit' AND recent) AS cit_12m_fen,
    sum(arrears_fen) FILTER (recent) AS arrears_fen
  FROM (SELECT *, period_end > ({{as_of}} - INTERVAL 12 MONTH)::DATE AS recent FROM tax_return_now) GROUP BY row
)
SELECT p.row, coalesce(vat_12m_fen, 0)::DOUBLE AS vat_12m_fen, coalesce(cit_12m_fen, 0)::DOUBLE AS cit_12m_fen,
  coalesce(arrears_fen, 0)::DOUBLE AS arrears_fen, g.grade::DOUBLE AS grade
FROM paid p LEFT JOIN graded g ON g.row = p.row ORDER BY p.row
""",  # noqa: S608
)
