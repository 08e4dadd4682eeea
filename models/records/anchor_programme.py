"""Core-enterprise programme (核心企业供应链项目): one enterprise's place in the programme of one core enterprise.

Occurs on the day the enterprise joined. Limits, use, payables and the anchor's payment behaviour are the latest known
values and arrive as new versions. Null: the anchor does not report it. Fields: DOMAIN.md 1.4 and 10.
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind, spellings
from models.records.shared_fields import ENTERPRISE_ID

ANCHOR_PROGRAMME = RecordKind(
    name="anchor_programme",
    zh="核心企业项目",
    en="core-enterprise programme",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "anchor_id",
            "text",
            "核心企业代号",
            "anchor id",
            ("核心企业", "核心企业编号", "anchor"),
            example="91440300192317458F",
        ),
        Field(
            "programme_no",
            "text",
            "项目编号",
            "programme number",
            ("供应链项目编号", "programme_id"),
            example="SCF-BYD-01",
        ),
        Field(
            "joined_on", "date", "加入日期", "joined on", ("准入日期", "入链日期", "join_date"), example="2021-06-01"
        ),
        Field("left_on", "date", "退出日期", "left on", ("退链日期", "leave_date"), False, example=""),
        Field(
            "role",
            "choice",
            "链上角色",
            "role in the chain",
            ("角色", "chain_role"),
            choices=spellings(supplier="供应商|上游|上游供应商", distributor="经销商|下游|下游经销商"),
            example="供应商",
        ),
        Field(
            "tier", "integer", "层级", "tier", ("供应商层级", "chain_tier"), False, minimum=1, maximum=9, example="1"
        ),
        Field("anchor_rating", "text", "核心企业评级", "anchor rating", ("核心企业信用等级",), False, example="AAA"),
        Field(
            "programme_limit_fen",
            "money",
            "项目总额度",
            "programme limit",
            ("核心企业额度", "program_limit"),
            False,
            minimum=0,
            example="500000000.00",
        ),
        Field(
            "programme_used_fen",
            "money",
            "项目已用额度",
            "programme used",
            ("核心企业已用额度", "program_used"),
            False,
            minimum=0,
            example="230000000.00",
        ),
        Field(
            "sublimit_fen",
            "money",
            "子额度",
            "sublimit",
            ("单户额度", "supplier_limit"),
            False,
            minimum=0,
            note="Of this enterprise in the programme.",
            example="8000000.00",
        ),
        Field(
            "contract_days",
            "integer",
            "合同账期",
            "contract days",
            ("合同账期天数", "约定账期"),
            False,
            minimum=0,
            maximum=1095,
            example="60",
        ),
        Field(
            "delay_p75_days",
            "number",
            "付款延迟天数P75",
            "anchor delay p75",
            ("付款延迟", "pay_delay_p75"),
            False,
            note="Days late of the anchor towards all its suppliers, 75th percentile of 12 months.",
            example="4",
        ),
        Field(
            "payables_fen",
            "money",
            "应付该企业余额",
            "payable to the enterprise",
            ("对该企业应付账款", "anchor_payables"),
            False,
            minimum=0,
            example="3150000.00",
        ),
        Field(
            "recommended",
            "flag",
            "是否推荐",
            "recommended by anchor",
            ("核心企业推荐", "is_recommended"),
            False,
            example="是",
        ),
        Field("rights_confirmed", "flag", "是否配合确权", "confirms claims", ("确权配合",), False, example="是"),
        Field(
            "collection_account_id",
            "text",
            "回款专户账号",
            "collection account",
            ("锁定回款账户",),
            False,
            example="ACC-7001",
        ),
    ),
    natural_key=("enterprise_id", "anchor_id", "programme_no"),
    occurred="joined_on",
    checks=(
        Check(
            "anchor_left",
            "left_on >= joined_on",
            "退出日期早于加入日期",
            "left before it joined",
            ("left_on", "joined_on"),
        ),
        Check(
            "anchor_self",
            "anchor_id <> enterprise_id",
            "核心企业与企业相同",
            "the anchor is the enterprise itself",
            ("anchor_id", "enterprise_id"),
        ),
    ),
)
