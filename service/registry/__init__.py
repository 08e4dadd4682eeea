"""Which model is in force, and by whose hands: append-only records, and the rules that are checked over them each time.

Read `standing` for the rules, `chain` for what makes a record trustworthy, `registry` for what people do with it.
"""
