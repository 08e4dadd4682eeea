"""Default probability: features + bundle -> calibrated PD and contributions in points that add up."""

from models.default_probability.comparison import PopulationNotInBundle, population_of
from models.default_probability.matrix import FeatureColumnsDiffer, FeatureNotFinite, OwnColumnsNeeded, feature_matrix
from models.default_probability.missing import fill_missing
from models.default_probability.score import ProbabilityColumns, score_features, score_matrix, score_one

__all__ = [
    "FeatureColumnsDiffer",
    "FeatureNotFinite",
    "OwnColumnsNeeded",
    "PopulationNotInBundle",
    "ProbabilityColumns",
    "feature_matrix",
    "fill_missing",
    "population_of",
    "score_features",
    "score_matrix",
    "score_one",
]
