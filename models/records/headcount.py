"""Headcount (人员月报): the people of the enterprise at the end of one month, from payroll and social insurance.

Occurs on the month's last day. People are counted, never named. Null: not reported. Fields: DOMAIN.md 4 (能力流,
key-inventor churn), 6 (talent, team).
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind
from models.records.shared_fields import ENTERPRISE_ID

HEADCOUNT = RecordKind(
    name="headcount",
    zh="人员月报",
    en="headcount",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "month_end",
            "date",
            "月末日期",
            "month end",
            ("统计月份", "人员统计日期", "headcount_date"),
            example="2024-03-31",
        ),
        Field("staff", "integer", "员工人数", "staff", ("在职人数", "员工总数", "employees"), minimum=0, example="86"),
        Field(
            "rd_staff",
            "integer",
            "研发人员数",
            "R&D staff",
            ("研发人数", "rd_employees"),
            False,
            minimum=0,
            example="24",
        ),
        Field(
            "insured_staff",
            "integer",
            "社保参保人数",
            "socially insured staff",
            ("参保人数", "社保人数"),
            False,
            minimum=0,
            example="84",
        ),
        Field("joined", "integer", "当月入职人数", "joined in the month", ("入职人数",), False, minimum=0, example="2"),
        Field("departed", "integer", "当月离职人数", "left in the month", ("离职人数",), False, minimum=0, example="1"),
        Field("key_people", "integer", "核心人员数", "key people", ("核心团队人数",), False, minimum=0, example="5"),
        Field(
            "key_people_departed",
            "integer",
            "核心人员离职数",
            "key people who left",
            ("核心人员流失数",),
            False,
            minimum=0,
            note="In the month.",
            example="0",
        ),
        Field(
            "masters", "integer", "硕士及以上人数", "masters and above", ("硕博人数",), False, minimum=0, example="11"
        ),
        Field(
            "talents",
            "integer",
            "人才称号人数",
            "people with talent titles",
            ("高层次人才数",),
            False,
            minimum=0,
            example="1",
        ),
        Field(
            "wages_fen",
            "money",
            "应付工资总额",
            "wages due",
            ("工资总额", "当月工资"),
            False,
            minimum=0,
            example="1120000.00",
        ),
        Field(
            "wages_paid_fen",
            "money",
            "实发工资总额",
            "wages paid",
            ("实发工资",),
            False,
            minimum=0,
            example="1120000.00",
        ),
        Field(
            "social_insurance_fen",
            "money",
            "社保缴费额",
            "social insurance paid",
            ("社保缴纳金额",),
            False,
            minimum=0,
            example="231000.00",
        ),
        Field(
            "social_insurance_arrears_fen",
            "money",
            "社保欠费额",
            "social insurance arrears",
            ("欠缴社保",),
            False,
            minimum=0,
            example="0.00",
        ),
    ),
    natural_key=("enterprise_id", "month_end"),
    occurred="month_end",
    checks=(
        Check(
            "headcount_rd", "rd_staff <= staff", "研发人员多于员工", "more R&D staff than staff", ("rd_staff", "staff")
        ),
        Check(
            "headcount_month",
            "month_end = last_day(month_end)",
            "不是月末日期",
            "not the last day of a month",
            ("month_end",),
        ),
    ),
)
