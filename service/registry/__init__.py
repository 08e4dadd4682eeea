"""Which model is in force, and by whose hands: append-only records, and the rules that are checked over them each time.

Read `rules` for who may do what, `chain` for what makes a record trustworthy, `registry` for what people do with it.
"""
