"""The strict policy loader: what it accepts, and every refusal with file, key and day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from models.policy import (
    DEFAULTS,
    PolicyFileInvalid,
    PolicyValueNotInForce,
    PolicyValueUnknown,
    ProductUnknown,
    load_policy,
)

DAY = date(2020, 2, 29)
VOID = """\
description: {zh: 作废率, en: void rate}
unit: fraction
range: {minimum: 0.01, maximum: 1}
owner: credit policy
review_by: 2027-06-30
values:
  - from: 2015-01-01
    reference: our own
    value: 0.20
  - from: 2020-03-01
    reference: board of 2020-02
    value: 0.10
"""
PRODUCT = """\
description: {zh: 小额贷, en: small credit}
owner: credit policy
review_by: 2027-06-30
terms:
  - from: 2015-01-01
    reference: our own
    currency: CNY
    minimum: 10000
    maximum: 500000
    step: 1000
    tenor_months: 6
    inclusive_finance: true
"""


def overlay(folder: Path, text: str, name: str = "parameters/eligibility/maximum_void_rate.yaml") -> Path:
    path = folder / "bank" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder / "bank"


def dated_changes() -> list[tuple[str, date]]:
    """Every change of every shipped value: the parameter and the first day of the new value."""
    return [
        (name, dated.first_day)
        for name, parameter in load_policy(DAY).parameters.items()
        for dated in parameter.values[1:]
    ]


def test_the_shipped_policy_has_real_dated_changes() -> None:
    """The central bank's line changed in 2019 and 2024, and both changes are policy data."""
    assert ("ceiling.inclusive_line", date(2019, 1, 1)) in dated_changes()
    assert ("ceiling.inclusive_line", date(2024, 1, 25)) in dated_changes()


@pytest.mark.parametrize(("name", "day"), dated_changes(), ids=str)
def test_a_change_holds_from_its_day_and_not_the_day_before(name: str, day: date) -> None:
    """On the day before a change the old value and digest hold, on the day the new ones."""
    before, on = load_policy(day - timedelta(days=1)), load_policy(day)
    assert before.value(name) != on.value(name)
    assert on.in_force(name).first_day == day
    assert before.digest != on.digest


def test_the_line_before_it_was_drawn_is_not_in_force() -> None:
    """A value asked for a day before its first date is refused by name; it is not taken from the future."""
    policy = load_policy(date(2017, 12, 31))
    assert not policy.is_in_force("ceiling.inclusive_line")
    with pytest.raises(PolicyValueNotInForce, match=r"ceiling\.inclusive_line is not in force on 2017-12-31"):
        policy.value("ceiling.inclusive_line")
    assert load_policy(date(2018, 1, 1)).fen("ceiling.inclusive_line") == 500_000_000


def test_the_digest_names_values_and_not_the_day() -> None:
    """Two days with the same values in force have one digest, and another value gives another digest."""
    assert load_policy(DAY).digest == load_policy(DAY + timedelta(days=1)).digest


def test_a_shorter_spelling_of_a_value_is_the_same_policy(tmp_path: Path) -> None:
    """0.2 and 0.20 decide equally, so an overlay that only spells differently keeps the digest."""
    same = overlay(tmp_path, VOID.replace("0.20", "0.2"))
    assert load_policy(DAY, [same]).digest == load_policy(DAY).digest


def test_an_overlay_replaces_a_value_and_is_recorded(tmp_path: Path) -> None:
    """The bank's own folder wins from its dates on, changes the digest, and the policy says what it replaced."""
    bank = overlay(tmp_path, VOID)
    before, after = load_policy(DAY, [bank]), load_policy(date(2020, 3, 1), [bank])
    assert before.number("eligibility.maximum_void_rate") == Decimal("0.20")
    assert after.number("eligibility.maximum_void_rate") == Decimal("0.10")
    assert after.digest != load_policy(date(2020, 3, 1)).digest
    used = after.overlays[0]
    assert (used.name, used.replaces) == ("bank", ("eligibility.maximum_void_rate",))
    assert len(used.digest) == 64


