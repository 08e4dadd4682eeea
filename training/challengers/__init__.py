"""Challengers: a scorecard, an EBM and a logistic regression, learned and compared beside the trees."""
