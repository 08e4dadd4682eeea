"""How good a data asset is: six scores of GB/T 36344-2018, management level, refresh, scarcity."""

from __future__ import annotations

from models.records.kind import Field, spellings


def _quality(name: str, zh: str, en: str, example: str) -> Field:
    return Field(
        f"quality_{name}",
        "number",
        f"{zh}得分",
        f"{en} score",
        (zh, f"q_{name}"),
        False,
        minimum=0,
        maximum=1,
        note="GB/T 36344, 0 to 1.",
        example=example,
    )


QUALITY_FIELDS: tuple[Field, ...] = (
    _quality("conformity", "规范性", "conformity", "0.92"),
    _quality("completeness", "完整性", "completeness", "0.95"),
    _quality("accuracy", "准确性", "accuracy", "0.9"),
    _quality("consistency", "一致性", "consistency", "0.88"),
    _quality("timeliness", "时效性", "timeliness", "0.97"),
    _quality("accessibility", "可访问性", "accessibility", "0.93"),
    Field(
        "quality_assessed_by",
        "choice",
        "质量评价方",
        "quality assessed by",
        ("质量评估机构类型",),
        False,
        choices=spellings(third_party="第三方|第三方机构", registry="登记机构|交易所", enterprise="自评|企业自评"),
        example="第三方",
    ),
    Field(
        "quality_assessed_on",
        "date",
        "质量评价日期",
        "quality assessed on",
        ("质量评估日期",),
        False,
        example="2024-01-15",
    ),
    Field(
        "dcmm_level",
        "integer",
        "DCMM等级",
        "DCMM level",
        ("数据管理能力成熟度等级", "dcmm"),
        False,
        minimum=1,
        maximum=5,
        example="3",
    ),
    Field("records", "integer", "数据记录数", "records", ("数据量", "记录条数"), False, minimum=0, example="180000000"),
    Field(
        "refreshed_on",
        "date",
        "最近更新日期",
        "refreshed on",
        ("数据更新日期", "refresh_date"),
        False,
        example="2024-03-29",
    ),
    Field(
        "refresh_days",
        "integer",
        "更新周期天数",
        "refresh every days",
        ("更新频率天数",),
        False,
        minimum=0,
        maximum=3650,
        note="Days between two refreshes; 0: continuous.",
        example="1",
    ),
    Field(
        "depends_on_enterprise",
        "flag",
        "是否依赖企业持续更新",
        "needs the enterprise to refresh it",
        ("依赖持续更新",),
        False,
        example="是",
    ),
    Field(
        "scarcity",
        "number",
        "稀缺性",
        "scarcity",
        ("稀缺性得分",),
        False,
        minimum=0,
        maximum=1,
        note="0: anyone can have it; 1: nobody else can.",
        example="0.6",
    ),
    Field(
        "application_scenes",
        "integer",
        "应用场景数",
        "application scenes",
        ("场景数",),
        False,
        minimum=0,
        maximum=1000,
        example="4",
    ),
)
