"""Every kind of record comes in from every kind of file, with the same accounting, and bad rows never come in."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from models.lake import Lake
from models.records import KINDS
from models.records.kind import UNKNOWN_WORDS, Field, RecordKind
from models.sheets import read_sheets
from models.tables import accept, recognise
from service.importing import ImportOptions, ImportOutcome, import_files
from tests.record_files import FORMATS, text_row, write_rows
from tests.record_rows import record_row, record_table
from tests.service.conftest import Run

OPTIONS = ImportOptions(received_on=date(2024, 6, 1))
EVERY_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
# Every kind in one form each, every form with several kinds: all of them everywhere would take minutes.
KIND_AND_FORM = list(zip(KINDS.values(), itertools.cycle(FORMATS), strict=False))
SOME_FORM = pytest.mark.parametrize(("kind", "form"), KIND_AND_FORM, ids=KINDS.keys())
TEN_MB = "长" * (10 * 2**20 // 3)


def stored(home: Path, kind: RecordKind) -> pa.Table:
    """All stored rows of a kind."""
    source = Lake(home).tables([kind.name]).by_kind[kind.name]
    return source if isinstance(source, pa.Table) else pa.concat_tables(pq.read_table(path) for path in source.paths)


def counts(outcome: ImportOutcome) -> dict[str, int]:
    """The account of an import."""
    return {name: outcome.total(name) for name in ("read", "accepted", "duplicates", "quarantined", "corrections")}


def quarantine(outcome: ImportOutcome) -> list[dict[str, str]]:
    """The rows of the quarantine file, as texts."""
    assert outcome.quarantine is not None
    table = pa.csv.read_csv(outcome.quarantine, parse_options=pa.csv.ParseOptions(newlines_in_values=True))
    # headers are bilingual: "row 行号"
    return [{k.split(" ")[0]: "" if v is None else str(v) for k, v in row.items()} for row in table.to_pylist()]


@EVERY_KIND
def test_every_file_gives_the_same_row(kind: RecordKind, tmp_path: Path) -> None:
    """CSV in Chinese or English, NDJSON, Parquet of texts and of stored columns: one and the same typed row."""
    expected = record_table(kind, [record_row(kind, origin="bank")])
    pq.write_table(expected, tmp_path / "stored.parquet")
    files = [write_rows(tmp_path / form, kind, [text_row(kind)], form) for form in FORMATS]
    for file in (*files, tmp_path / "stored.parquet"):
        (sheet,) = read_sheets(file)
        columns = recognise(sheet.headers, KINDS.values(), sheet.where)
        assert columns.kind == kind, file
        taken = accept(sheet, columns, received_on=OPTIONS.received_on)
        assert taken.rows.to_pylist() == expected.to_pylist(), file
        assert columns.ignored == (), file


@SOME_FORM
def test_a_row_of_every_kind_is_stored_once(kind: RecordKind, form: str, tmp_path: Path) -> None:
    """The example row is stored with the declared types; the same file again adds nothing."""
    expected = record_table(kind, [record_row(kind, origin="bank")])
    file = write_rows(tmp_path / "rows", kind, [text_row(kind)], form)
    outcome = import_files(tmp_path / "home", [file], OPTIONS)
    assert outcome.sheets[0].kind == kind.name
    assert counts(outcome) == {"read": 1, "accepted": 1, "duplicates": 0, "quarantined": 0, "corrections": 0}
    assert stored(tmp_path / "home", kind).to_pylist() == expected.to_pylist()
    again = import_files(tmp_path / "home", [file], OPTIONS)
    assert counts(again) == {"read": 1, "accepted": 0, "duplicates": 1, "quarantined": 0, "corrections": 0}
    assert stored(tmp_path / "home", kind).num_rows == 1


@EVERY_KIND
def test_a_later_correction_is_a_new_version(kind: RecordKind, tmp_path: Path) -> None:
    """The same key with other content, learned later, is stored beside the old version, which ends on that day."""
    changed = next(field for field in kind.fields if not field.required and field.example)
    first = write_rows(tmp_path / "first", kind, [text_row(kind)], "csv_zh")
    later = text_row(kind, known_at="2024-05-20T09:00:00+08:00", **{changed.key: ""})
    second = write_rows(tmp_path / "second", kind, [later], "ndjson")
    import_files(tmp_path / "home", [first], OPTIONS)
    outcome = import_files(tmp_path / "home", [second], OPTIONS)
    assert counts(outcome) == {"read": 1, "accepted": 1, "duplicates": 0, "quarantined": 0, "corrections": 1}
    versions = sorted(stored(tmp_path / "home", kind).to_pylist(), key=lambda row: row["known_at"])
    assert [row[changed.name] for row in versions] == [record_row(kind)[changed.name], None]
    assert [row["superseded_at"] for row in versions] == [versions[1]["known_at"], None]


@EVERY_KIND
def test_without_a_day_of_learning_the_row_counts_from_its_last_day(kind: RecordKind, tmp_path: Path) -> None:
    """Without `known_at` a row is taken as learned on the latest day it tells of; no example is refused."""
    row = text_row(kind)
    del row["known_at"]
    file = write_rows(tmp_path / "rows", kind, [row], "csv_zh")
    assert counts(import_files(tmp_path / "home", [file], OPTIONS))["accepted"] == 1


def test_an_instalment_that_nobody_paid_counts_from_the_day_it_fell_due(tmp_path: Path) -> None:
    """The day it happened may lie ahead for a planned event; without a day of learning it is learned on that day."""
    kind = KINDS["loan_repayment"]
    row = {**text_row(kind), "paid_on": "", "paid": ""}
    del row["known_at"]
    (sheet,) = read_sheets(write_rows(tmp_path / "rows", kind, [row], "csv_zh"))
    taken = accept(sheet, recognise(sheet.headers, [kind], "test"), received_on=OPTIONS.received_on)
    assert [learned.date() for learned in taken.rows.column("known_at").to_pylist()] == [date(2024, 3, 31)]  # UTC


@dataclass(frozen=True)
class BadRow:
    """A row that must not come in: which cell is wrong, and the code that says so."""

    name: str
    field: Field
    text: str
    code: str


WRONG_TYPE = {
    "date": "yesterday", "money": "plenty", "number": "some", "integer": "1.5", "flag": "maybe", "choice": "whatever"
}  # fmt: skip
WRONG_TYPE_CODE = {
    "date": "not_a_date", "money": "not_an_amount", "number": "not_a_number", "integer": "not_whole",
    "flag": "not_yes_or_no", "choice": "not_a_choice",
}  # fmt: skip


NAMED = {"currency": ("XYZ", "not_a_choice"), "uscc": ("914403001922038217", "enterprise_uscc")}


def out_of_bounds(field: Field) -> Iterator[BadRow]:
    """Values beyond the field's bounds, and none where one is required."""
    if field.minimum is not None:
        yield BadRow("too small", field, f"{field.minimum - 1:.0f}", "below_minimum")
    if field.maximum is not None:
        yield BadRow("too big", field, f"{field.maximum + 1:.0f}", "above_maximum")
    if field.required and not field.filled_from:
        yield BadRow("missing", field, "", "empty")


