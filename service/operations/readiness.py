"""What an assessment needs, each looked at anew: the database, the lake, the model, the policy, the signing keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import false, update
from sqlalchemy.exc import SQLAlchemyError

from models.default_probability import population_of
from models.errors import AssetlightError
from models.reference_population import TRAINING_AVERAGE
from service.assessing import has_stored_rows, nothing_stored
from service.bootstrap import Service
from service.errors import StoreUnusable
from service.operations.logs import logger
from service.store.append_only_guards import unguarded
from service.store.engine import reason
from service.store.migrating import require_ready
from service.store.schema import LEDGER_HEAD

LOG = logger(__name__)
Check = Callable[[Service], dict[str, Any]]


def look(service: Service) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What was found of everything that is there, and what is missing with the reason and what to do."""
    found: dict[str, Any] = {}
    missing: list[dict[str, Any]] = []
    for name, check in CHECKS.items():
        try:
            found[name] = check(service)
        except AssetlightError as error:
            missing.append({"check": name, **error.as_dict()})
    return found, missing


def _store(service: Service) -> dict[str, Any]:
    """At the form of this release, and a transaction may write."""
    require_ready(service.store.engine)
    try:
        with service.store.writing(on_time=False) as connection:
            connection.execute(update(LEDGER_HEAD).where(false()).values(one=1))
            connection.rollback()
    except SQLAlchemyError as refusal:
        raise StoreUnusable(
            "the store cannot be written",
            where=service.store.shown,
            found=reason(refusal),
            advice="check the database, its disk and its permissions",
        ) from None
    with service.store.reading() as connection:
        gone = unguarded(connection)
    if gone:  # it can assess all the same; what guards the past is for those who run it to look into, and soon
        LOG.error("store.unguarded", triggers=[f"{one.trigger} {one.what}" for one in gone])
    edited = service.access_not_as_told()
    if edited:  # such a key lets nobody in, and such a subscription is told of nothing
        LOG.error("store.not_as_told", rows=[f"{table} {row}: {why}" for table, row, why in edited])
    counts = {table: sum(one[0] == table for one in edited) for table in ("api_keys", "event_subscriptions")}
    return {"assessments": service.assessments.count(), "guards_missing": len(gone), "not_as_told": counts}


def _lake(service: Service) -> dict[str, Any]:
    if not has_stored_rows(service.lake):
        raise nothing_stored(service.lake)
    return {"kinds": sorted(service.lake.tables().by_kind)}


def _bundle(service: Service) -> dict[str, Any]:
    bundle = service.bundles.current()
    return {"digest": bundle.digest, "trained_as_of": bundle.trained_as_of.isoformat(), "simulated": bundle.simulated}


def _policy(service: Service) -> dict[str, Any]:
    """In force, and the model in force has whom it compares with."""
    policy = service.policy_today()
    if policy.compared_with is not None:
        population_of(service.bundles.current(), policy.compared_with)
    return {
        "on": policy.on.isoformat(),
        "digest": policy.digest,
        "overdue_reviews": len(policy.review_warnings),
        "compared_with": policy.compared_with or TRAINING_AVERAGE,
    }


def _signing_keys(service: Service) -> dict[str, Any]:
    """Tokens can be checked. Without an identity provider only API keys are let in, which is said and no failure."""
    issuer = service.people.issuer
    if issuer is None:
        return {"let_in": "API keys only"}
    return {"let_in": issuer.issuer, "keys": issuer.keys.count()}


CHECKS: dict[str, Check] = {
    "store": _store,
    "lake": _lake,
    "bundle": _bundle,
    "policy": _policy,
    "signing_keys": _signing_keys,
}
