"""The third source of rows: a table that the bank prepared itself, alone or as columns beside the other sources."""