def test_what_an_overlay_brings_beside_is_recorded_too(tmp_path: Path) -> None:
    """Rules of approval change no amount, so not the policy's digest; which they were is said all the same."""
    text = (DEFAULTS / "approval" / "default.yaml").read_text(encoding="utf-8")
    bank = overlay(tmp_path, text, "approval/default.yaml")
    policy = load_policy(DAY, [bank])
    used = policy.overlays[0]
    assert used.beside is not None
    assert (used.replaces, used.beside.replaces) == ((), ("approval/default",))
    assert policy.digest == load_policy(DAY).digest
    (bank / "approval" / "default.yaml").write_text(text.replace("3000000", "5000000"), encoding="utf-8")
    changed = load_policy(DAY, [bank]).overlays[0]
    assert changed.beside is not None
    assert (changed.digest, changed.beside.digest != used.beside.digest) == (used.digest, True)
    assert load_policy(DAY, [overlay(tmp_path / "other", VOID)]).overlays[0].beside is None


def test_an_overlay_adds_a_product(tmp_path: Path) -> None:
    """A product file of the bank's own becomes a product with its terms in fen."""
    policy = load_policy(DAY, [overlay(tmp_path, PRODUCT, "products/small_credit.yaml")])
    assert policy.product("small_credit").step_fen == 100_000
    assert policy.overlays[0].replaces == ("product small_credit",)


def test_a_product_before_its_first_day_does_not_exist() -> None:
    """A product code that is not in force on the day is refused with the codes that are."""
    with pytest.raises(ProductUnknown, match="no product gold on 2020-02-29"):
        load_policy(DAY).product("gold")
    with pytest.raises(PolicyValueNotInForce, match=r"request\.default_product is not in force on 2014-12-31"):
        load_policy(date(2014, 12, 31))


def test_a_day_before_the_policy_is_told_the_first_day_and_the_file() -> None:
    """A day that everything a decision reads has reached, so that the next try is not refused for another value."""
    with pytest.raises(PolicyValueNotInForce, match="a day from 2015-01-01 on") as refused:
        load_policy(date(1999, 1, 1))
    assert refused.value.where == "policy file parameters/request/default_product.yaml"
    assert "state what held on 1999-01-01 in parameters/request/default_product.yaml" in str(refused.value)
    load_policy(date(2015, 1, 1)).in_force("grading.upper_pd")


def test_a_value_past_its_review_date_warns() -> None:
    """On its review date a value is quiet; the day after, the owner is named in both languages."""
    assert load_policy(date(2027, 6, 30)).review_warnings == ()
    warnings = load_policy(date(2027, 7, 1)).review_warnings
    assert {"grading.upper_pd", "product invoice_credit"} <= {warning.name for warning in warnings}
    assert "2027-06-30" in warnings[0].zh
    assert "2027-06-30" in warnings[0].en


