"""What can go wrong with a batch, and in what state it leaves the run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from models.errors import AssetlightError


class BatchFolderTaken(AssetlightError):
    """The folder holds a run on other inputs."""


class BatchBusy(AssetlightError):
    """Another process works on the same run."""


class BatchNotFound(AssetlightError):
    """No run is there."""


class BatchNotFinished(AssetlightError):
    """The run has no results yet. `members` and `headers`: what a caller over HTTP is told besides."""

    members: Mapping[str, str] = MappingProxyType({})
    headers: Mapping[str, str] = MappingProxyType({})


class BatchDiskFull(AssetlightError):
    """The disk took no more; the buckets that were done are whole."""


class BucketUnreadable(AssetlightError):
    """A file of the bucket cannot be read."""


class BatchIncomplete(AssetlightError):
    """Some buckets could not be read; all others are done."""


class BatchWorkersLost(AssetlightError):
    """Processes of the run were killed again and again."""


class BatchCancelled(AssetlightError):
    """Somebody cancelled the run."""


class BatchInputChanged(AssetlightError):
    """An input is not the one that the run was planned with."""


class EveryEnterpriseFails(AssetlightError):
    """Not one enterprise of a bucket can be scored, so it is not the enterprises."""


class FactsNotUsable(AssetlightError):
    """A file is not a table of facts: enterprise_id and numbers, one row for an enterprise."""


class RayNotInstalled(AssetlightError):
    """A cluster is asked for, and the package for it is not there."""


class ClusterUnreachable(AssetlightError):
    """The cluster does not answer, or does not take this machine in."""
