"""Papers of a case: specific reasons with their sources and clocks, both languages, the same bytes each time."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.decision import DecisionRecord
from models.explanation.catalogue import BINDING_REASONS, GATE_REASONS, PENDING_REASONS, RULE_WORDS
from models.features import CATALOGUE
from models.policy import load_policy
from service.notices import ChineseFontMissing, Language, case_file, memo_html, notice_html, notice_of, pdf
from service.notices.adverse import MOST_REASONS, NoticeNotDue, principal_reasons
from service.notices.case_file import CaseFile
from service.notices.exact import to_the_fen
from service.notices.picture import waterfall_svg
from service.notices.words import RATING_CODES, SOURCE_OF_FAMILY, SOURCE_OF_RULE
from tests.service.applications.conftest import PATH, Bank, bank_on, problem_of
from tests.service.conftest import Run


@pytest.fixture
def bank(home: Path, database_url: str) -> Iterator[Bank]:
    """The bank on a data directory and a database of the test's own."""
    made = bank_on(home, database_url, bank_name="示例银行", notice_contact="95599")
    yield made
    made.service.close()


def lowered(bank: Bank) -> dict[str, Any]:
    """A case that was overridden, and approved for less than was asked."""
    case = bank.moved("officer", bank.apply(amount="3000000"), "submit")
    answer = bank.override("risk", case)
    assert answer.status_code == 201, answer.text
    return bank.moved("approver", {**answer.json(), "etag": answer.headers["etag"]}, "approve")


def text_of(page: bytes) -> str:
    """What a reader sees of a page."""
    body = page.decode().split("</style>", 1)[1]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def case_of(bank: Bank, case: dict[str, Any], *, explained: bool = False) -> CaseFile:
    service = bank.service
    return case_file(service.office, service.assessments, service.settings, case["id"], None, explained=explained)


def test_a_lower_amount_is_told_with_reasons_sources_and_clocks(bank: Bank) -> None:
    """Amounts, each reason with its source, where to object, until when to ask, within how many days answered."""
    case = lowered(bank)
    answer = bank.get("officer", f"{PATH}/{case['id']}/notice", lang="en")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    said = text_of(answer.content)
    assert "You were granted less than you applied for" in said
    for words in ("CNY 3,000,000", "CNY 100,000", "95599", "2020-04-30", "15 days", "20 days", "adverse finding"):
        assert words in said
    assert 1 <= said.count("Source:") <= MOST_REASONS
    assert "Draft" not in said
    chinese = text_of(bank.get("officer", f"{PATH}/{case['id']}/notice").content)
    assert "授信额度低于申请金额" in chinese
    assert "数据来源" in chinese
    assert chinese.count("模拟数据") == 1
    reads = [content["purpose"] for kind, _, content in bank.ledger(case["id"]) if kind == "access"]
    assert reads == ["notice", "notice"]


def test_a_declined_case_says_what_the_person_said_and_escapes_it(bank: Bank) -> None:
    """Whoever declines gives a reason; it stands beside the decision's own and cannot break the page."""
    case = bank.moved("officer", bank.apply(), "submit")
    case = bank.moved("approver", case, "decline", reason="<script>alert(1)</script> the order fell through")
    page = bank.get("officer", f"{PATH}/{case['id']}/notice", lang="en")
    assert "the order fell through" in page.text
    assert "<script>" not in page.text
    assert "declined" in text_of(page.content)


def test_what_is_not_adverse_has_no_notice_and_another_branch_no_paper(bank: Bank) -> None:
    """409 with what to do; 404 to whoever may not know of the case."""
    case = bank.apply(amount="500000")
    problem_of(bank.get("officer", f"{PATH}/{case['id']}/notice"), 409, "notice-not-due")
    for what in ("notice", "memo"):
        problem_of(bank.get("stranger", f"{PATH}/{case['id']}/{what}"), 404, "application-not-found")
    bank.post("officer", PATH, {})
    assert bank.get("officer", f"{PATH}/{case['id']}/memo", lang="fr").status_code == 422
    assert bank.get("officer", f"{PATH}/{case['id']}/memo", format="docx").status_code == 422


def test_before_the_decision_it_is_a_draft(bank: Bank) -> None:
    """A reduced assessment can be looked at, and says that it must not go out."""
    assert "Draft" in text_of(notice_html(notice_of(case_of(bank, bank.apply(amount="3000000"))), Language.EN))


