"""How the bank learns of the economy: one file per group of record kinds, missing, late or corrected as in life."""
