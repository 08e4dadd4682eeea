"""Features: SQL over dated rows, one family a file, each feature with one catalogue entry."""

from models.features.catalogue import CATALOGUE, FeatureUnknown, feature
from models.features.compute import compute_features
from models.features.feature import Feature

__all__ = ["CATALOGUE", "Feature", "FeatureUnknown", "compute_features", "feature"]
