"""What happens in the bank is told to its other systems: written with what happened, delivered until it is taken."""

from __future__ import annotations

from service.outbox.event import Event, event_id
from service.outbox.keeping import keep

__all__ = ["Event", "event_id", "keep"]