def bad_rows(kind: RecordKind) -> Iterator[BadRow]:
    """Every way in which issue 3 asks that a row of the kind be refused, as far as the kind has such a field."""
    for field in kind.fields:
        if field.type in WRONG_TYPE:
            yield BadRow("wrong type", field, WRONG_TYPE[field.type], WRONG_TYPE_CODE[field.type])
        if field.type == "date":
            yield BadRow("no such day", field, "2024-02-30", "no_such_day")
            if not field.planned:
                yield BadRow("day to come", field, "2024-05-02", "not_yet_known")
        if field.type == "money":
            yield BadRow("not finite", field, "inf", "not_finite")
            yield BadRow("part of a fen", field, "1.005", "below_one_fen")
        yield from out_of_bounds(field)
        if field.name in NAMED:
            yield BadRow("of its own", field, *NAMED[field.name])
    text = next((f for f in kind.fields if f.type == "text" and f.name != "enterprise_id"), kind.field("enterprise_id"))
    yield BadRow("10 MB", text, TEN_MB, "too_long")


@SOME_FORM
def test_every_bad_row_is_refused_for_its_reason(kind: RecordKind, form: str, tmp_path: Path) -> None:
    """Each bad row is quarantined with its row number, field, value and reason; the good ones beside it come in."""
    bad = list(bad_rows(kind))
    good = text_row(kind)
    rows = [good, *(text_row(kind, **{case.field.key: case.text}) for case in bad), good]
    outcome = import_files(tmp_path / "home", [write_rows(tmp_path / "rows", kind, rows, form)], OPTIONS)
    assert counts(outcome) == {
        "read": len(rows), "accepted": 1, "duplicates": 1, "quarantined": len(bad), "corrections": 0
    }  # fmt: skip
    lines = quarantine(outcome)
    first = 2 if form.startswith("ndjson") else 3  # the first bad row: NDJSON has no header line
    for at, (case, line) in enumerate(zip(bad, lines, strict=True)):
        assert line["row"] == str(first + at), case
        assert case.code in line["code"].split(";"), (case.name, case.field.name, line["code"])
        assert line["field"] == case.field.name, (case, line["field"])
        assert line["value"] == case.text[:32_767], case.name
        assert line["reason_zh"]
        assert line["reason_en"]
    assert stored(tmp_path / "home", kind).num_rows == 1


