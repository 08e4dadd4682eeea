"""The challenger in the shadow: scored on the same cases after the decision was kept, and never part of it.

Told by the recorder, so that it is every case of one enterprise, whoever asked: an assessment, an application, a case
assessed again, a command. It works in a thread of its own: a failure of the challenger is kept as such, and neither it
nor its time changes the answer. Only when `MOST_WAITING` cases wait does the next one wait for its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import BoundedSemaphore, Lock
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection

from models.decision import Decisions
from models.scoring import score_beside
from service.assessing import Made
from service.bundles import BundleShelf
from service.ledger import Kind, append
from service.ledger.rows_told import row_told, with_rows
from service.store.assessments import Assessment
from service.store.schema import SHADOW_SCORES
from service.store.shadow_scores import ShadowStore

LOG = logging.getLogger(__name__)
COLUMNS = ("pd", "grade", "outcome", "limit_fen")  # of each of the two
MOST_WAITING = 256
TELLER = "system:shadow"


class Shadow:
    """Scores the challenger of a case beside the champion. Safe to use from several threads."""

    def __init__(self, bundles: BundleShelf, store: Callable[[], ShadowStore]) -> None:
        self._bundles = bundles
        self._store = store
        self._lock = Lock()
        self._thread: ThreadPoolExecutor | None = None
        self._room = BoundedSemaphore(MOST_WAITING)

    def kept(self, made: Made, assessment: Assessment) -> None:
        """An assessment is on the disk: score its challenger, if there was one when it was made, beside other work."""
        if made.challenger is None:
            return
        if not self._room.acquire(blocking=False):
            self.score(made.columns, assessment)
            return
        with self._lock:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="shadow")
            self._thread.submit(self._scored, made.columns, assessment)

    def settle(self) -> None:
        """Wait until every case that was told is scored."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown(wait=True)

    def _scored(self, decisions: Decisions, made: Assessment) -> None:
        try:
            self.score(decisions, made)
        finally:
            self._room.release()

    def score(self, decisions: Decisions, made: Assessment) -> None:
        """Score and keep; whatever goes wrong is kept or logged, and nothing is raised."""
        try:
            product = decisions.cases.products[int(decisions.cases.product[0])].code
            challenger = self._bundles.in_force(product).challenger
            if challenger is None or challenger == decisions.bundle.digest:
                return
            columns, failure, started = champion_columns(decisions), None, perf_counter()
            try:
                bundle = self._bundles.challenger(product)
                assert bundle is not None  # noqa: S101
                columns = beside_columns(decisions, score_beside(decisions, bundle))
            except Exception as error:  # a challenger may be wrong in any way: that is what the shadow is for
                LOG.warning("challenger %s gave no answer: %s", challenger[:12], error)
                failure = f"{type(error).__name__}: {error}"
            self._store().keep(
                made,
                columns.to_pylist()[0],
                challenger=challenger,
                champion=decisions.bundle.digest,
                failure=failure,
                milliseconds=(perf_counter() - started) * 1000.0,
            )
        except Exception:
            LOG.exception("the shadow of assessment %s was not kept", made.id)


def tell_shadow(connection: Connection, row: Mapping[str, Any], at: datetime) -> None:
    """The entry of the ledger about what a challenger said, in the transaction that keeps it, last."""
    told = with_rows({"challenger": row["challenger"]}, [row_told(SHADOW_SCORES, row)])
    append(connection, Kind.SHADOW, row["assessment_id"], TELLER, told, at=at)


def beside_columns(champion: Decisions, challenger: Decisions) -> pa.Table:
    """enterprise_id, and PD, grade, outcome and limit of both, one row for each case."""
    table = champion_columns(champion)
    flat = challenger.to_arrow(decision_ids=False)
    for name in COLUMNS:
        table = table.append_column(f"challenger_{name}", flat.column(name))
    digests = pa.array([challenger.bundle.digest], pa.string()).take(pa.array(np.zeros(len(table), dtype=np.int64)))
    return table.append_column("challenger", digests)


def champion_columns(champion: Decisions) -> pa.Table:
    """The champion's half."""
    flat = champion.to_arrow(decision_ids=False)
    columns = {f"champion_{name}": flat.column(name) for name in COLUMNS}
    return pa.table(
        {"enterprise_id": flat.column("enterprise_id"), "champion": flat.column("bundle_digest"), **columns}
    )
