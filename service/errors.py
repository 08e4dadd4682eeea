"""What can go wrong around the models: nothing stored yet, a day that cannot be assessed, an id nobody gave."""

from __future__ import annotations

from models.errors import AssetlightError


class NothingStored(AssetlightError):
    """The command needs records and the lake has none."""


class EnterpriseUnknown(AssetlightError):
    """No record of that enterprise is stored."""


class AsOfInTheFuture(AssetlightError):
    """An assessment was asked for a day that has not come."""


class AssessmentNotFound(AssetlightError):
    """No kept assessment has that id."""


class StoreUnusable(AssetlightError):
    """The store of assessments cannot be opened or written."""


class RowNotAsTold(StoreUnusable):
    """A row was changed by other means than this service: the ledger says otherwise."""


class DatabaseUrlUnsupported(AssetlightError):
    """The address names a database that the service does not work with."""


class DatabaseBehind(AssetlightError):
    """The database has the form of an earlier release."""


class DatabaseAhead(AssetlightError):
    """The database has the form of a newer release."""


class LedgerNotWhole(AssetlightError):
    """An entry, or what it tells of, is not as it was written."""


class PortTaken(AssetlightError):
    """Another process listens on the address that the service should use."""


class DayNotUnderstood(AssetlightError):
    """A text that should be a day is not one."""


class BucketsDiffer(AssetlightError):
    """A lake that is there has another number of hash buckets than is asked for."""


class QuarantineNotFound(AssetlightError):
    """No kept quarantine has that id."""


class SettingNotUsable(AssetlightError):
    """An environment variable or setting has a value that the service cannot use."""


class ScoresMissing(AssetlightError):
    """There is no table of scores to work on."""
