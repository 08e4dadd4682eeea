"""What an enterprise holds and owes on a day, by the record tables: the evidence of the limit, before any policy.

One file per subject: claims (receivables), orders, anchors, loans, statements, tax, funding, warnings. Each is one SQL
statement over the rows visible at `as_of`, for N enterprises at once; none knows a number of the bank's policy. A kind
that is not among the tables runs no statement, and an enterprise without a row of a kind is unknown there, never zero.
"""

from models.positions.positions import Positions, read_positions
from models.positions.rows import Rows

__all__ = ["Positions", "Rows", "read_positions"]
