"""Batches of records that come over the wire: read in pieces, checked as an import's, stored as one change."""

from service.batches.account import BatchAccount, BatchRefused
from service.batches.received import IdempotencyKeyReused, ReceivedKeys
from service.batches.rows import BatchCutOff, BatchMalformed, json_pieces, ndjson_pieces
from service.batches.taking import Batch, BatchEmpty, Batches, BatchTooLong

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
