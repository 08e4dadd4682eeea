"""1 Scope, versions and materiality; 2 use and prohibited use."""

from __future__ import annotations

from typing import Literal

from models import __version__
from models.money import yuan_text
from training.validation.lights import whole
from training.validation.measured import Measured, Observation, Part
from training.validation.report import Cell, Section, Statement
from training.validation.writing import same, statement, table, words

GUIDANCE = "SR 26-2 / OCC 2026-13 / FIL-15-2026 (2026-04-17)"
Tier = Literal["high", "medium", "low"]
TIER_WORDS = {"high": words("高", "high"), "medium": words("中", "medium"), "low": words("低", "low")}


def materiality(measured: Measured) -> Tier:
    """Tier by exposure; the highest where no exposure is stated, which is the prudent side."""
    exposure = measured.evidence.people.exposure_fen
    if exposure is None:
        return "high"
    high, medium = measured.policy.table("validation.materiality_exposure")
    return "high" if exposure >= high else "medium" if exposure >= medium else "low"


def scope(measured: Measured) -> Part:
    """Section 1."""
    evidence, bundle, people = measured.evidence, measured.bundle, measured.evidence.people
    tier = materiality(measured)
    stated = people.exposure_fen is not None
    exposure = f"{yuan_text(people.exposure_fen)} CNY" if people.exposure_fen is not None else ""
    rows: list[tuple[Cell, ...]] = [
        (words("模型", "Model"), same(bundle.digest)),
        (words("代码版本", "Code version"), same(__version__)),
        (words("训练时点", "Trained as of"), same(bundle.trained_as_of.isoformat())),
        (words("验证时点", "Validated as of"), same(evidence.as_of.isoformat())),
        (words("政策日期", "Policy of"), same(measured.policy.on.isoformat())),
        (words("授信政策", "Credit policy"), same(measured.policy.digest)),
        (words("验证门槛", "Lines of validation"), same(measured.policy.validation_digest)),
        (words("用途", "Purpose"), words(people.zh_purpose, people.en_purpose)),
        (words("敞口", "Exposure"), same(exposure) if stated else words("未说明", "not stated")),
        (words("重要性等级", "Materiality tier"), TIER_WORDS[tier]),
        (words("开发者", "Developer"), same(people.developer) if people.developer else words("未说明", "not stated")),
        (words("验证者", "Validator"), same(people.validator) if people.validator else words("未说明", "not stated")),
        (words("模型所有者", "Model owner"), same(people.owner) if people.owner else words("未说明", "not stated")),
    ]
    statements = [
        statement(
            f"依据 {GUIDANCE}（取代 SR 11-7 与 OCC 2011-12）：按重要性（敞口与用途）分级，验证独立于开发。",
            f"Written to {GUIDANCE}, which replaced SR 11-7 and OCC 2011-12: tiered by materiality (exposure and "
            "purpose), validated apart from development.",
        ),
        statement(
            "违约概率是模型；额度规则是确定性计算，不属于该指引所称模型，但一并验证（第11部分）。",
            "The default probability is a model. The limit rules are deterministic arithmetic and no model in the "
            "sense of that guidance; they are verified together with it all the same (part 11).",
        ),
    ]
    if not stated:
        statements.append(
            statement("敞口未说明，按最高等级处理。", "No exposure is stated: the highest tier is assumed.", "amber")
        )
    observations = []
    same_person = people.developer is not None and people.developer == people.validator
    if same_person or people.validator is None or people.developer is None:
        found = (
            words("开发者与验证者是同一人", "developer and validator are the same person")
            if same_person
            else words("未说明开发者或验证者", "developer or validator is not named")
        )
        statements.append(Statement(words=found, light="red" if same_person else "amber"))
        observations.append(
            Observation(
                code="independence",
                severity="high" if same_person else "low",
                section=1,
                words=words("验证的独立性未得到证明", "Independence of the validation is not shown"),
                evidence=found,
                control=words(
                    "登记与上线须由另一人批准", "registration and promotion need the approval of another person"
                ),
            )
        )
    section = Section(
        number=1,
        code="scope",
        words=words("范围、版本与重要性", "Scope, versions and materiality"),
        light="red" if same_person else "amber" if observations or not stated else "green",
        statements=tuple(statements),
        tables=(
            table(
                "subject",
                ("验证对象", "What was validated"),
                [("item", "项目", "Item", "words"), ("value", "内容", "Value", "words")],
                rows,
            ),
        ),
        charts=(),
    )
    return Part(section, observations=tuple(observations))


def use(measured: Measured) -> Part:
    """Section 2."""
    bundle = measured.bundle
    allowed = words(
        "为有记录的企业计算违约概率与等级，供额度规则和授信人员使用；结果须连同解释一起给出。",
        "Probability of default and grade of enterprises with records, for the limit rules and for loan officers; "
        "always given with its explanation.",
    )
    prohibited = [
        *(bundle.card.get("prohibited_use") or []),
        {
            "zh": "不得用于与训练样本不同的客群、地区或产品，除非重新验证。",
            "en": "Not for another population, region or product than that of the training sample without validating "
            "it again.",
        },
    ]
    limits = list(bundle.card.get("limits_of_use") or [])
    statements = [Statement(words=allowed)]
    few = whole(measured.policy, "fewest_defaults")
    defaults = int(measured.evidence.development.outcome.sum())
    if defaults < few:
        limits.append(
            {
                "zh": f"开发样本仅 {defaults} 个违约（少于 {few}）：一切区间都宽。",
                "en": f"The development sample has only {defaults} defaults, fewer than {few}: intervals are wide.",
            }
        )
    if bundle.caution:
        statements.insert(0, statement(bundle.caution["zh"], bundle.caution["en"], "amber"))
    column = [("text", "内容", "Text", "words")]
    section = Section(
        number=2,
        code="use",
        words=words("用途与禁止用途", "Use and prohibited use"),
        light="amber" if bundle.caution else "green",
        statements=tuple(statements),
        tables=(
            table(
                "prohibited",
                ("禁止用途", "Prohibited use"),
                column,  # type: ignore[arg-type]
                [(words(each["zh"], each["en"]),) for each in _once(prohibited)],
            ),
            table(
                "limits_of_use",
                ("使用限制", "Limits of use"),
                column,  # type: ignore[arg-type]
                [(words(each["zh"], each["en"]),) for each in _once(limits)],
            ),
        ),
        charts=(),
    )
    return Part(section)


def _once(entries: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({each["en"]: each for each in entries}.values())
