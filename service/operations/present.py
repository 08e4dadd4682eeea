"""What is looked at when somebody asks for metrics: queues, the length of the ledger, what is in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from models import __version__
from models.errors import AssetlightError
from models.policy import Policy
from service.bundles import BundleShelf
from service.store import Store
from service.store.schema import LEDGER_HEAD

Sample = tuple[str, str, Mapping[str, str], float]
QUEUE = "assetlight_queue_depth"
QUEUE_WORDS = "Pieces of work that wait, by queue"


class Looked(Protocol):
    """What of the service is looked at."""

    @property
    def store(self) -> Store:
        """The opened database."""
        ...

    @property
    def bundles(self) -> BundleShelf:
        """The fitted models."""
        ...

    @property
    def queues(self) -> Mapping[str, Callable[[], int]]:
        """How many wait, by queue."""
        ...

    def policy_today(self) -> Policy:
        """The policy in force."""
        ...


def present(service: Looked) -> Iterator[Sample]:
    """Every figure that can be read now; one that cannot be read is left out, and the scrape goes on."""
    yield "assetlight_build_info", "The release", {"version": __version__}, 1.0
    for look in (_ledger, _model, _policy, _queues):
        try:
            yield from list(look(service))
        except (AssetlightError, SQLAlchemyError):
            continue


def _ledger(service: Looked) -> Iterable[Sample]:
    with service.store.reading() as connection:
        length = connection.execute(select(LEDGER_HEAD.c.sequence)).scalar_one_or_none()
    yield "assetlight_ledger_entries", "Entries in the ledger", {}, float(length or 0)


def _model(service: Looked) -> Iterable[Sample]:
    found = service.bundles.in_force()
    for role, digest in (("champion", found.champion), ("challenger", found.challenger)):
        if digest is not None:
            yield "assetlight_model_info", "Models in force", {"role": role, "digest": digest}, 1.0


def _policy(service: Looked) -> Iterable[Sample]:
    policy = service.policy_today()
    labels = {"on": policy.on.isoformat(), "digest": policy.digest}
    yield "assetlight_policy_info", "The policy in force", labels, 1.0
    yield "assetlight_policy_reviews_overdue", "Policy values due for review", {}, float(len(policy.review_warnings))


def _queues(service: Looked) -> Iterable[Sample]:
    for name, depth in service.queues.items():
        yield QUEUE, QUEUE_WORDS, {"queue": name}, float(depth())
