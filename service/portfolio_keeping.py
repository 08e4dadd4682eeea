"""The decisions of a portfolio on their way into the ledger: what a piece was made from is stored once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from models.canonical import canonical_json
from models.decision import Decisions
from models.lake import Lake
from models.money import yuan_text
from models.scoring import CreditRequest
from models.tables import Tables
from service.bootstrap import Service
from service.inputs import rows_content, visible_content
from service.inputs.rows import NEIGHBOUR_KINDS, Named
from service.ledger.entry import moment_text
from service.portfolio import together
from service.recording import asked_of
from service.store import Assessment

DECISIONS_AT_ONCE = 250  # kept in one commit


class PortfolioKeeper:
    """Keeps every decision of one portfolio run; its entries name the run as their `batch`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._batch = f"portfolio {moment_text(service.clock())}"
        self._network: list[Named] = []  # by piece: the contents of the kinds that are read of others

    def read_network(self, lake: Lake, groups: Sequence[Sequence[int]], as_of: date) -> None:
        """Store what pieces read of each other, so that each piece names it and none stores it again."""
        if len(groups) < 2 or not any(lake.around(buckets) for buckets in groups):
            return
        for buckets in groups:
            books = together([lake.bucket(bucket, NEIGHBOUR_KINDS) for bucket in buckets])
            named, contents = visible_content(books, as_of)
            self._service.recorder.keep_contents(contents)
            self._network.append(named)

    def keep(self, decisions: Decisions, tables: Tables, piece: int, request: CreditRequest | None) -> Sequence[str]:
        """Keep the decisions of one piece; when this returns they are on the disk. Raises StoreUnusable."""
        if not len(decisions):
            return []
        service, recorder = self._service, self._service.recorder
        rows = rows_content(tables, decisions.as_of, shared=self._own(piece), around=self._around(piece))
        sources = recorder.sources(rows, decisions.bundle, decisions.policy.on)
        asked = (None, None) if request is None else (request.product, request.amount_fen)
        amount = None if asked[1] is None else yuan_text(asked[1])
        ids: list[str] = []
        for start in range(0, len(decisions), DECISIONS_AT_ONCE):
            made = []
            moment = service.clock()
            for row in range(start, min(start + DECISIONS_AT_ONCE, len(decisions))):
                decision, content = decisions.kept(row)
                kept = Assessment(
                    id=service.new_id(moment),
                    created_at=moment,
                    enterprise_id=decision.enterprise_id,
                    as_of=decisions.as_of,
                    decision_id=decision.decision_id,
                    decision=content,
                    request=canonical_json(asked_of(decision.enterprise_id, decisions.as_of, asked[0], amount)),
                )
                made.append((decision, kept))
                ids.append(decision.decision_id)
            recorder.keep_all(made, sources, service.operator, self._batch)
        return ids

    def _own(self, piece: int) -> Named | None:
        return self._network[piece] if self._network else None

    def _around(self, piece: int) -> Named | None:
        """Everything that the other pieces hold of the kinds that are read of others; None: the tables say it."""
        if not self._network:
            return None
        around: Named = {}
        for number, named in enumerate(self._network):
            for kind, contents in named.items():
                around.setdefault(kind, []).extend(contents if number != piece else [])
        return around
