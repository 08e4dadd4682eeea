"""Who paid for the limit: an exact Shapley split of `limit - reference limit`, in yuan, over groups of evidence."""

from models.explanation.attribution.groups import GROUPS, EvidenceGroup, group_of
from models.explanation.attribution.reference import (
    ReferenceEnterprise,
    ReferenceNotInForce,
    load_reference,
)
from models.explanation.attribution.split import Attribution, Share, attribute

__all__ = [
    "GROUPS",
    "Attribution",
    "EvidenceGroup",
    "ReferenceEnterprise",
    "ReferenceNotInForce",
    "Share",
    "attribute",
    "group_of",
    "load_reference",
]
