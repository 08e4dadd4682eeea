"""The only place that builds things and takes the clock. Everything else is given what it needs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, partial
from getpass import getuser
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from uuid import UUID

import pyarrow as pa
from sqlalchemy import Connection

from models.default_probability import population_of
from models.lake import Lake
from models.policy import Policy
from models.policy.approval_rules import load_approval_rules
from service.applications.commitments import register
from service.applications.files import Cabinet
from service.applications.idempotency import Answer, take
from service.applications.office import Office
from service.assessing import Assessor, Clock
from service.batch.background import BatchDesk
from service.bundles import BundleShelf
from service.credit_lines import no_lines
from service.errors import StoreUnusable
from service.ledger import LedgerWriter
from service.ledger.adopting import adopt
from service.operations.edited_access import access_not_as_told
from service.operations.metrics import Metrics
from service.operations.present import present
from service.operations.retention import Retention
from service.operations.stopping import Stopping
from service.outbox.addresses import Guard
from service.outbox.deliveries import Deliveries
from service.outbox.sending import Sender
from service.outbox.signing import Secrets
from service.outbox.subscriptions import Subscriptions
from service.outbox.worker import Worker
from service.people import development
from service.people.development import DevelopmentIssuer
from service.people.keys import ApiKeys
from service.people.people import People
from service.people.signing_keys import KeySet, fetch_from_file, fetch_over_http
from service.people.tokens import ClaimNames, TrustedIssuer
from service.policies import PolicyFiles, policy_files, policy_on
from service.record_batches import Batches, ReceivedKeys
from service.recording import Recorder
from service.registry.ledger import tell_ledger
from service.registry.records import Record
from service.registry.registry import Registry
from service.scoring_rows import RowScorer
from service.settings import Settings
from service.shadow import Shadow, tell_shadow
from service.store import AssessmentStore, Store, address_of, open_store, upgrade
from service.store.engine import open_engine
from service.store.model_records import ModelRecordStore
from service.store.shadow_scores import ShadowStore


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def uuid7(moment: datetime, randomness: int) -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): it sorts by the moment, in milliseconds. 74 random bits are used."""
    milliseconds = int(moment.timestamp() * 1000)
    high = randomness >> 62 & 0xFFF
    low = randomness & (1 << 62) - 1
    return str(UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low))


