"""The record kinds that the bank can hold: one contract per file."""
