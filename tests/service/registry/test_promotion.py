"""Who may put a model in force: every gate, every pair of eyes, and what a row written by hand is worth."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from models.bundle import BundleCorrupt
from service.registry.errors import (
    AlreadyInRole,
    ChampionChanged,
    GatesNotPassed,
    ModelAlreadyRegistered,
    ModelNotRegistered,
    NeverChampion,
    NotApproved,
    NotIndependent,
    NotValidated,
    PersonNotUsable,
    ReasonMissing,
    RegistryRefusal,
    ReportChanged,
    ReportNotUsable,
    ScopeUnknown,
)
from service.registry.records import Role
from service.registry.registry import Actor
from tests.factories import bundle
from tests.registry_desk import (
    APP,
    DEV,
    GATES,
    OWN,
    VAL,
    Clock,
    approved,
    desk,
    gate,
    promoted,
    registered,
    write_report,
)


def test_three_people_put_a_model_in_force(tmp_path: Path) -> None:
    """Registered, validated, approved and promoted, a model is the champion of every product."""
    registry = desk(tmp_path)
    assert not registry.standing().governs
    digest = promoted(registry)
    assert registry.champion() == registry.champion("invoice_credit") == digest
    assert registry.standing().governs
    assert registry.standing().refused == []


def who_is_who(length: int) -> list[str]:
    """Every way in which so many roles can be shared: the 52 partitions of five, named by their first appearance."""
    ways = [""]
    for _ in range(length):
        ways = [way + person for way in ways for person in "abcde"[: len(set(way)) + 1]]
    return ways


@pytest.mark.parametrize("people", who_is_who(5))
def test_every_combination_of_people(tmp_path: Path, people: str) -> None:
    """Validator is not developer; approver is none of developer, validator, requester and the one who promotes."""
    developer, validator, approver, requester, promoter = people
    registry = desk(tmp_path)
    digest = registered(registry, developer=developer)
    allowed = validator != developer and approver not in (developer, validator, requester, promoter)
    try:
        registry.validate(digest, by=Actor(validator))
        registry.approve(digest, by=Actor(approver))
        registry.promote(digest, by=Actor(promoter), requester=requester, reason="try")
        assert allowed
    except NotIndependent as refusal:
        assert not allowed
        assert "must not be" in refusal.problem or "two people" in refusal.problem  # noqa: PT017
        assert not registry.standing().governs


def test_spelling_does_not_make_another_person(tmp_path: Path) -> None:
    """`DEV ` is dev: case, width and blanks do not make a second pair of eyes."""
    registry = desk(tmp_path)
    digest = registered(registry)
    for name in ("DEV", " dev ", "ｄｅｖ"):
        with pytest.raises(NotIndependent, match="must not be its developer"):
            registry.validate(digest, by=Actor(name))
    with pytest.raises(PersonNotUsable, match="visible text"):
        registry.validate(digest, by=Actor("  "))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("failed", ["discrimination", "calibration"])
def test_a_failed_gate_keeps_a_model_out_of_every_role(tmp_path: Path, role: Role, failed: str) -> None:
    """Whichever gate fails, the model is neither approved nor promoted, to champion or to challenger."""
    registry = desk(tmp_path)
    digest = registered(
        registry, gates=[gate(name, passed=name != failed) for name in ("discrimination", "calibration")]
    )
    registry.validate(digest, by=VAL)
    with pytest.raises(GatesNotPassed, match=failed):
        registry.approve(digest, by=APP)
    with pytest.raises(GatesNotPassed, match=failed):
        registry.promote(digest, by=OWN, role=role, reason="all the same")


def test_a_model_without_skill_fails_a_gate_of_the_registry_itself(tmp_path: Path) -> None:
    """The card's own verdict is a gate, whatever the report says."""
    made = bundle(rows=80, trees=5)
    registry = desk(tmp_path)
    write_report(tmp_path, made.digest)
    registry.register(made.write(tmp_path / "elsewhere"), developer="dev", by=DEV)
    registry.validate(made.digest, by=VAL)
    with pytest.raises(GatesNotPassed, match="skill_demonstrated"):
        registry.approve(made.digest, by=APP)