@EVERY_KIND
def test_words_for_unknown_are_null(kind: RecordKind, tmp_path: Path) -> None:
    """A dash, NULL or 暂无 in every optional cell is the same as an empty one; in a required one it is missing."""
    optional = [field for field in kind.fields if not field.required]
    required = next(field for field in kind.fields if field.required and not field.filled_from)
    dashes = {field.key: word for field, word in zip(optional, itertools.cycle(UNKNOWN_WORDS), strict=False)}
    dashes.update({key: "4" for key in ("chain_position",) if key in dashes})
    rows = [text_row(kind, **dashes), text_row(kind, **{required.key: "--"})]
    (sheet,) = read_sheets(write_rows(tmp_path / "rows", kind, rows, "csv_en"))
    taken = accept(sheet, recognise(sheet.headers, [kind], "test"), received_on=OPTIONS.received_on)
    (row,) = taken.rows.to_pylist()
    assert {field.name for field in optional if row[field.name] is not None} <= {"chain_position"}
    assert taken.quarantined.column("code").to_pylist() == ["empty"]


@EVERY_KIND
def test_an_unknown_field_is_named_and_nothing_of_it_is_stored(kind: RecordKind, tmp_path: Path) -> None:
    """A column that the kind does not have is reported; the row itself comes in."""
    rows = [{**text_row(kind), "信誉评级": "A", "favourite colour": "blue"}]
    outcome = import_files(tmp_path / "home", [write_rows(tmp_path / "rows", kind, rows, "csv_zh")], OPTIONS)
    assert outcome.sheets[0].ignored_columns == ("信誉评级", "favourite colour")
    assert counts(outcome)["accepted"] == 1
    assert stored(tmp_path / "home", kind).column_names == kind.schema.names