def test_a_memo_has_everything_of_the_case(bank: Bank) -> None:
    """Probability with its interval, reasons, ceilings, attribution, the override, the approval, the ledger's hash."""
    case = lowered(bank)
    found = case_of(bank, case, explained=True)
    said, decision = text_of(memo_html(found, Language.EN)), found.decision
    assert found.explanation is not None
    expected = [
        *(reason.en for reason in decision.reasons),
        *(RULE_WORDS[cap.code].en for cap in decision.caps),
        *(share.en for share in found.explanation.attribution.shares if share.yuan != "0.00"),
        *(lever.en for lever in found.explanation.levers),
        f"{decision.pd:.2%}",
        f"{decision.pd_low:.2%}",
        found.ledger_hash,
        decision.decision_id,
        decision.bundle.digest,
        decision.policy.digest,
        "Half of the machines stand still",
        "department approver",
        "王芳 (approver)",
        "Li Qiang (risk)",
        "Override",
        "simulated",
    ]
    for words in expected:
        assert words in said, words
    assert memo_html(found, Language.ZH).decode().count("<svg") == 1


def test_reading_a_paper_changes_no_byte_of_it(bank: Bank) -> None:
    """The same case gives the same page and the same PDF, though the ledger has grown by the reading of it."""
    case = lowered(bank)
    for form in ("html", "pdf"):
        first, second = (bank.get("officer", f"{PATH}/{case['id']}/memo", format=form) for _ in range(2))
        assert first.status_code == 200
        assert first.content == second.content
    assert first.content.startswith(b"%PDF-")
    assert first.headers["content-type"] == "application/pdf"


def test_a_memo_says_when_the_case_can_no_longer_be_explained(bank: Bank) -> None:
    """The kept decision stands; what needs today's policy is left out and that is said."""
    found = replace(case_of(bank, bank.apply()), not_explained="the policy decides otherwise")
    assert "the kept decision stands" in text_of(memo_html(found, Language.EN))


