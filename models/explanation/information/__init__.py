"""What a missing document is worth: the limit at its prudent and at its plausible best value, by the real engine."""

from models.explanation.information.ranges import PlausibleRange, PlausibleRanges, RangesNotInForce, load_ranges
from models.explanation.information.value import Information, value_of_information

__all__ = [
    "Information",
    "PlausibleRange",
    "PlausibleRanges",
    "RangesNotInForce",
    "load_ranges",
    "value_of_information",
]