def test_values_are_asked_by_unit() -> None:
    """A rule that asks for a value in another unit, or for a name that is not there, is told so."""
    policy = load_policy(DAY)
    with pytest.raises(PolicyValueUnknown, match="asked in another unit"):
        policy.fen("eligibility.maximum_void_rate")
    with pytest.raises(PolicyValueUnknown, match="not a table of yuan"):
        policy.fen_by_grade("invoice_turnover.advance_share")
    with pytest.raises(PolicyValueUnknown, match=r"no policy value eligibility\.luck"):
        policy.value("eligibility.luck")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        pytest.param(VOID.replace("owner:", "boss:"), r"unknown key.*key boss", id="unknown-key"),
        pytest.param(VOID.replace("owner: credit policy\n", ""), r"missing key.*key owner", id="missing-key"),
        pytest.param(VOID + "owner: twice\n", r"repeated key at line 13.*key owner", id="repeated-key"),
        pytest.param(
            VOID.replace("value: 0.10", "value: 0.10\n    value: 0.30"),
            r"repeated key.*values\[1\]",
            id="repeated-below",
        ),
        pytest.param(
            VOID.replace("from: 2020-03-01\n    ref", "ref"), r"missing key.*values\[1\]\.from", id="missing-date"
        ),
        pytest.param(VOID.replace("2020-03-01", "2020-02-30"), r"not a day.*2020-02-30", id="no-such-day"),
        pytest.param(VOID.replace("2020-03-01", "1583020800"), r"not a day.*YYYY-MM-DD", id="timestamp"),
        pytest.param(
            VOID.replace("2020-03-01", "2015-01-01"),
            r"dates are not in rising order.*values\[1\]\.from, day 2015-01-01",
            id="same-day-twice",
        ),
        pytest.param(VOID.replace("2020-03-01", "2014-01-01"), r"dates are not in rising order", id="unordered"),
        pytest.param(VOID.replace("unit: fraction", "unit: percent"), r"not one of.*key unit", id="unknown-unit"),
        pytest.param(
            VOID.replace("value: 0.10", "value: 10%"),
            r"not a value in the unit fraction.*day 2020-03-01.*never a percentage",
            id="bad-unit",
        ),
        pytest.param(VOID.replace("value: 0.10", "value: 1e-1"), r"not a value in the unit fraction", id="exponent"),
        pytest.param(VOID.replace("value: 0.10", "value: 0_100"), r"not a value in the unit fraction", id="underscore"),
        pytest.param(VOID.replace("value: 0.10", "value: nan"), r"not a value in the unit fraction", id="nan"),
        pytest.param(
            VOID.replace("value: 0.10", "value: 1.5"),
            r"outside its declared range.*file bank/parameters/eligibility/maximum_void_rate\.yaml, "
            r"key values\[1\]\.value, day 2020-03-01.*0\.01 to 1",
            id="outside-range",
        ),
        pytest.param(VOID.replace("minimum: 0.01", "minimum: 0"), r"overlay widens the declared range", id="wider"),
        pytest.param(VOID.replace("minimum: 0.01", "minimum: 2"), r"minimum is above maximum", id="empty-range"),
        pytest.param(
            VOID.replace("range: {minimum: 0.01, maximum: 1}\n", ""), r"missing key.*key range", id="no-range"
        ),
        pytest.param(VOID.replace("our own", '" "'), r"not a text.*values\[0\]\.reference", id="blank-reference"),
        pytest.param(VOID.replace("value: 0.10", "value: {G1: 0.1}"), r"not a text.*values\[1\]\.value", id="table"),
        pytest.param(VOID.replace("value: 0.10", "value: &a 0.10"), r"anchors, aliases and tags", id="anchor"),
        pytest.param(VOID.replace("value: 0.10", "value: !!str 0.10"), r"anchors, aliases and tags", id="tag"),
        pytest.param("- 1\n", r"not a mapping", id="list"),
        pytest.param("", r"not exactly one document", id="empty"),
        pytest.param(VOID + "---\nunit: days\n", r"not exactly one document", id="two-documents"),
        pytest.param("a: [1", r"not YAML", id="not-yaml"),
        pytest.param(VOID.replace("values:", "values: []\nolder:"), r"unknown key|not a list", id="no-values"),
        pytest.param(VOID.replace("unit: fraction", "unit: days"), r"not a value in the unit days", id="other-unit"),
    ],
)
def test_a_wrong_parameter_file_is_refused_with_its_place(tmp_path: Path, text: str, match: str) -> None:
    """Every way to write a parameter wrongly stops the load and says where."""
    with pytest.raises(PolicyFileInvalid, match=match):
        load_policy(DAY, [overlay(tmp_path, text)])


def test_an_overlay_cannot_change_what_a_value_means(tmp_path: Path) -> None:
    """Another unit under the same name is refused: the rule that reads it would misread it."""
    text = VOID.replace("unit: fraction", "unit: points")
    with pytest.raises(PolicyFileInvalid, match=r"changes the unit.*Expected: fraction\. Found: .points"):
        load_policy(DAY, [overlay(tmp_path, text)])


def test_a_value_that_no_rule_reads_is_refused(tmp_path: Path) -> None:
    """A misspelt file name would silently change nothing, so it is refused."""
    with pytest.raises(PolicyFileInvalid, match=r"no rule reads.*eligibility\.max_void"):
        load_policy(DAY, [overlay(tmp_path, VOID, "parameters/eligibility/max_void.yaml")])


