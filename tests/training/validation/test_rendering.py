"""The page and the workbook: complete, in one language, without network, the same every time."""

from __future__ import annotations

import io
import re
import zipfile
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from tests.validation_evidence import evidence
from training.table.gather import CONSTANT
from training.validation import ValidationReport, report_folder, validate, write_report
from training.validation.rendering.charts import chart_svg
from training.validation.rendering.page import page_html
from training.validation.rendering.texts import Language
from training.validation.rendering.workbook import workbook_bytes
from training.validation.report import Chart, Interval, Series, Words
from training.validation.sections.lineage import in_both

VOID = {"meta", "br", "link", "img", "hr", "input"}
CHINESE = re.compile("[\u4e00-\u9fff]")


@cache
def report() -> ValidationReport:
    """A report with everything in it that can be drawn."""
    return validate(evidence())


@cache
def page(language: Language) -> str:
    """Its page."""
    return page_html(report(), language).decode()


class Outline(HTMLParser):
    """Collects ids, links, texts and what is loaded, and checks that every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if tag == "a" else []
        self.loaded += [tag] if tag in {"script", "link", "img", "iframe", "object"} else []
        self.loaded += [value or "" for name, value in attrs if name in {"src", "srcset", "data"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


def outline(language: Language) -> Outline:
    found = Outline()
    found.feed(page(language))
    assert found.open == []
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_is_whole_and_needs_nothing_else(language: Language) -> None:
    """Every part is there and linked, ids are unique, nothing is loaded, no address is named but XML namespaces."""
    found = outline(language)
    assert {f"#part-{number}" for number in range(1, 18)} <= set(found.links)
    assert {f"part-{number}" for number in range(1, 18)} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))
    assert found.loaded == []
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", page(language)))
    assert {each for each in addresses if "w3.org" not in each} == set()


def test_english_page_has_no_chinese_and_the_chinese_one_says_so() -> None:
    """One language a page: data from elsewhere apart, no Chinese sign is left on the English page."""
    english = [text for text in outline("en").texts if CHINESE.search(text)]
    assert english == []
    assert 'lang="zh-CN"' in page("zh")
    assert "模型验证报告" in page("zh")
    assert "Model validation report" not in page("zh")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_lights_read_in_black_and_white(language: Language) -> None:
    """Every light is a sign and a word, never a colour alone."""
    signs = {"green": "✔", "amber": "▲", "red": "✖", "grey": "○"}
    lights = re.findall(r'<span class="light (\w+)">([^<]+)</span>', page(language))
    assert {light for light, _ in lights} == set(signs)
    assert all(text.startswith(signs[light]) and len(text) > 2 for light, text in lights)


def test_caution_about_simulated_data_stands_on_top_and_beside_every_plot() -> None:
    """Once below the title, once in each part with a chart."""
    charts = sum(bool(section.charts) for section in report().sections)
    assert page("en").count("▲ simulated: proves mechanics, not predictive power") == 1 + charts


def test_charts_keep_their_text_and_their_bytes() -> None:
    """Text stays text in the reader's fonts, Chinese included; well-formed; the same twice; ids of two never meet."""
    charts = [chart for section in report().sections for chart in section.charts]
    assert {chart.kind for chart in charts} == {"roc", "histogram", "calibration", "rates", "bars", "over_time"}
    ids: list[str] = []
    for chart in charts:
        drawn = chart_svg(chart, "zh")
        assert drawn == chart_svg(chart, "zh")
        ElementTree.fromstring(drawn)  # noqa: S314  (our own)
        assert chart.x_words.zh in drawn
        assert "DejaVu" not in drawn
        ids += re.findall(r' id="([^"]+)"', drawn)
    assert len(ids) == len(set(ids))


def test_a_name_with_signs_of_markup_stays_text() -> None:
    """What a bank calls a segment or a feature cannot become part of the page."""
    evil = Words(zh="<b>&坏", en='<script>alert("1")</script>')
    series = Series(code="a", words=evil, x=(0.0, 1.0), y=(1.0, 2.0), labels=(evil, evil))
    drawn = chart_svg(Chart(code="c", kind="bars", words=evil, x_words=evil, y_words=evil, series=(series,)), "en")
    ElementTree.fromstring(drawn)  # noqa: S314
    assert "<script" not in drawn
    changed = report().model_copy(update={"opinion": report().opinion.model_copy(update={"words": evil})})
    assert "<script" not in page_html(changed, "en").decode()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_workbook_has_a_sheet_a_part_and_numbers_that_are_numbers(language: Language) -> None:
    """Read back by another library: 18 sheets, the grades' figures as the report has them."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook_bytes(report(), language)))
    assert len(book.sheet_names) == 18
    sheet = book.get_sheet_by_index(8).to_python()
    first = next(at for at, row in enumerate(sheet) if row[:2] in (["等级", "行"], ["Grade", "Rows"]))
    for row, expected in zip(sheet[first + 1 :], report().section(8).table("grades").rows, strict=False):
        observed = expected[6]
        assert isinstance(observed, Interval)
        assert row[0] == expected[0]
        assert row[1:6] == [pytest.approx(value) for value in expected[1:6]]
        assert row[6:9] == [pytest.approx(value) for value in (observed.value, observed.low, observed.high)]


def test_workbook_keeps_its_headings_in_sight() -> None:
    """Every sheet of a part is frozen below its title."""
    with zipfile.ZipFile(io.BytesIO(workbook_bytes(report(), "en"))) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        frozen = [name for name in sheets if b'state="frozen"' in parts.read(name)]
        assert len(sheets) == 18
        assert len(frozen) == 17


def test_files_are_the_same_bytes_for_the_same_report(tmp_path: Path) -> None:
    """Written twice, in two folders: json, html and xlsx do not differ; nothing else is left behind."""
    for folder in ("a", "b"):
        write_report(report(), tmp_path / folder, "zh")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["report.html", "report.json", "report.xlsx"]
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)


def test_reports_lie_by_bundle(tmp_path: Path) -> None:
    """`<home>/validations/<bundle12>`."""
    assert report_folder(tmp_path, "abcdef0123456789") == tmp_path / "validations" / "abcdef012345"


def test_the_reason_of_a_feature_left_out_is_in_the_language_of_the_report() -> None:
    """Cards have both languages in one line; a reader has one."""
    assert in_both(CONSTANT) == Words(zh="没有取值或取值相同", en="without a value, or the same for every row")
    assert in_both("own reason") == Words(zh="own reason", en="own reason")