@dataclass(frozen=True)
class Service:
    """Everything a caller needs, built from settings when first asked for."""

    settings: Settings
    clock: Clock = system_clock

    @cached_property
    def lake(self) -> Lake:
        """The stored records."""
        return Lake(self.settings.home, buckets=self.settings.lake_buckets, wait_s=self.settings.lake_wait_s)

    @cached_property
    def bundles(self) -> BundleShelf:
        """The fitted models."""
        return BundleShelf(
            self.settings.home, self.registry.standing, registry_required=self.settings.registry_required
        )

    @cached_property
    def registry(self) -> Registry:
        """Which model is in force and by whose hands. Looking makes no database where there is none."""
        key = self.settings.registry_key
        return Registry(
            home=self.settings.home,
            open_store=lambda: self._model_records if self._has_store() else None,
            make_store=lambda: self._model_records,
            clock=self.clock,
            products=lambda: self.policy_on(self.assessor.today()).products,
            given_key=None if key is None else key.get_secret_value(),
            fits=lambda bundle: population_of(bundle, self.policy_on(self.assessor.today()).compared_with),
        )

    @cached_property
    def shadow_scores(self) -> ShadowStore:
        """What challengers would have decided."""
        return ShadowStore(self.store, tell=lambda connection, row: tell_shadow(connection, row, self.clock()))

    @cached_property
    def shadow(self) -> Shadow:
        """Scores the challenger beside kept assessments."""
        return Shadow(self.bundles, lambda: self.shadow_scores)

    @cached_property
    def _model_records(self) -> ModelRecordStore:
        return ModelRecordStore(self.store, also_keep=self._keep_beside)

    def _keep_beside(self, connection: Connection, record: Record) -> None:
        """The idempotency key of the request that makes the record, and its entry in the ledger, which is last."""
        answered = take(connection, record.at, Answer(HTTPStatus.CREATED, record.digest.encode()))
        tell_ledger(connection, record, source=self.settings.event_source, also=answered)

    def _has_store(self) -> bool:
        if not self.settings.embedded_store or "store" in self.__dict__:
            return True
        database = address_of(self.settings.store_url).database
        return database is not None and Path(database).exists()

    @property
    def policy_on(self) -> Callable[[date], Policy]:
        """The policy of a day: the defaults, or the bank's own folder over them."""
        overlay = self.settings.policy_dir
        return policy_on if overlay is None else partial(policy_on, overlay=overlay)

    @property
    def policy_files(self) -> Callable[[date], PolicyFiles]:
        """The files that say the policy of a day."""
        overlay = self.settings.policy_dir
        return policy_files if overlay is None else partial(policy_files, overlay=overlay)

    @cached_property
    def assessor(self) -> Assessor:
        """Answers questions about one enterprise."""
        return Assessor(
            lake=self.lake,
            bundles=self.bundles,
            policy_on=self.policy_on,
            clock=self.clock,
            stopwatch=self.metrics.stopwatch,
            register=self._credit_lines,
        )

    def _credit_lines(self, enterprises: Collection[str] | None, without: str | None) -> pa.Table:
        """The lines that were approved here. Looking makes no database where there is none."""
        return register(self.store, enterprises, without) if self._has_store() else no_lines(enterprises)

    @cached_property
    def batch_desk(self) -> BatchDesk:
        """Takes runs over the whole portfolio."""
        return BatchDesk(self.settings)

    @cached_property
    def record_batches(self) -> Batches:
        """Stores posted records."""
        return Batches(
            self.lake,
            self.settings.quarantine,
            ReceivedKeys(self.settings.home / "received"),
            self.settings.max_batch_rows,
        )

    @cached_property
    def store(self) -> Store:
        """The opened database; the embedded one is made, and brought to the form of this release, when it is opened.

        Raises DatabaseBehind, DatabaseAhead, DatabaseUrlUnsupported, StoreUnusable.
        """
        if self.settings.embedded_store:
            self.upgrade_store()
        return open_store(self.settings.store_url)

    def store_as_it_is(self) -> Store:
        """The opened database, neither made nor brought to another form: for those who check it. Close it.

        Raises StoreUnusable, DatabaseBehind, DatabaseAhead, DatabaseUrlUnsupported.
        """
        if not self._has_store():
            raise StoreUnusable(
                "there is no store to look at", where=self.settings.store_url, advice="name its directory with --home"
            )
        return open_store(self.settings.store_url)

    @cached_property
    def assessments(self) -> AssessmentStore:
        """The kept assessments."""
        return AssessmentStore(self.store)

    @cached_property
    def ledger(self) -> LedgerWriter:
        """Writes entries from many threads, several in one commit."""
        return LedgerWriter(self.store)

    @cached_property
    def recorder(self) -> Recorder:
        """Keeps assessments and accesses in the ledger."""
        return Recorder(self.store, self.ledger, self.policy_files, self.metrics, self.shadow.kept)

    @property
    def operator(self) -> str:
        """Whoever runs a command, as the ledger names them."""
        try:
            return f"cli:{getuser()}"
        except (KeyError, OSError):
            return "cli:unknown"

    def upgrade_store(self) -> tuple[str, ...]:
        """Bring the database to the form of this release; gives the steps that were taken."""
        engine = open_engine(address_of(self.settings.store_url))
        try:
            return upgrade(engine, after=partial(adopt, at=self.clock()))
        finally:
            engine.dispose()

    @cached_property
    def api_keys(self) -> ApiKeys:
        """The keys of batch jobs."""
        return ApiKeys(self.store)

    def access_not_as_told(self) -> list[tuple[str, str, str]]:
        """API keys and subscriptions that are not as the ledger says: table, id and why; none of them is acted on."""
        if not self._has_store():
            return []
        with self.store.snapshot() as connection:
            return access_not_as_told(connection)

    @cached_property
    def people(self) -> People:
        """Who calls: by the issuer that the settings name, or the development issuer where it was asked for."""
        settings = self.settings
        claims = ClaimNames(
            settings.roles_claim,
            settings.branches_claim,
            settings.parks_claim,
            settings.name_claim,
            settings.authority_claim,
        )
        trusted = None
        if settings.development_issuer:
            issuer = DevelopmentIssuer(settings.home)
            keys = KeySet(issuer.key_set, monotonic)
            trusted = TrustedIssuer(development.ISSUER, development.AUDIENCE, keys)
        elif settings.issuer is not None and settings.audience is not None:
            fetch = (
                partial(fetch_over_http, settings.jwks_url)
                if settings.jwks_url is not None
                else partial(fetch_from_file, Path(settings.jwks_file or ""))
            )
            keys = KeySet(fetch, monotonic)
            trusted = TrustedIssuer(settings.issuer, settings.audience, keys, claims, settings.token_leeway_s)
        return People(lambda: self.api_keys, trusted)

    @cached_property
    def office(self) -> Office:
        """Where applications are worked on."""
        rules_on = partial(load_approval_rules, folder=self.settings.policy_dir)
        return Office(
            self.store, self.assessor, self.recorder, rules_on, self.new_id, event_source=self.settings.event_source
        )

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Who is told of what."""
        key = self.settings.events_key
        secrets_of = Secrets(self.settings.home, None if key is None else key.get_secret_value())
        return Subscriptions(self.store, secrets_of, Guard(self.settings.webhook_hosts), self.new_id)

    @cached_property
    def deliveries(self) -> Deliveries:
        """How far each of them has been told."""
        return Deliveries(self.store, self.clock, chance=secrets.SystemRandom().random)

    @cached_property
    def retention(self) -> Retention:
        """Removes what nobody needs any more."""
        return Retention(self.store, self.clock, self.settings.keep_answers_days, self.settings.keep_events_days)

    def event_worker(self) -> Worker:
        """Delivers events."""
        return Worker(self.subscriptions, self.deliveries, Sender(self.subscriptions.guard))

    @cached_property
    def cabinet(self) -> Cabinet:
        """Where attachments lie."""
        return Cabinet(self.settings.attachments, self.settings.max_attachment_bytes)

    @cached_property
    def row_scorer(self) -> RowScorer:
        """Scores rows of features."""
        return RowScorer(self.bundles, self.policy_on, self.assessor.today, monotonic)

    @cached_property
    def metrics(self) -> Metrics:
        """What is counted and timed."""
        return Metrics(lambda: present(self))

    @cached_property
    def stopping(self) -> Stopping:
        """Requests in flight, and whether the service stops."""
        return Stopping(monotonic, self.settings.stop_wait_s)

    @property
    def queues(self) -> Mapping[str, Callable[[], int]]:
        """How many wait, by queue."""
        return {
            "turns": lambda: self.assessor.turns.waiting,
            "ledger": lambda: self.ledger.waiting,
            "events": lambda: self.deliveries.counts()["waiting"],
        }

    def policy_today(self) -> Policy:
        """The policy in force."""
        return self.policy_on(self.assessor.today())

    def new_id(self, moment: datetime) -> str:
        """A new assessment's id."""
        return uuid7(moment, secrets.randbits(74))

    def close(self) -> None:
        """Let go of what was opened; what the shadow still has to do is done."""
        if "shadow" in self.__dict__:
            self.shadow.settle()
        if "store" in self.__dict__:
            self.store.close()


def build(settings: Settings, clock: Clock = system_clock) -> Service:
    """The service on a data directory."""
    return Service(settings, clock)
