"""Why an event is not sent, not replayed, or a subscription not made."""

from __future__ import annotations

from models.errors import AssetlightError


class AddressRefused(AssetlightError):
    """Events are not sent to such an address: 422."""


class EventTypeUnknown(AssetlightError):
    """A subscription names a type that no event has: 422."""


class SubscriptionNotFound(AssetlightError):
    """No subscription in force has the id: 404."""


class EventNotFound(AssetlightError):
    """No event has the id: 404."""


class EventNotDead(AssetlightError):
    """The event is no dead letter, so there is nothing to replay or discard: 409."""


class EventsKeyNotUsable(AssetlightError):
    """The key from which signing secrets are derived is missing, too short or another one: 503."""


class ReachTooNarrow(AssetlightError):
    """Events tell of every branch's cases, so only somebody who reaches every branch deals with them: 403."""
