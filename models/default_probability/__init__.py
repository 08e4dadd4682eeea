"""Default probability: features + bundle -> calibrated PD and contributions in points that add up."""

from models.default_probability.matrix import FeatureColumnsDiffer, FeatureNotFinite, feature_matrix
from models.default_probability.score import ProbabilityColumns, score_features

__all__ = ["FeatureColumnsDiffer", "FeatureNotFinite", "ProbabilityColumns", "feature_matrix", "score_features"]
