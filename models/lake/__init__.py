"""The lake: records as Parquet files in hash buckets of enterprises, changed all at once or not at all."""

from models.lake.lake import AppendReceipt, Lake, Writing
from models.lake.manifest import LakeBusy, LakeDamaged, Manifest, Part, bucket_of
from models.lake.neighbourhood import GROUP_KINDS, KINDS_READ, Neighbourhood
from models.lake.rebucketing import BucketsNotPossible, Rebucketed, reading, rebucket

__all__ = [
    "GROUP_KINDS",
    "KINDS_READ",
    "AppendReceipt",
    "BucketsNotPossible",
    "Lake",
    "LakeBusy",
    "LakeDamaged",
    "Manifest",
    "Neighbourhood",
    "Part",
    "Rebucketed",
    "Writing",
    "bucket_of",
    "reading",
    "rebucket",
]
