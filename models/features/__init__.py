"""Features: SQL over dated rows, one family a file, each feature with one catalogue entry."""
