"""What intangible and pooled assets are worth: dated evidence in, a range with method and confidence out.

A stage between features and bundle: it knows no bank number (they come in as frozen parameters) and no limit.
Everything is int64: money in fen, shares as integers of a trillionth (`models.valuation.rates`), so that one
enterprise and a million agree to the last bit.
"""
