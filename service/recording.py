"""Assessments and accesses on their way into the ledger, each with what it was made from."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from models.bundle import Bundle
from models.canonical import sha256_hex
from models.decision import DecisionRecord
from service.assessing import Made
from service.inputs import KeptFiles, KeptRows, bundle_content, policy_content, rows_content
from service.ledger import Content, Draft, Entry, Kind, LedgerWriter, Work, draft
from service.ledger.entry import moment_text
from service.operations.metrics import Metrics
from service.policies import PolicyFiles
from service.store import Assessment, Store, assessment_row
from service.store.schema import ASSESSMENTS, LEDGER

POLICY = "policy"  # subject of the entries that tell of another policy
DAYS_REMEMBERED = 64
BUNDLES_REMEMBERED = 8


@dataclass(frozen=True)
class Sources:
    """What several decisions were made from, as manifests in the ledger."""

    rows: KeptRows
    bundle: KeptFiles
    policy: KeptFiles

    @property
    def manifests(self) -> tuple[Content, ...]:
        """The manifest of each."""
        return self.rows.manifest, self.bundle.manifest, self.policy.manifest


@dataclass(frozen=True)
class Prepared:
    """An assessment that is ready to be kept: its work, the entry of the assessment last, and its sources."""

    work: Work
    sources: Sources
    made: Made
    assessment: Assessment

    @property
    def decision(self) -> DecisionRecord:
        """What is kept."""
        return self.made.decision


AfterKept = Callable[[Made, Assessment], object]
NOTHING_ELSE = Work(())


class Recorder:
    """Keeps assessments with their entries. Threads may share it.

    `after_kept` is told of each assessment of one enterprise that is on the disk, whoever asked for it: the one place
    where a challenger in the shadow comes in. (A batch scores its challenger in columns.)
    """

    def __init__(
        self,
        store: Store,
        writer: LedgerWriter,
        policy_files: Callable[[date], PolicyFiles],
        metrics: Metrics,
        after_kept: AfterKept = lambda *_: None,
    ) -> None:
        self._store = store
        self._writer = writer
        self._policy_files = policy_files
        self._metrics = metrics
        self._after_kept = after_kept
        self._policies: dict[date, KeptFiles] = {}
        self._bundles: dict[str, KeptFiles] = {}
        self._policy_told: str | None = None

    def keep(self, made: Made, assessment: Assessment, actor: str, *, also: Work = NOTHING_ELSE) -> Entry:
        """Keep one assessment; when this returns it is on the disk. Raises StoreUnusable.

        `also`: rows, with their entries, that are there if and only if the assessment is.
        """
        finished = self._metrics.stopwatch()
        sources = self.sources(rows_content(made.tables, assessment.as_of), made.bundle, assessment.as_of)
        finished("evidence_to_keep")
        work = self._work([(made.decision, assessment)], sources, actor, None)
        drafts, rows = (*also.drafts, *work.drafts), {**work.rows, **also.rows}
        entry = self._writer.write(replace(work, drafts=drafts, rows=rows))[-1]
        finished("durable_write")
        self._told([made.decision], sources)
        self._after_kept(made, assessment)
        return entry

    def prepare(self, made: Made, assessment: Assessment, actor: str) -> Prepared:
        """One assessment as a work for a transaction of the caller's, who says `kept` when it has committed."""
        sources = self.sources(rows_content(made.tables, assessment.as_of), made.bundle, assessment.as_of)
        return Prepared(self._work([(made.decision, assessment)], sources, actor, None), sources, made, assessment)

    def kept(self, prepared: Prepared) -> None:
        """The transaction of a prepared assessment has committed: what it stored need not be stored again."""
        self._writer.remember(prepared.work.contents)
        self._told([prepared.decision], prepared.sources)
        self._after_kept(prepared.made, prepared.assessment)

    def keep_all(
        self, made: Sequence[tuple[DecisionRecord, Assessment]], sources: Sources, actor: str, batch: str | None = None
    ) -> list[Entry]:
        """Keep assessments that were made from the same sources, all or none. Raises StoreUnusable."""
        entries = self._writer.write(self._work(made, sources, actor, batch))
        self._told([decision for decision, _ in made], sources)
        return entries[-len(made) :]

    def keep_contents(self, contents: Sequence[Content]) -> None:
        """Store contents that later entries will name."""
        if contents:
            self._writer.write(Work((), contents=tuple(contents)))

    def accessed(self, assessment_id: str, purpose: str, actor: str, at: datetime) -> Entry:
        """Tell that somebody read a kept assessment. Raises StoreUnusable: then it must not be shown."""
        return self._writer.write(Work((draft(Kind.ACCESS, assessment_id, actor, {"purpose": purpose}, at=at),)))[0]

    def sources(self, rows: KeptRows, bundle: Bundle, as_of: date) -> Sources:
        """The manifests of what a decision was made from."""
        if bundle.digest not in self._bundles:
            if len(self._bundles) >= BUNDLES_REMEMBERED:
                self._bundles = {}
            self._bundles[bundle.digest] = bundle_content(bundle)
        if as_of not in self._policies:
            if len(self._policies) >= DAYS_REMEMBERED:
                self._policies = {}
            self._policies[as_of] = policy_content(self._policy_files(as_of))
        return Sources(rows, self._bundles[bundle.digest], self._policies[as_of])

    def _told(self, decisions: Sequence[DecisionRecord], sources: Sources) -> None:
        self._policy_told = sources.policy.manifest.sha256
        for decision in decisions:
            self._metrics.decided(decision.outcome, decision.grade)

    def _work(
        self, made: Sequence[tuple[DecisionRecord, Assessment]], sources: Sources, actor: str, batch: str | None
    ) -> Work:
        told = self._policy_change(sources.policy, actor, made[0][1].created_at)
        drafts = [*told, *(assessment_draft(decision, one, sources, actor, batch) for decision, one in made)]
        rows = {ASSESSMENTS: [assessment_row(one) for _, one in made]}
        return Work(tuple(drafts), rows, self._unknown(sources))

    def _unknown(self, sources: Sources) -> tuple[Content, ...]:
        """The contents that may not be stored yet: a stored manifest vouches for what it names."""
        found: list[Content] = []
        for part in (sources.rows, sources.bundle, sources.policy):
            if not self._writer.knows(part.manifest.sha256):
                found += [part.manifest, *part.contents]
        return tuple(found)

    def _policy_change(self, policy: KeptFiles, actor: str, at: datetime) -> list[Draft]:
        """An entry where the files of the policy are others than the last assessment was made by."""
        named = policy.manifest.sha256
        if self._policy_told is None:
            last = select(LEDGER.c.body).where(LEDGER.c.kind == Kind.POLICY_CHANGE, LEDGER.c.subject == POLICY)
            with self._store.reading() as connection:
                row = connection.execute(last.order_by(LEDGER.c.sequence.desc()).limit(1)).one_or_none()
            self._policy_told = "" if row is None else policy_told(bytes(row.body))
        if self._policy_told == named:
            return []
        facts = {"before": self._policy_told or None, "policy": named, "contents": [named]}
        return [draft(Kind.POLICY_CHANGE, POLICY, actor, facts, at=at)]