@pytest.mark.parametrize("name", ["parameters/eligibility/maximum_void_rate.yml", "products/a/b.yaml", "stray.yaml"])
def test_a_policy_file_in_a_wrong_place_is_refused(tmp_path: Path, name: str) -> None:
    """A YAML file that would not be read is not passed over in silence."""
    with pytest.raises(PolicyFileInvalid, match=r"not a place for a policy file.*file bank/"):
        load_policy(DAY, [overlay(tmp_path, VOID, name)])


def test_text_that_is_not_utf8_and_a_folder_that_is_not_there_are_refused(tmp_path: Path) -> None:
    """GB18030 bytes and a misspelt overlay folder stop the load."""
    bank = overlay(tmp_path, VOID)
    (bank / "parameters/eligibility/maximum_void_rate.yaml").write_bytes(VOID.encode("gb18030"))
    with pytest.raises(PolicyFileInvalid, match="not UTF-8"):
        load_policy(DAY, [bank])
    with pytest.raises(PolicyFileInvalid, match=r"no such overlay folder.*nowhere"):
        load_policy(DAY, [tmp_path / "nowhere"])


def test_a_folder_without_any_part_of_a_policy_is_refused(tmp_path: Path) -> None:
    """Another folder than the bank's own must not leave the defaults in force in silence."""
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(PolicyFileInvalid, match=r"no policy in the overlay folder.*elsewhere.*parameters/"):
        load_policy(DAY, [tmp_path / "elsewhere"])


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("      D: 0", "      D: 0.4", r"not falling from G12 to D.*values\[0\]\.value\.D, day 2015-01-01"),
        ("      D: 0", "      E: 0", r"unknown key.*values\[0\]\.value\.E"),
        ("      D: 0\n", "", r"missing key.*values\[0\]\.value\.D"),
        ("      D: 0", "      D: -1", r"outside its declared range.*value\.D"),
        ("order: falling", "order: up", r"not one of the choices.*key order"),
    ],
    ids=["order", "unknown-grade", "missing-grade", "negative", "unknown-order"],
)
def test_a_wrong_table_by_grade_is_refused(tmp_path: Path, old: str, new: str, match: str) -> None:
    """A table names every grade once, within its range and in its declared order."""
    name = "parameters/invoice_turnover/advance_share.yaml"
    text = (DEFAULTS / name).read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(PolicyFileInvalid, match=match):
        load_policy(DAY, [overlay(tmp_path, text.replace(old, new), name)])


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("minimum: 10000", "minimum: 900000", r"minimum is above maximum.*terms\[0\]\.minimum, day 2015-01-01"),
        ("maximum: 500000", "maximum: 500500", r"not a multiple of the step.*terms\[0\]\.maximum"),
        ("step: 1000", "step: 0", r"not an amount above zero.*terms\[0\]\.step"),
        ("minimum: 10000", "minimum: ten", r"not an amount above zero"),
        ("currency: CNY", "currency: USD", r"not one of the choices.*terms\[0\]\.currency"),
        ("tenor_months: 6", "tenor_months: 0.5", r"not a tenor.*terms\[0\]\.tenor_months"),
        ("inclusive_finance: true", "inclusive_finance: yes", r"not one of the choices.*inclusive_finance"),
        ("    step: 1000\n", "", r"missing key.*terms\[0\]\.step"),
        ("    step: 1000\n", "    step: 1000\n    rate: 0.04\n", r"unknown key.*terms\[0\]\.rate"),
    ],
)
def test_a_wrong_product_file_is_refused(tmp_path: Path, old: str, new: str, match: str) -> None:
    """Terms that contradict each other or are not terms stop the load."""
    assert old in PRODUCT
    with pytest.raises(PolicyFileInvalid, match=match):
        load_policy(DAY, [overlay(tmp_path, PRODUCT.replace(old, new), "products/small_credit.yaml")])


def test_references_are_words_and_not_addresses() -> None:
    """Every shipped value says where it comes from, in words: no web address, no path."""
    for path in sorted(DEFAULTS.rglob("*.yaml")):
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
        for dated in tree.get("values") or tree.get("terms") or tree["versions"]:
            assert len(dated["reference"]) > 15, path.name
            assert "://" not in dated["reference"]
            assert "www." not in dated["reference"]
