"""The lake: records as Parquet files in hash buckets of enterprises, changed all at once or not at all."""

from models.lake.lake import AppendReceipt, Lake, Writing
from models.lake.manifest import LakeBusy, LakeDamaged, Manifest, Part, bucket_of

__all__ = ["AppendReceipt", "Lake", "LakeBusy", "LakeDamaged", "Manifest", "Part", "Writing", "bucket_of"]