def asked_of(
    enterprise: str, as_of: date, product: str | None, amount_yuan: str | None, growth: float | None = None
) -> dict[str, object]:
    """A question from the command line in the form in which the API keeps its own."""
    request = {"product": product, "amount_yuan": amount_yuan, "forecast_growth": growth}
    named = {name: value for name, value in request.items() if value is not None}
    return {
        "enterprise_id": enterprise,
        "as_of": as_of.isoformat(),
        **({"request": named} if named else {}),
    }


def policy_told(body: bytes) -> str:
    """The manifest of the policy that an entry tells of."""
    return str(json.loads(body)["content"]["policy"])


def assessment_draft(
    decision: DecisionRecord, assessment: Assessment, sources: Sources, actor: str, batch: str | None
) -> Draft:
    """The entry of an assessment: every column of its row, long ones by SHA-256, and its sources."""
    rows, bundle, policy = (one.sha256 for one in sources.manifests)
    facts = {
        "created_at": moment_text(assessment.created_at),
        "enterprise_id": assessment.enterprise_id,
        "as_of": assessment.as_of.isoformat(),
        "decision_id": assessment.decision_id,
        "decision_sha256": sha256_hex(assessment.decision),
        "request_sha256": sha256_hex(assessment.request),
        "outcome": decision.outcome,
        "limit_yuan": decision.limit_yuan,
        "grade": decision.grade,
        "rows": rows,
        "bundle": bundle,
        "policy": policy,
        "policy_on": decision.policy.on.isoformat(),
        "code_version": decision.code_version,
        "batch": batch,
        "contents": [rows, bundle, policy],
    }
    return draft(Kind.ASSESSMENT, assessment.id, actor, facts, at=assessment.created_at)