@EVERY_KIND
def test_one_bad_row_in_a_long_batch_is_the_only_one_lost(kind: RecordKind, tmp_path: Path) -> None:
    """A million rows (twenty thousand of most kinds) and one bad one: only that is refused, with its row number."""
    size, at = (1_000_000, 777_777) if kind.name in ("headcount", "loan_repayment") else (20_000, 13_577)
    table = record_table(kind).take(pa.array([0] * size))
    names = pa.array([f"E{number}" for number in range(size)], pa.string())
    days = pc.if_else(pc.equal(names, f"E{at}"), pa.scalar(date(2123, 1, 1)), table.column(kind.occurred))
    table = table.set_column(0, table.schema.field(0), names)
    table = table.set_column(table.schema.get_field_index(kind.occurred), kind.schema.field(kind.occurred), days)
    pq.write_table(table, tmp_path / "long.parquet")
    taken = [
        accept(sheet, recognise(sheet.headers, [kind], "test"), received_on=OPTIONS.received_on)
        for sheet in read_sheets(tmp_path / "long.parquet")
    ]
    assert sum(piece.read for piece in taken) == size
    assert sum(piece.rows.num_rows for piece in taken) == size - 1
    (refused,) = [line for piece in taken for line in piece.quarantined.to_pylist()]
    assert refused["row"] == at + 2
    assert refused["code"].split(";")[0] in ("not_yet_known", "repayment_dpd")


def test_the_command_takes_files_of_every_kind_at_once(run: Run, tmp_path: Path) -> None:
    """`assetlight import` of one file of each kind stores all of them and prints one object with their accounts."""
    files = [write_rows(tmp_path / kind.name, kind, [text_row(kind)], form) for kind, form in KIND_AND_FORM]
    code, out, _ = run("import", *files, "--home", tmp_path / "home", "--json", "--origin", "test")
    account = json.loads(out)
    assert code == 0
    assert [sheet["kind"] for sheet in account["sheets"]] == list(KINDS)
    assert (account["read"], account["accepted"], account["quarantined"]) == (len(KINDS), len(KINDS), 0)
    again = json.loads(run("import", *files, "--home", tmp_path / "home", "--json", "--origin", "test")[1])
    assert (again["accepted"], again["duplicates"]) == (0, len(KINDS))


@EVERY_KIND
@pytest.mark.parametrize("only_required", [False, True], ids=["all", "required"])
@pytest.mark.parametrize("words", ["zh", "en", "key", "name"])
def test_the_kind_is_recognised_by_its_headers(kind: RecordKind, words: str, *, only_required: bool) -> None:
    """Headers in either language, keys or stored names, all or only the required ones, mean this kind and no other."""
    fields = [f for f in kind.fields if not only_required or (f.required and f.filled_from != "known_at")]
    found = recognise([getattr(field, words) for field in fields], KINDS.values(), "test")
    assert found.kind == kind
    assert set(found.positions) >= {field.name for field in fields}


@EVERY_KIND
def test_a_sheet_that_lacks_a_column_passes_for_no_other_kind(kind: RecordKind) -> None:
    """Leaving out one required column is said by name; a sheet that also names the enterprise is no list of those."""
    for lacking in kind.fields:
        if lacking.required and not lacking.filled_from and kind.name != "enterprise":
            headers = ["企业名称", *(field.zh for field in kind.fields if field != lacking)]
            with pytest.raises(Exception, match="columns are missing for") as refused:
                recognise(headers, KINDS.values(), "test")
            assert refused.value.field == lacking.name  # type: ignore[attr-defined]


@pytest.mark.parametrize("origin", ["", "two words"])
def test_an_origin_that_is_no_word_stops_the_import(run: Run, tmp_path: Path, origin: str) -> None:
    """Nothing is stored under an origin that no figure could carry; the empty one is not taken for `not said`."""
    kind = KINDS["headcount"]
    file = write_rows(tmp_path / "rows", kind, [text_row(kind)], "csv_zh")
    code, out, _ = run("import", file, "--home", tmp_path / "home", "--json", "--origin", origin)
    facts = json.loads(out)
    assert (code, facts["error"], facts["field"]) == (1, "OriginNotUsable", "--origin")
    assert not (tmp_path / "home" / "lake").exists()
