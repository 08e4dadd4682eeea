"""Exact Shapley contributions of shallow trees by table: a tree sees a row only as a pattern of answers.

A row meets a tree through the answers to its questions ("is feature f at most t?"), so a tree's contributions are a
function of a few bits and can be looked up. `forest` reads the trees, `coding` turns a feature's value into the rank
among the model's thresholds, `cut` cuts each tree into groups of leaves with at most eight questions, `values` fills a
table per group and feature, `kernel` adds the tables up for rows. The tables are made once per model (some tenths of
a second), the compiled kernels once per machine. `places` says what of a row the trees can see at all.
"""

from models.default_probability.exact.contributions import (
    ExactContributions,
    contributions_against,
    contributions_of,
)
from models.default_probability.exact.forest import NotByTable
from models.default_probability.exact.places import Places

__all__ = ["ExactContributions", "NotByTable", "Places", "contributions_against", "contributions_of"]
