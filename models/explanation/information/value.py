"""The value of information: how far each pending or missing document can move the limit, widest first.

Every candidate is a case of its own: the document at one end of its plausible range and everything else as it stands.
Where several documents are pending together, one alone may settle nothing; then its width is also measured with all
other pending ones at their best.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from models.explanation.catalogue import DOCUMENTS
from models.explanation.information.ranges import GRADE, PlausibleRange, PlausibleRanges
from models.explanation.situation import Situation, tile_rows
from models.limits import Cases, Document, LimitColumns, Outcome, Status, compute_limits
from models.limits.arithmetic import FenColumn, Mask
from models.limits.debt import all_debt

Assumed = Mapping[str, float]  # facts in the unit of the engine, and GRADE
# What a document would tell where its own facts are not known, but another source has told it already.
_TOLD_ELSEWHERE: Mapping[Document, Callable[[Cases], Mask]] = {Document.LOAN_LIST: lambda cases: all_debt(cases)[1]}
_CODES = {document: words.code for document, words in DOCUMENTS.items()}


@dataclass(frozen=True)
class Information:
    """One document: the limit at its prudent and at its plausible best value, the rest as it stands.

    `together_*` is the same with all other pending documents at their best. `width_fen` is the wider of both.
    """

    code: str
    zh: str
    en: str
    pending: bool  # a rule waits for it; else it is missing and nothing waits
    prudent_fen: int
    best_fen: int
    together_prudent_fen: int
    together_best_fen: int
    width_fen: int
    sources_at_best_fen: int
    binding_at_best: tuple[str, ...]


def value_of_information(situation: Situation, ranges: PlausibleRanges) -> tuple[Information, ...]:
    """Every pending document, and every missing one that would move the limit, by how far it moves it."""
    before = compute_limits(situation.cases)
    if before.fired[0]:
        return ()
    open_items = _open(situation, before, ranges)
    if not open_items:
        return ()
    favourable: dict[str, float] = {}
    for _, pending, _, best in open_items:
        if pending:
            favourable = {**best, **favourable}
    rows: list[Assumed] = []
    for _, _, prudent, best in open_items:
        rows += [prudent, best, {**favourable, **prudent}, {**favourable, **best}]
    after = compute_limits(assume(situation, rows))
    limit = np.where(after.outcome == Outcome.DECLINE, 0, after.limit_fen)
    found = [
        _information(document, pending, limit[4 * at : 4 * at + 4], after, 4 * at + 1)
        for at, (document, pending, _, _) in enumerate(open_items)
    ]
    kept = [item for item in found if item.pending or item.width_fen]
    return tuple(sorted(kept, key=lambda item: (-item.width_fen, not item.pending, item.code)))


def assume(situation: Situation, rows: list[Assumed]) -> Cases:
    """The case once per row, with the facts of that row in place of its own."""
    many = situation.repeated(len(rows))
    facts = dict(many.facts)
    grade = many.grade.copy()
    for at, row in enumerate(rows):
        for name, value in row.items():
            if name == GRADE:
                grade[at] = int(value)
                continue
            if name not in facts or facts[name] is many.facts.get(name):
                facts[name] = np.array(facts.get(name, np.full(len(rows), np.nan)))
            facts[name][at] = value
    return replace(many, facts=facts, grade=grade)


def _open(
    situation: Situation, before: LimitColumns, ranges: PlausibleRanges
) -> list[tuple[Document, bool, dict[str, float], dict[str, float]]]:
    """Documents that a rule waits for or whose facts are not known, with what they would say at both ends."""
    waiting = {rule.document_at(0) for rule in before.rules if rule.status[0] == Status.PENDING}
    found = []
    for document, code in _CODES.items():
        declared = ranges.by_document.get(code)
        if declared is None:
            continue
        pending = document in waiting
        if document is Document.CONFIRMATIONS:
            ends = _confirmed(situation)
        elif pending or (
            code not in ranges.only_pending
            and not any(_known(situation, item.fact) for item in declared)
            and not _told_elsewhere(situation, document)
        ):
            ends = _ends(situation, declared, pending=pending)
        else:
            continue
        if ends[1] or pending:
            found.append((document, pending, *ends))
    return found


def _told_elsewhere(situation: Situation, document: Document) -> bool:
    told = _TOLD_ELSEWHERE.get(document)
    return told is not None and bool(told(situation.cases)[0])


def _known(situation: Situation, fact: str) -> bool:
    if fact == GRADE:
        return bool(situation.cases.grade_known[0])
    return not np.isnan(situation.cases.known_fact(fact)[0])


def _ends(
    situation: Situation, declared: tuple[PlausibleRange, ...], *, pending: bool
) -> tuple[dict[str, float], dict[str, float]]:
    """The facts of a document at its prudent and best end; a share of a fact that is not known says nothing."""
    prudent: dict[str, float] = {}
    best: dict[str, float] = {}
    for item in declared:
        if _known(situation, item.fact) and not (pending and item.replaces):
            continue
        if item.of is None:
            prudent[item.fact], best[item.fact] = item.prudent, item.best
        elif _known(situation, item.of):
            whole = float(situation.cases.known_fact(item.of)[0])
            prudent[item.fact], best[item.fact] = (float(np.floor(whole * end)) for end in (item.prudent, item.best))
    return prudent, best


def _confirmed(situation: Situation) -> tuple[dict[str, float], dict[str, float]]:
    """Receivables measured with none more confirmed than now, and with every claim confirmed."""
    claims = situation.positions.claims if situation.positions is not None else None
    if claims is None or not len(claims) or (claims.numbers["confirmed"] != 0).all():
        return {}, {}
    everything = tile_rows(claims, 1, confirmed=np.ones((1, len(claims))))
    after = situation.measured(1, claims=everything).facts
    now = situation.cases.facts
    return {}, {
        name: float(column[0])
        for name, column in after.items()
        if not np.array_equal(column, now.get(name, np.full(1, np.nan)), equal_nan=True)
    }


def _information(document: Document, pending: bool, limit: FenColumn, after: LimitColumns, row: int) -> Information:
    words = DOCUMENTS[document]
    alone, together = sorted(map(int, limit[:2])), sorted(map(int, limit[2:]))
    row += 0 if alone[1] or not together[1] else 2  # alone it settles nothing: told with the others
    return Information(
        code=words.code,
        zh=words.zh,
        en=words.en,
        pending=pending,
        prudent_fen=alone[0],
        best_fen=alone[1],
        together_prudent_fen=together[0],
        together_best_fen=together[1],
        width_fen=max(alone[1] - alone[0], together[1] - together[0]),
        sources_at_best_fen=int(after.sources_total[row]),
        binding_at_best=tuple(cap.code for cap in after.caps if after.binds(cap)[row]),
    )