def test_steps_cannot_be_skipped(tmp_path: Path) -> None:
    """Not registered, not validated, not approved: each is said with the command that comes first."""
    registry = desk(tmp_path)
    with pytest.raises(ModelNotRegistered, match="models register"):
        registry.promote("ab12", by=OWN, reason="now")
    digest = registered(registry)
    for role in Role:
        with pytest.raises(NotValidated, match="models validate"):
            registry.promote(digest, by=OWN, role=role, reason="now")
    with pytest.raises(NotValidated, match="not been validated"):
        registry.approve(digest, by=APP)
    registry.validate(digest, by=VAL)
    with pytest.raises(NotApproved, match="models approve"):
        registry.promote(digest, by=OWN, reason="now")
    with pytest.raises(ModelAlreadyRegistered, match="already"):
        registry.register(tmp_path / "bundles" / digest[:12], developer="dev", by=DEV)
    registry.approve(digest, by=APP)
    with pytest.raises(ReasonMissing, match="reason"):
        registry.promote(digest, by=OWN, reason=" ")
    with pytest.raises(ScopeUnknown, match="invoice_credit"):
        registry.promote(digest, by=OWN, reason="now", scope="mortgage")


def test_a_later_validation_needs_another_approval(tmp_path: Path) -> None:
    """An approval is of one validation: after the next one it no longer counts."""
    registry = desk(tmp_path)
    digest = approved(registry)
    write_report(tmp_path, digest, [*GATES, gate("stability")])
    registry.validate(digest, by=VAL)
    with pytest.raises(NotApproved, match="after its latest validation"):
        registry.promote(digest, by=OWN, reason="now")


def test_a_report_that_was_exchanged_is_noticed(tmp_path: Path) -> None:
    """The report on disk must be the one on record; one of another model is none."""
    registry = desk(tmp_path)
    digest = approved(registry)
    folder = write_report(tmp_path, digest, [gate("other")])
    with pytest.raises(ReportChanged, match="not the one on record"):
        registry.promote(digest, by=OWN, reason="now")
    other = registered(registry, seed=1)
    with pytest.raises(ReportNotUsable, match="another model"):
        registry.validate(other, by=VAL, report=folder)
    with pytest.raises(ReportNotUsable, match="no validation report"):
        registry.validate(other, by=VAL, report=tmp_path / "nowhere")


UNREADABLE = (
    "{",
    '{"gates": []}',
    '{"subject": {"bundle_digest": "%s"}, "gates": []}',
    '{"subject": {"bundle_digest": "%s"}, "gates": [{"code": "a", "passed": "yes", "blocking": true}]}',
    '{"subject": {"bundle_digest": "%s"}, "gates": [{"code": "a", "passed": true}]}',
    json.dumps({"subject": {"bundle_digest": "%s"}, "gates": [gate("psi", blocking=False)]}),
)


@pytest.mark.parametrize("content", UNREADABLE)
def test_a_report_without_gates_is_no_report(tmp_path: Path, content: str) -> None:
    """Half a file, no gate, or a gate that says neither yes nor no."""
    registry = desk(tmp_path)
    digest = registered(registry)
    (write_report(tmp_path, digest) / "report.json").write_text(content.replace("%s", digest))
    with pytest.raises(ReportNotUsable, match="report"):
        registry.validate(digest, by=VAL)


@pytest.mark.parametrize("name", ["model.txt", "bundle.json", "model_card.json", "model_card.md"])
def test_an_edited_bundle_is_refused_at_every_step(tmp_path: Path, name: str) -> None:
    """One changed byte in any file: no promotion, no rollback, no loading."""
    registry = desk(tmp_path)
    first = promoted(registry)
    second = promoted(registry, seed=1)
    for digest in (first, second):
        path = tmp_path / "bundles" / digest[:12] / name
        path.write_bytes(path.read_bytes().replace(b"1", b"2", 1) if b"1" in path.read_bytes() else b"edited")
    with pytest.raises(BundleCorrupt, match="changed"):
        registry.bundle(second)
    with pytest.raises(BundleCorrupt, match="changed"):
        registry.roll_back(first, by=OWN, reason="trouble")
    with pytest.raises(BundleCorrupt, match="changed"):
        registry.promote(first, by=OWN, reason="again")


def test_another_whole_bundle_in_its_place_is_refused(tmp_path: Path) -> None:
    """A bundle that is intact by itself but is not the registered one."""
    registry = desk(tmp_path)
    first, second = promoted(registry), registered(registry, seed=1)
    home = tmp_path / "bundles"
    (home / first[:12]).rename(tmp_path / "away")
    (home / second[:12]).rename(home / first[:12])
    with pytest.raises(BundleCorrupt, match="another bundle"):
        registry.bundle(first)


