"""Applications: from the officer's desk through assessment and approval to an active line, each step by one table."""

from __future__ import annotations
