"""Relation (关联关系): one tie between the enterprise and another party.

Occurs on the day it began; its end is a new version. `party_id` is an enterprise id, or for people, phones, addresses
and devices a digest: the same thing gives the same digest, and no personal data is stored. Null `until_on`: still in
force as far as known. Fields: DOMAIN.md 1.5 (groups, guarantee rings) and 2.1 (related sales).
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind, spellings
from models.records.shared_fields import ENTERPRISE_ID

RELATION = RecordKind(
    name="relation",
    zh="关联关系",
    en="relation",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "relation",
            "choice",
            "关系类型",
            "relation type",
            ("关联类型", "关联关系", "relation_type"),
            choices=spellings(
                shareholder="股东|投资人",
                subsidiary="子公司|对外投资|控股子公司",
                controller="实际控制人|最终受益人|ubo",
                representative="法定代表人|法人",
                director="董事|监事|高管|董监高",
                guarantor="担保人|保证人|被担保",
                guarantees="对外担保|为其担保",
                family="亲属|家庭成员",
                phone="电话|相同电话",
                address="地址|相同地址",
                device="相同设备|设备指纹",
                account="相同账户",
            ),
            example="股东",
        ),
        Field("party_id", "text", "关联方代号", "party id", ("关联方", "关联方编号", "party"), example="P-5f1c2d"),
        Field("party_is_person", "flag", "关联方是否自然人", "party is a person", ("自然人标志",), False, example="是"),
        Field(
            "began_on",
            "date",
            "关系起始日期",
            "began on",
            ("起始日期", "生效日期", "relation_from"),
            example="2016-05-18",
        ),
        Field(
            "until_on",
            "date",
            "关系终止日期",
            "until",
            ("终止日期", "失效日期", "relation_to"),
            False,
            planned=True,
            example="",
        ),
        Field(
            "share",
            "number",
            "持股比例",
            "share",
            ("出资比例", "股权比例"),
            False,
            minimum=0,
            maximum=1,
            note="A fraction; shareholders and subsidiaries only.",
            example="0.35",
        ),
        Field(
            "amount_fen",
            "money",
            "担保金额",
            "guaranteed amount",
            ("担保余额", "guarantee_amount"),
            False,
            minimum=0,
            example="",
        ),
    ),
    natural_key=("enterprise_id", "relation", "party_id", "began_on"),
    occurred="began_on",
    checks=(
        Check(
            "relation_until", "until_on >= began_on", "终止早于起始", "ended before it began", ("until_on", "began_on")
        ),
        Check(
            "relation_self",
            "party_id <> enterprise_id",
            "关联方与企业相同",
            "a relation with itself",
            ("party_id", "enterprise_id"),
        ),
    ),
)
