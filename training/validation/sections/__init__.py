"""The seventeen parts of a validator's report, each a file that turns the evidence into tables, charts and gates."""
