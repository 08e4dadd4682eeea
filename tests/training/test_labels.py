"""Label files as banks send them: many headers and spellings, one meaning, and clear refusals."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training.labels import (
    LabelColumnsNotFound,
    LabelNotUnderstood,
    LabelsContradict,
    NoLabels,
    read_labels,
)


def csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    ("yes", "no"), [("是", "否"), ("1", "0"), ("true", "False"), (" Yes ", "n"), ("1.0", "0.0"), ("违约", "正常")]
)
def test_every_spelling_of_a_flag_is_understood(tmp_path: Path, yes: str, no: str) -> None:
    """是/否, 1/0, true/false and their kin mean the same."""
    labels = read_labels(csv(tmp_path, f"企业代号,是否违约\nE1,{yes}\nE2,{no}\n"))
    assert {key: label.defaulted for key, label in labels.by_enterprise.items()} == {"E1": True, "E2": False}


@pytest.mark.parametrize("header", ["enterprise_id,default", "company_id,Is Default", "企业编号,违约"])
def test_headers_may_be_written_differently(tmp_path: Path, header: str) -> None:
    """Columns are found by alias, whatever case or spaces."""
    assert len(read_labels(csv(tmp_path, f"{header}\nE1,1\nE2,0\n")).by_enterprise) == 2


def test_a_gb18030_file_with_a_rating_column_says_that_it_is_ignored(tmp_path: Path) -> None:
    """The rating beside the flag is read by nobody, and the caller can say so."""
    labels = read_labels(csv(tmp_path, "企业代号,信誉评级,是否违约\nE1,A,否\nE2,D,是\n", "gb18030"))
    assert labels.ignored_columns == ("信誉评级",)
    assert labels.by_enterprise["E2"].defaulted


def test_parquet_labels_with_booleans_and_dates(tmp_path: Path) -> None:
    """A typed file needs no spelling; its metadata says that it is simulated."""
    table = pa.table(
        {
            "enterprise_id": ["E1", "E2", "E3"],
            "defaulted": [True, False, None],
            "defaulted_on": pa.array([date(2023, 5, 1), None, None], pa.date32()),
        }
    ).replace_schema_metadata({b"assetlight.origin": b"simulated"})
    pq.write_table(table, tmp_path / "labels.parquet")
    labels = read_labels(tmp_path / "labels.parquet")
    assert labels.by_enterprise["E1"].on == date(2023, 5, 1)
    assert (labels.origin, labels.dated, labels.without_flag) == ("simulated", True, 1)


def test_the_origin_column_is_taken_unless_the_caller_knows_better(tmp_path: Path) -> None:
    """A file that says where it comes from is believed; an explicit origin goes first; else the file's name stands."""
    path = csv(tmp_path, "enterprise_id,default,origin\nE1,1,simulated\nE2,0,simulated\n")
    assert read_labels(path).origin == "simulated"
    assert read_labels(path, "bank").origin == "bank"
    assert read_labels(csv(tmp_path, "enterprise_id,default\nE1,1\n")).origin == "label file labels.csv"


def test_a_file_without_label_columns_says_what_it_has(tmp_path: Path) -> None:
    """The error names the headers it saw and those it looked for."""
    with pytest.raises(LabelColumnsNotFound, match=r"是否违约.*turnover"):
        read_labels(csv(tmp_path, "enterprise_id,turnover\nE1,3\n"))


def test_a_flag_nobody_understands_is_named_with_its_row(tmp_path: Path) -> None:
    """A rating in the flag column is not guessed at."""
    with pytest.raises(LabelNotUnderstood, match=r"row 3.*是/否.*'B'"):
        read_labels(csv(tmp_path, "enterprise_id,default\nE1,1\nE2,B\n"))


def test_a_day_nobody_understands_is_named_with_its_row(tmp_path: Path) -> None:
    """A default date must be a date."""
    with pytest.raises(LabelNotUnderstood, match=r"row 2.*'spring'"):
        read_labels(csv(tmp_path, "enterprise_id,default,defaulted_on\nE1,1,spring\n"))


def test_contradicting_rows_are_refused_and_repeats_counted(tmp_path: Path) -> None:
    """The same label twice is a repeat; two different ones are a question for a person."""
    assert read_labels(csv(tmp_path, "enterprise_id,default\nE1,1\nE1,1\n")).repeated == 1
    with pytest.raises(LabelsContradict, match="'E1'"):
        read_labels(csv(tmp_path, "enterprise_id,default\nE1,1\nE1,0\n"))


def test_empty_flags_are_unlabelled_not_good(tmp_path: Path) -> None:
    """A missing flag is never read as no default."""
    labels = read_labels(csv(tmp_path, "enterprise_id,default\nE1,1\nE2,\n"))
    assert labels.without_flag == 1
    assert "E2" not in labels.by_enterprise
    with pytest.raises(NoLabels, match="labels no enterprise"):
        read_labels(csv(tmp_path, "enterprise_id,default\nE1,\n"))


@pytest.mark.shared_data
def test_the_contest_workbook_has_123_labels_and_27_defaults(shared_data: Path) -> None:
    """../shared/data/README.md: 123 enterprises, 27 defaults, the rating ignored."""
    labels = read_labels(shared_data / "cumcm2020c" / "with_credit_record.xlsx")
    assert len(labels.by_enterprise) == 123
    assert sum(label.defaulted for label in labels.by_enterprise.values()) == 27
    assert "信誉评级" in labels.ignored_columns