def test_no_font_is_a_sentence_that_names_the_package(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with the Debian package, instead of a page of boxes."""
    case = lowered(bank)
    monkeypatch.setattr(pdf, "chinese_font", lambda: None)
    with pytest.raises(ChineseFontMissing, match="fonts-wqy-microhei"):
        pdf.pdf_of(b"<p>x</p>")
    found = bank.get("officer", f"{PATH}/{case['id']}/notice", format="pdf")
    assert "fonts-wqy-microhei" in problem_of(found, 503, "chinese-font-missing")["advice"]
    assert bank.get("officer", f"{PATH}/{case['id']}/notice", format="html").status_code == 200


def test_commands_write_the_same_papers(bank: Bank, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`assetlight notice` and `memo` make what the API gives."""
    case = lowered(bank)
    settings = bank.service.settings
    for name in ("database_url", "bank_name", "notice_contact"):
        monkeypatch.setenv(f"ASSETLIGHT_{name.upper()}", getattr(settings, name))
    for what in ("notice", "memo"):
        out = tmp_path / f"{what}.html"
        code, printed, _ = run(what, case["id"], "--lang", "en", "--out", out, "--home", settings.home, "--json")
        assert (code, json.loads(printed)["simulated"]) == (0, True)
        assert out.read_bytes() == bank.get("officer", f"{PATH}/{case['id']}/{what}", lang="en").content
    assert run("notice", case["id"], "--out", tmp_path / "x.doc", "--home", settings.home)[0] == 2


def with_reasons(decision: DecisionRecord, codes: list[str]) -> DecisionRecord:
    """The decision as if these rating reasons were all it gave."""
    kept = decision.reasons[0]
    return decision.model_copy(update={"reasons": tuple(kept.model_copy(update={"code": code}) for code in codes)})


def test_never_the_score_alone(bank: Bank) -> None:
    """Where only the rating speaks, what cost most points is named, however little it was; never more than four."""
    decision = case_of(bank, bank.apply(amount="3000000")).decision
    alone = with_reasons(decision, ["LIM-GRD-03"])
    for record in (alone, alone.model_copy(update={"probability_reasons": ()})):
        found = principal_reasons(record)
        assert found[0].code == "LIM-GRD-03"
        assert 2 <= len(found) <= MOST_REASONS
        assert all(reason.code not in RATING_CODES for reason in found[1:])
    many = with_reasons(decision, ["LIM-GRD-03", "LIM-MOD-15", "KO-GRD-04", "LIM-GRD-03"])
    found = principal_reasons(many)
    assert len(found) <= MOST_REASONS
    assert any(reason.code not in RATING_CODES for reason in found)


def test_committed_lines_that_use_up_the_limit_are_the_first_reason(bank: Bank) -> None:
    """The ceiling by its own value, what is committed, what remains; the score decided nothing and is no reason."""
    approved = bank.moved("second", bank.moved("officer", bank.apply(amount="1500000"), "submit"), "approve")
    assert approved["approved_yuan"] == "1500000.00"
    found = case_of(bank, bank.apply(amount="1500000"), explained=True)
    notice = notice_of(found)
    first, *others = notice.reasons
    assert (first.code, first.about_score) == ("LIM-EXP-17", False)
    assert "committed CNY 1,500,000 in lines that are not drawn" in first.en
    assert "已批未用授信 150.00万元" in first.zh
    assert first.source_en == "this bank's own register of credit lines"
    assert others
    assert len(others) < MOST_REASONS
    assert not any(reason.about_score for reason in notice.reasons)
    ceilings = [reason for reason in others if "which leaves" in reason.en]
    assert ceilings
    for reason in ceilings:
        assert re.search(r"of CNY [1-9][0-9,]+: this bank has committed CNY 1,500,000 .* leaves CNY 0,", reason.en)
        assert "余额" not in reason.zh
        assert "剩余 0.00万元" in reason.zh
    assert found.explanation is not None
    assert found.explanation.reasons[0].code == "LIM-EXP-17"
    for page in (notice_html(notice, Language.EN), memo_html(found, Language.EN)):
        assert first.en in text_of(page)


def test_committed_lines_that_leave_something_are_told_with_the_ceiling(bank: Bank) -> None:
    """500,000 of 1,500,000 is committed: the ceiling's own value, and what it leaves."""
    bank.moved("second", bank.moved("officer", bank.apply(), "submit"), "approve")
    told = [reason.en for reason in notice_of(case_of(bank, bank.apply(amount="3000000"))).reasons]
    assert any("committed CNY 500,000" in words and "leaves CNY 1,000,000" in words for words in told), told


def test_every_reason_has_a_source() -> None:
    """Each family of features and each rule that can be a reason names its records."""
    assert {feature.family for feature in CATALOGUE} == set(SOURCE_OF_FAMILY)
    assert set(GATE_REASONS) | set(BINDING_REASONS) <= set(SOURCE_OF_RULE)
    assert {GATE_REASONS["grade_too_weak"].code, BINDING_REASONS["grade_maximum"].code} <= RATING_CODES


def test_the_clocks_enter_no_decision(bank: Bank) -> None:
    """Moving a clock of notices leaves the digest by which decisions replay."""
    policy = bank.service.office.policy()
    clocks = [name for name in policy.parameters if name.startswith("notice.")]
    assert len(clocks) == 3
    without = replace(policy, parameters={k: v for k, v in policy.parameters.items() if k not in clocks})
    assert without.digest == policy.digest == load_policy(policy.on, [bank.service.settings.policy_dir]).digest


def test_the_picture_is_the_waterfall(bank: Bank) -> None:
    """Every step that changes the amount is named; the same decision draws the same bytes."""
    decision = case_of(bank, bank.apply(amount="3000000")).decision
    drawn = waterfall_svg(decision, Language.ZH)
    for step in decision.waterfall:
        if step.delta_yuan != "0.00":
            assert RULE_WORDS[step.code].zh in drawn
    assert drawn == waterfall_svg(decision, Language.ZH)
    assert "DejaVu" not in drawn
    with pytest.raises(NoticeNotDue, match="nothing adverse"):
        notice_of(case_of(bank, bank.apply(amount="500000")))


def test_a_memo_says_what_the_bank_committed_itself_to_since(bank: Bank) -> None:
    """A banner with the amount and what to do, and the exposure of now beside the assessed one, in both languages."""
    case = bank.moved("officer", bank.apply(amount="200000"), "submit")
    before = text_of(bank.get("approver", f"{PATH}/{case['id']}/memo", lang="en").content)
    assert "An approval is refused now" not in before
    other = bank.moved("officer", bank.apply(), "submit")
    bank.moved("second", other, "approve")
    for language, words in (
        ("en", ["500000.00 yuan to this enterprise", "An approval is refused now", "Now: total CNY 700,000"]),
        ("zh", ["评估之后本行又对该企业承诺额度500000.00元", "请退回（return）", "现在：合计 700,000元"]),
    ):
        said = text_of(bank.get("approver", f"{PATH}/{case['id']}/memo", lang=language).content)
        for part in words:
            assert part in said, said[:2500]


def test_a_chinese_paper_says_every_amount_to_the_fen(bank: Bank) -> None:
    """5,000,000.01 yuan is not 500.00万元: amounts of the page, of kept sentences and of the picture are exact."""
    case = bank.moved("officer", bank.apply(amount="5000000.01"), "submit")
    found = case_of(bank, bank.moved("second", case, "approve", amount_yuan="400000.07"), explained=True)
    for page in (notice_html(notice_of(found), Language.ZH), memo_html(found, Language.ZH)):
        said = text_of(page)
        assert "5,000,000.01元" in said
        assert "400,000.07元" in said
        assert "万元" not in said
    assert "CNY 400,000.07" in text_of(memo_html(found, Language.EN))


@pytest.mark.parametrize(
    ("zh", "en", "exact"),
    [
        ("上限 500.00万元", "a ceiling of CNY 5,000,000.01", "上限 5,000,000.01元"),
        (
            "合计 160.00万元（销售额 800.00万元）",
            "CNY 1,600,001 of CNY 8,000,000",
            "合计 1,600,001元（销售额 8,000,000元）",
        ),
        ("先 2.00万元，后 1.00万元", "CNY 10,000 after CNY 20,000.30", "先 20,000.30元，后 10,000元"),
        ("约定 3.00万元", "no amount", "约定 约3.00万元"),
        ("没有金额", "CNY 1", "没有金额"),
    ],
)
def test_a_kept_sentence_is_told_to_the_fen(zh: str, en: str, exact: str) -> None:
    """The English sentence has the amount; where it has not, it is said that the Chinese one is rounded."""
    assert to_the_fen(zh, en) == exact


def bound_by_grade(decision: DecisionRecord) -> DecisionRecord:
    """Asked 3,000,000, granted 2,000,000 by grade and model; two ceilings lack facts and stand at 5,000,000."""
    values = {"grade_maximum": "2000000.00", "model_uncertainty": "2000000.00"}
    pending = dict.fromkeys(("working_capital_need", "debt_service_capacity"), "5000000.00")
    caps = tuple(
        cap.model_copy(
            update={
                "value_yuan": {**values, **pending, "requested": "3000000.00"}.get(cap.code, "9000000.00"),
                "status": "pending" if cap.code in pending else "applied",
                "binding": cap.code in values,
            }
        )
        for cap in decision.caps
    )
    kept = decision.reasons[0]
    reasons = tuple(
        kept.model_copy(
            update={
                "about": "evidence",
                "code": PENDING_REASONS[code].code,
                "fact": code,
                "zh": PENDING_REASONS[code].zh.format(value="500.00万元", document="财务报表"),
                "en": PENDING_REASONS[code].en.format(value="CNY 5,000,000", document="statements"),
            }
        )
        for code in pending
    )
    steps = tuple(
        step.model_copy(update={"delta_yuan": {"model_uncertainty": "-1000000.00"}.get(step.code, "0.00")})
        for step in decision.waterfall
    )
    steps = (*steps, steps[-1].model_copy(update={"code": "model_uncertainty", "delta_yuan": "-1000000.00"}))
    return decision.model_copy(
        update={"outcome": "refer", "caps": caps, "reasons": reasons, "waterfall": steps, "limit_yuan": "2000000.00"}
    )


def test_a_reduced_amount_names_the_ceilings_that_bind(bank: Bank) -> None:
    """By what they took, then what is missing, which says that it took nothing, then what cost the score most."""
    case = bank.moved("officer", bank.apply(amount="3000000"), "submit")
    found = case_of(bank, bank.moved("second", case, "approve", amount_yuan="400000"))
    found = replace(found, decision=bound_by_grade(found.decision))
    notice = notice_of(found)
    assert [reason.code for reason in notice.reasons[:3]] == ["LIM-MOD-15", "LIM-GRD-03", "DAT-WC-05"]
    assert notice.reasons[3].about_score
    assert len(notice.reasons) == MOST_REASONS
    said, chinese = text_of(memo_html(found, Language.EN)), text_of(memo_html(found, Language.ZH))
    for words in (
        "ceiling of model uncertainty of CNY 2,000,000 is the lowest",
        "the maximum of CNY 2,000,000 for grade",
    ):
        assert words in said
    assert said.count("it did not reduce the amount") == 2
    assert chinese.count("（未减少本次额度）") == 2
    assert "模型不确定性上限 2,000,000元 是最低的一项" in chinese
    assert said.index("LIM-MOD-15") < said.index("LIM-GRD-03") < said.index("DAT-WC-05")


def test_times_name_their_clock(bank: Bank) -> None:
    """In both languages, wherever a memo says a minute."""
    found = case_of(bank, lowered(bank))
    for language, clock in ((Language.EN, " (UTC+8)"), (Language.ZH, "（北京时间）")):
        said = text_of(memo_html(found, language))
        minutes = re.findall(r"2020-\d\d-\d\d \d\d:\d\d(.{0,8})", said)
        assert len(minutes) >= 4
        assert all(after.startswith((clock.strip(), clock)) for after in minutes), minutes


def test_a_pdf_is_made_without_a_warning(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    """What the PDF's maker does not know of the style would be told in the log for each paper."""
    found = case_of(bank, lowered(bank), explained=True)
    with caplog.at_level(logging.WARNING):
        for page in (notice_html(notice_of(found), Language.ZH), memo_html(found, Language.ZH)):
            assert pdf.pdf_of(page).startswith(b"%PDF-")
    assert [record.getMessage() for record in caplog.records if record.name.startswith("weasyprint")] == []
