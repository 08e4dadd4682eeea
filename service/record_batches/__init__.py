"""Batches of records that come over the wire: read in pieces, checked as an import's, stored as one change."""

from service.record_batches.account import BatchAccount, BatchRefused
from service.record_batches.received import IdempotencyKeyReused, ReceivedKeys
from service.record_batches.rows import BatchCutOff, BatchMalformed, json_pieces, ndjson_pieces
from service.record_batches.taking import Batch, BatchEmpty, Batches, BatchTooLong

__all__ = [
    "Batch",
    "BatchAccount",
    "BatchCutOff",
    "BatchEmpty",
    "BatchMalformed",
    "BatchRefused",
    "BatchTooLong",
    "Batches",
    "IdempotencyKeyReused",
    "ReceivedKeys",
    "json_pieces",
    "ndjson_pieces",
]