def test_rollback_and_the_day_a_model_was_live(tmp_path: Path) -> None:
    """Which model was in force at the end of a day of the bank; a rollback goes to earlier champions only."""
    clock = Clock()
    registry = desk(tmp_path, clock=clock)
    first = promoted(registry)
    clock.forward(10)
    second, never = promoted(registry, seed=1), approved(registry, seed=2)
    clock.forward(0.7)  # after midnight in Beijing
    with pytest.raises(NeverChampion, match="earlier champion"):
        registry.roll_back(never, by=OWN, reason="try")
    with pytest.raises(ReasonMissing, match="reason"):
        registry.roll_back(first, by=OWN, reason="")
    registry.roll_back(first, by=OWN, reason="arrears rise")
    with pytest.raises(AlreadyInRole, match="already"):
        registry.roll_back(first, by=OWN, reason="twice")
    standing = registry.standing()
    live = {day: standing.live_on(date(2026, 11, day)) for day in (1, 2, 11, 12, 13, 30)}
    assert {day: move and move.model for day, move in live.items()} == {
        1: None, 2: first, 11: first, 12: second, 13: first, 30: first,
    }  # fmt: skip
    assert live[13] is not None
    assert live[13].rollback


def test_a_rollback_to_a_model_that_fails_today_is_refused(tmp_path: Path) -> None:
    """The gates are looked at again, not the promotion of last year."""
    registry = desk(tmp_path)
    first = promoted(registry)
    promoted(registry, seed=1)
    write_report(tmp_path, first, [gate("calibration", passed=False)])
    registry.validate(first, by=VAL)
    with pytest.raises(GatesNotPassed, match="calibration"):
        registry.roll_back(first, by=OWN, reason="try")


def test_a_product_may_have_a_champion_of_its_own(tmp_path: Path) -> None:
    """The product's champion goes before that of all products; the others keep theirs."""
    registry = desk(tmp_path)
    everyone, own = promoted(registry), promoted(registry, seed=1, scope="invoice_credit")
    assert registry.champion("invoice_credit") == own
    assert registry.champion("other") == registry.champion() == everyone


def test_a_challenger_needs_gates_but_no_approval(tmp_path: Path) -> None:
    """In the shadow it decides nothing; when promoted it leaves the shadow, and a champion cannot be its own."""
    registry = desk(tmp_path)
    champion, digest = promoted(registry), registered(registry, seed=1)
    registry.validate(digest, by=VAL)
    registry.promote(digest, by=DEV, role=Role.CHALLENGER, reason="shadow")
    assert (registry.champion(), registry.standing().challenger()) == (champion, digest)
    with pytest.raises(AlreadyInRole, match="own challenger"):
        registry.promote(champion, by=DEV, role=Role.CHALLENGER, reason="shadow")
    registry.approve(digest, by=APP)
    registry.promote(digest, by=OWN, reason="better")
    assert (registry.champion(), registry.standing().challenger()) == (digest, None)


def test_of_two_promotions_at_once_one_wins(tmp_path: Path) -> None:
    """Both saw the same champion; the slower one is told that it changed, and nothing is overwritten."""
    registry = desk(tmp_path)
    first = promoted(registry)
    second, third = approved(registry, seed=1), approved(registry, seed=2)
    store = registry.make_store()
    append = store.append

    def another_is_faster(record: object) -> bool:
        store.append = append  # type: ignore[method-assign]
        registry.promote(third, by=OWN, reason="mine", replaces=first)
        return append(record)  # type: ignore[arg-type]

    store.append = another_is_faster  # type: ignore[method-assign]
    with pytest.raises(ChampionChanged, match="no longer the one to replace"):
        registry.promote(second, by=OWN, reason="mine", replaces=first)
    assert registry.champion() == third


def test_refusals_leave_no_record(tmp_path: Path) -> None:
    """What is refused is not written: the number of records stays."""
    registry = desk(tmp_path)
    digest = registered(registry)
    before = registry.standing().records
    with pytest.raises(RegistryRefusal):
        registry.promote(digest, by=OWN, reason="now")
    assert registry.standing().records == before
