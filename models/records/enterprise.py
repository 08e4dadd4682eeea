"""Enterprise (企业): who it is, by the business register and the bank's own file, as true on one day.

Occurs on `stated_on`, the day the particulars were true; a file without that day takes the day the bank learned it.
A later extract is a new version of the same enterprise. Null: not stated, never "no". Fields: DOMAIN.md 10; codes by
GB 32100-2015 (credit code), GB/T 4754-2017 (industry), GB/T 2260 (region), 工信部联企业〔2011〕300号 (size).
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind, spellings
from models.records.uscc import valid_uscc_sql

ENTERPRISE = RecordKind(
    name="enterprise",
    zh="企业",
    en="enterprise",
    meaning=__doc__ or "",
    fields=(
        Field(
            "enterprise_id",
            "text",
            "企业代号",
            "enterprise id",
            ("企业编号", "客户编号", "客户号", "company_id", "customer_no"),
            filled_from="uscc",
            note="The bank's key; a file that has only the 统一社会信用代码 takes that.",
            example="914403001922038216",
        ),
        Field(
            "uscc",
            "text",
            "统一社会信用代码",
            "unified social credit code",
            ("社会信用代码", "信用代码", "纳税人识别号", "统一信用代码", "credit_code", "taxpayer_no"),
            required=False,
            note="18 characters with a check character; validated where present.",
            example="914403001922038216",
        ),
        Field(
            "name",
            "text",
            "企业名称",
            "enterprise name",
            ("公司名称", "客户名称", "纳税人名称", "单位名称", "company_name", "enterprise_name"),
            note="A digest of it where names may not be stored.",
            example="示例精密科技有限公司",
        ),
        Field(
            "stated_on",
            "date",
            "信息日期",
            "stated on",
            ("数据日期", "登记信息日期", "更新日期", "extract_date"),
            filled_from="known_at",
            example="2024-03-31",
        ),
        Field(
            "founded_on",
            "date",
            "成立日期",
            "founded on",
            ("注册日期", "成立时间", "founded"),
            False,
            example="2016-05-18",
        ),
        Field(
            "industry_code",
            "text",
            "行业代码",
            "industry code",
            ("国民经济行业代码", "行业分类代码", "industry"),
            False,
            note="GB/T 4754-2017: a section letter and up to four digits (C3484), or the digits alone.",
            example="C3484",
        ),
        Field(
            "size_class",
            "choice",
            "企业规模",
            "size class",
            ("企业类型规模", "划型", "规模", "size"),
            False,
            choices=spellings(
                micro="微型|微型企业", small="小型|小型企业", medium="中型|中型企业", large="大型|大型企业"
            ),
            example="小型",
        ),
        Field(
            "region",
            "text",
            "地区",
            "region",
            ("所在地区", "行政区划代码", "注册地区", "region_code"),
            False,
            example="440305",
        ),
        Field("park", "text", "园区", "park", ("所在园区", "产业园区", "industrial_park"), False, example="南山智园"),
        Field(
            "group_id", "text", "集团代号", "group id", ("所属集团", "集团客户编号", "group"), False, example="GRP0001"
        ),
        Field(
            "registered_capital_fen",
            "money",
            "注册资本",
            "registered capital",
            ("注册资金", "registered_capital"),
            False,
            minimum=0,
            example="10000000.00",
        ),
        Field(
            "paid_in_capital_fen",
            "money",
            "实缴资本",
            "paid-in capital",
            ("实收资本", "paid_in_capital"),
            False,
            minimum=0,
            example="6000000.00",
        ),
        Field(
            "register_status",
            "choice",
            "登记状态",
            "register status",
            ("经营状态", "企业状态", "company_status"),
            False,
            choices=spellings(
                active="存续|在业|开业|正常|存续（在营、开业、在册）|存续(在营、开业、在册)",
                moved="迁出|迁入",
                suspended="停业|歇业",
                revoked="吊销|吊销，未注销|吊销,未注销",
                cancelled="注销|已注销",
                liquidating="清算",
            ),
            example="存续",
        ),
        Field("listed", "flag", "是否上市", "listed", ("上市标志", "is_listed"), False, example="否"),
        Field(
            "representative_changed_on",
            "date",
            "法定代表人变更日期",
            "legal representative changed on",
            ("法人变更日期", "representative_change_date"),
            False,
            example="2019-08-01",
        ),
        Field(
            "policy_sector",
            "text",
            "战略性新兴产业代码",
            "policy sector",
            ("新兴产业代码", "政策行业", "strategic_sector"),
            False,
            note="战略性新兴产业分类 (2018) code of the main product.",
            example="2.1.3",
        ),
    ),
    natural_key=("enterprise_id",),
    occurred="stated_on",
    checks=(
        Check(
            "enterprise_uscc",
            valid_uscc_sql("uscc"),
            "统一社会信用代码校验位或字符不符合 GB 32100-2015",
            "the unified social credit code fails GB 32100-2015 (length, characters or check character)",
            ("uscc",),
        ),
        Check(
            "enterprise_founded",
            "founded_on <= stated_on",
            "成立日期晚于信息日期",
            "founded after the day it was stated",
            ("founded_on", "stated_on"),
        ),
        Check(
            "enterprise_industry",
            "regexp_full_match(industry_code, '[A-T]?[0-9]{2,4}|[A-T]')",
            "行业代码不是 GB/T 4754 代码",
            "the industry code is not one of GB/T 4754",
            ("industry_code",),
        ),
    ),
)
