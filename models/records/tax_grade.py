"""Tax credit grade (纳税信用等级): the tax office's yearly grade of a taxpayer, A, B, M (new), C or D.

Occurs on the day it was published, normally in April of the following year; a re-assessment is a new version. Fields:
DOMAIN.md 1.2; grades by 纳税信用管理办法.
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind, spellings
from models.records.shared_fields import ENTERPRISE_ID

TAX_GRADE = RecordKind(
    name="tax_grade",
    zh="纳税信用等级",
    en="tax grade",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "year",
            "integer",
            "评价年度",
            "assessed year",
            ("纳税信用年度", "评价年份", "tax_year"),
            minimum=2014,
            maximum=2100,
            example="2023",
        ),
        Field(
            "grade",
            "choice",
            "纳税信用级别",
            "tax credit grade",
            ("纳税信用等级", "纳税等级", "tax_grade"),
            choices=spellings(A="A级", B="B级", M="M级", C="C级", D="D级"),
            example="A级",
        ),
        Field(
            "published_on",
            "date",
            "公布日期",
            "published on",
            ("评价日期", "发布日期", "publish_date"),
            example="2024-04-25",
        ),
        Field(
            "score",
            "number",
            "评价得分",
            "assessment score",
            ("纳税信用得分",),
            False,
            minimum=0,
            maximum=100,
            example="93",
        ),
        Field(
            "taxpayer_status",
            "choice",
            "纳税人状态",
            "taxpayer status",
            ("税务登记状态",),
            False,
            choices=spellings(normal="正常", abnormal="非正常|非正常户", suspended="停业", cancelled="注销"),
            example="正常",
        ),
    ),
    natural_key=("enterprise_id", "year"),
    occurred="published_on",
    checks=(
        Check(
            "tax_grade_year",
            'year(published_on) >= "year"',
            "公布日期早于评价年度",
            "published before the assessed year",
            ("published_on", "year"),
        ),
    ),
)
