"""Files of every kind become the same sheet; a file that is none stops with the error that says why."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models import sheets
from models.sheets import Sheet, read_sheets
from tests.workbooks import GOOD_ROW, HEADERS, ExcelDay, csv_text, write_workbook

TEXT = csv_text(GOOD_ROW)


def only(path: Path) -> Sheet:
    (sheet,) = read_sheets(path)
    return sheet


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("utf8.csv", TEXT.encode()),
        ("bom.csv", TEXT.encode("utf-8-sig")),
        ("gb18030.csv", TEXT.encode("gb18030")),
        ("utf16.csv", TEXT.encode("utf-16")),
        ("windows.csv", TEXT.replace("\n", "\r\n").encode()),
        ("tabs.txt", TEXT.replace(",", "\t").encode()),
        ("semicolons.csv", TEXT.replace(",", ";").encode("gb18030")),
        ("quoted.csv", TEXT.replace("有效发票", '"有效发票"').encode()),
        ("packed.csv.gz", gzip.compress(TEXT.encode("utf-8-sig"))),
        ("no_newline.csv", TEXT.rstrip("\n").encode()),
        ("blank_lines.csv", (TEXT + "\n\n,,,,,,,\n").encode()),
    ],
)
def test_text_in_every_dress_is_the_same_sheet(tmp_path: Path, name: str, content: bytes) -> None:
    """Encoding, byte order mark, line ends, delimiter, quotes and compression make no difference."""
    path = tmp_path / name
    path.write_bytes(content)
    sheet = only(path)
    assert sheet.headers == HEADERS
    assert [column.to_pylist() for column in sheet.columns] == [[cell] for cell in GOOD_ROW]
    assert sheet.rows.tolist() == [2]


def test_rows_keep_the_numbers_a_person_sees(tmp_path: Path) -> None:
    """Ragged and blank rows count, a quoted line break does not: the numbers are those of the spreadsheet."""
    path = tmp_path / "a.csv"
    path.write_text('x,y\n1,2\n\n3\n"a\nb",4\n5,6,7\n8,9\n', encoding="utf-8")
    sheet = only(path)
    assert sheet.rows.tolist() == [2, 5, 7]
    assert [(row.row, row.expected, row.found, row.text.strip()) for row in sheet.ragged] == [
        (4, 2, 1, "3"),
        (6, 2, 3, "5,6,7"),
    ]


def test_row_numbers_stay_right_over_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ragged row in a block that the parser reads ahead does not shift the numbers of the rows before it."""
    monkeypatch.setattr("models.sheets.text.BLOCK_BYTES", 64)
    odd = {7, 8, 60, 91}
    lines = ["n,m"] + [f"{row},x" if row not in odd else f"{row}" for row in range(2, 120)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    pieces = list(read_sheets(path))
    assert len(pieces) > 3
    for piece in pieces:
        assert piece.columns[0].to_pylist() == [str(row) for row in piece.rows]
    assert {row.row for piece in pieces for row in piece.ragged} == odd
    assert sum(len(piece) for piece in pieces) == 118 - len(odd)


def test_workbook_columns_keep_their_types(tmp_path: Path) -> None:
    """Excel dates are days, numbers are numbers, a column of both is text; empty rows between are left out."""
    path = write_workbook(
        tmp_path / "a.xlsx",
        {"S": [("d", "n", "mixed"), (ExcelDay(42934), 1.5, "x"), (None, None, None), (ExcelDay(42935), 2, 7)]},
    )
    sheet = only(path)
    assert [column.to_pylist() for column in sheet.columns] == [
        [date(2017, 7, 18), date(2017, 7, 19)],
        [1.5, 2.0],
        ["x", "7"],
    ]
    assert sheet.rows.tolist() == [2, 4]


def test_a_sheet_of_a_workbook_can_be_chosen(tmp_path: Path) -> None:
    """`sheet=` reads one sheet only, and names the others if it is not there."""
    path = write_workbook(tmp_path / "a.xlsx", {"一": [("a",), ("1",)], "二": [("b",), ("2",)]})
    assert [sheet.headers for sheet in read_sheets(path, sheet="二")] == [("b",)]
    assert [sheet.name for sheet in read_sheets(path)] == ["一", "二"]
    with pytest.raises(sheets.SheetNotFound, match="一, 二"):
        list(read_sheets(path, sheet="三"))


def test_parquet_keeps_types_and_its_origin(tmp_path: Path) -> None:
    """Typed columns and dictionary text come through, and the file says where its rows come from."""
    table = pa.table(
        {"a": pa.array([1.5]), "b": pa.array(["x"]).dictionary_encode(), "c": pa.array(["y"], pa.large_string())}
    ).replace_schema_metadata({"assetlight.origin": "simulated"})
    pq.write_table(table, tmp_path / "a.parquet")
    sheet = only(tmp_path / "a.parquet")
    assert sheet.origin == "simulated"
    assert [column.to_pylist() for column in sheet.columns] == [[1.5], ["x"], ["y"]]
    assert sheet.rows.tolist() == [2]


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
PACKED = gzip.compress(TEXT.encode() * 5000)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("picture.xlsx", PNG, sheets.FileNotTabular),
        ("report.csv", b"%PDF-1.7 ...", sheets.FileNotTabular),
        ("binary.csv", bytes(range(256)) * 20, sheets.FileNotTabular),
        ("zip.xlsx", b"PK\x03\x04" + b"garbage" * 20, sheets.WorkbookUnreadable),
        ("cut.csv.gz", PACKED[: len(PACKED) // 2], sheets.CompressedFileTruncated),
        ("flipped.csv.gz", PACKED[:-6] + b"\0\0\0\0\0\0", sheets.CompressedFileTruncated),
        ("locked.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), sheets.WorkbookEncrypted),
        ("old.xls", OLE, sheets.WorkbookUnreadable),
        ("zero.csv", b"", sheets.FileEmpty),
        ("blank.csv", b"\xef\xbb\xbf\n  \n", sheets.FileEmpty),
        ("nul.csv", TEXT.replace("E1", "E\0").encode(), sheets.TextHasNul),
        ("header.csv", csv_text().encode(), sheets.SheetEmpty),
        ("header_nonl.csv", csv_text().strip().encode(), sheets.SheetEmpty),
        ("latin.csv", TEXT.encode() + b"\xff\xff\xff", sheets.EncodingUnknown),
        ("quote.csv", (TEXT + 'E1,"1001,x\n' + TEXT * 60).encode(), sheets.QuoteNotClosed),
        ("notes.csv", b"x" * 200_000 + b"\n1\n", sheets.HeaderUnreadable),
        ("odd16.csv", b"\xff\xfe\xfd" + TEXT.encode(), sheets.EncodingUnknown),
        ("cut.parquet", b"PAR1" + b"x" * 50, sheets.ParquetUnreadable),
    ],
)
def test_an_unusable_file_says_why(tmp_path: Path, name: str, content: bytes, error: type[Exception]) -> None:
    """Each way of being no table has its own error, which names the file."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error, match=name.replace(".", r"\.")):
        list(read_sheets(path))


def test_a_truncated_workbook_stops(tmp_path: Path) -> None:
    """A workbook that was cut off on its way is not read in part."""
    whole = write_workbook(tmp_path / "a.xlsx", {"S": [("a",), *[(str(n),) for n in range(3000)]]}).read_bytes()
    path = tmp_path / "cut.xlsx"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(sheets.WorkbookUnreadable, match="damaged, cut off"):
        list(read_sheets(path))


@pytest.mark.parametrize("rows", [[], [("a", "b")], [(None,), (None,)]], ids=["no cells", "header only", "blanks"])
def test_an_empty_sheet_stops(tmp_path: Path, rows: list[tuple[object, ...]]) -> None:
    """A sheet without records stops the reading, also beside a good one."""
    path = write_workbook(tmp_path / "a.xlsx", {"good": [("a",), ("1",)], "empty": rows})
    with pytest.raises(sheets.SheetEmpty, match="sheet empty"):
        list(read_sheets(path))


def test_a_path_that_is_no_file_stops(tmp_path: Path) -> None:
    """Nothing there, and a directory, are two different mistakes."""
    with pytest.raises(sheets.FileNotFound, match="no such file"):
        list(read_sheets(tmp_path / "absent.csv"))
    with pytest.raises(sheets.FileIsDirectory, match="directory"):
        list(read_sheets(tmp_path))
