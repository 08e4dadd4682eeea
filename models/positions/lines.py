"""Lines: what this bank has committed itself to, and what that and its loans come to together. DOMAIN 1.5.

A line counts from its approval through its end; one without a known end, and a frozen one, until it is closed. Of a
line and the one that it replaces the larger counts. A loan may have been drawn under any line that could be drawn by
then, and records do not say under which, so that

    exposure = max over days t of ( loans drawn before t + lines that could be drawn from t on or later )

which is every line in full, and beside them the loans for which no line was open yet or left. No loan counts a second
time that a line may have paid out, and none is hidden behind a line that began after it. See
docs/decisions/0028-committed-lines-are-exposure.md.
"""

from models.positions.rows import Subject

_LINE = """
, open AS (
  SELECT *, row_number() OVER (PARTITION BY row, replaces ORDER BY granted_on, line_no) = 1 AS first_of_its_kind
  FROM credit_line_now
  WHERE (closed_on IS NULL OR closed_on > {as_of})
    AND (coalesce(frozen, false) OR ends_on IS NULL OR ends_on >= {as_of})
)
, line AS (
  SELECT l.row, l.granted_on, coalesce(l.drawn_from, DATE '9999-12-31') AS drawn_from,
    greatest(l.amount_fen - coalesce(r.amount_fen, 0), 0) AS amount_fen
  FROM open l LEFT JOIN open r ON l.first_of_its_kind AND r.row = l.row AND r.line_no = l.replaces
    AND (r.granted_on, r.line_no) < (l.granted_on, l.line_no)
)
"""

LINES = Subject(
    needs=("credit_line",),
    reads=("bank_loan",),
    sql=_LINE  # noqa: S608  (no part of it is input)
    + """
, loan AS (
  SELECT row, drawn_on, CASE WHEN closed_on <= {as_of} THEN 0 ELSE coalesce(balance_fen, principal_fen) END AS owed_fen
  FROM bank_loan_now WHERE own_bank
)
, cut AS (
  SELECT d.row, d.drawn_from,
    (SELECT coalesce(sum(l.amount_fen), 0) FROM line l WHERE l.row = d.row AND l.drawn_from >= d.drawn_from)
    + (SELECT coalesce(sum(o.owed_fen), 0) FROM loan o WHERE o.row = d.row AND o.drawn_on < d.drawn_from) AS fen
  FROM (SELECT DISTINCT row, drawn_from FROM line) d
)
, most AS (SELECT row, max(fen) AS fen FROM cut GROUP BY row)
, owed AS (SELECT row, sum(owed_fen) AS fen FROM loan GROUP BY row)
, total AS (SELECT row, sum(amount_fen) AS fen, count(*) AS lines FROM line GROUP BY row)
SELECT t.row, t.fen::DOUBLE AS committed_fen, greatest(m.fen, coalesce(o.fen, 0))::DOUBLE AS exposure_fen,
  t.lines::DOUBLE AS count
FROM total t JOIN most m ON m.row = t.row LEFT JOIN owed o ON o.row = t.row ORDER BY t.row
""",
)
EACH_LINE = Subject(
    needs=("credit_line",),
    sql=_LINE
    + """
SELECT row, (granted_on - DATE '1970-01-01')::DOUBLE AS granted_day, amount_fen::DOUBLE AS amount_fen
FROM line ORDER BY row, granted_day, amount_fen
""",
)
