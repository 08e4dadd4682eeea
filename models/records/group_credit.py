"""Group credit (集团客户授信): what the bank's group-credit system says of the group that an enterprise belongs to.

Occurs on the day of the statement; a newer statement is a new version. `exposure_fen` is what the *other* members owe
this bank (loans, acceptances, guarantees issued), the enterprise itself left out; null: the group is named, its
exposure is not known. Fields: DOMAIN.md 1.5; the bank keeps it by 集团客户授信业务风险管理指引 and
大额风险暴露管理办法.
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind
from models.records.shared_fields import ENTERPRISE_ID

GROUP_CREDIT = RecordKind(
    name="group_credit",
    zh="集团客户授信",
    en="group credit",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "group_id",
            "text",
            "集团客户代号",
            "credit group id",
            ("集团授信编号", "credit_group_id", "关联客户组编号"),
            example="GRP0001",
        ),
        Field(
            "stated_on",
            "date",
            "集团敞口日期",
            "group exposure stated on",
            ("集团数据日期", "敞口统计日期", "exposure_date"),
            example="2024-03-31",
        ),
        Field(
            "exposure_fen",
            "money",
            "集团其他成员敞口",
            "exposure of the other members",
            ("其他成员授信敞口", "其他成员在本行敞口", "others_exposure"),
            False,
            minimum=0,
            note="At this bank; the enterprise itself is left out.",
            example="12000000.00",
        ),
        Field(
            "members",
            "integer",
            "集团成员数",
            "members of the group",
            ("集团成员户数", "member_count"),
            False,
            minimum=1,
            maximum=100_000,
            example="4",
        ),
        Field("left_on", "date", "退出集团日期", "left the group on", ("退出日期", "group_left_on"), False, example=""),
    ),
    natural_key=("enterprise_id", "group_id"),
    occurred="stated_on",
    checks=(
        Check(
            "group_credit_left",
            "left_on <= stated_on",
            "退出集团日期晚于敞口日期",
            "left the group after the day of the statement",
            ("left_on", "stated_on"),
        ),
    ),
)
