"""Qualification (企业资质): one title the enterprise or one of its people holds, with issue and expiry.

Occurs on the day it was issued; withdrawal is a new version. Fields: DOMAIN.md 4 (evidence with issue and expiry,
never more than an uplift): 高新技术企业 3 years, 科技型中小企业 yearly, 专精特新 and 小巨人 3 years, 单项冠军, talent.
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind, spellings
from models.records.shared_fields import ENTERPRISE_ID

QUALIFICATION = RecordKind(
    name="qualification",
    zh="企业资质",
    en="qualification",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "title",
            "choice",
            "资质名称",
            "qualification title",
            ("资质类型", "称号", "qualification"),
            choices=spellings(
                high_tech="高新技术企业|高新|国家高新技术企业|high-tech enterprise",
                tech_sme="科技型中小企业",
                innovative_sme="创新型中小企业",
                specialised="专精特新|专精特新中小企业|srdi",
                little_giant="小巨人|专精特新小巨人|专精特新“小巨人”企业|little giant",
                champion="单项冠军|制造业单项冠军",
                gazelle="瞪羚|瞪羚企业",
                unicorn="独角兽|独角兽企业",
                talent="人才|人才称号|高层次人才",
                iso="iso|iso9001|质量管理体系认证",
                dcmm="dcmm|数据管理能力成熟度",
                licence="许可证|经营许可|生产许可证",
                other="其他",
            ),
            example="高新技术企业",
        ),
        Field(
            "certificate_no",
            "text",
            "资质证书编号",
            "qualification certificate number",
            ("证书编号", "批文号"),
            example="GR202344201234",
        ),
        Field(
            "level",
            "choice",
            "资质级别",
            "level",
            ("级别",),
            False,
            choices=spellings(national="国家级|国家", provincial="省级|省", city="市级|市", district="区级|区县级"),
            example="国家级",
        ),
        Field(
            "holder_id",
            "text",
            "持有人代号",
            "holder id",
            ("人才代号",),
            False,
            note="Pseudonymous id of the person, for titles of people.",
            example="",
        ),
        Field(
            "issued_on", "date", "发证日期", "issued on", ("认定日期", "颁发日期", "issue_date"), example="2023-12-12"
        ),
        Field(
            "expires_on",
            "date",
            "有效期至",
            "expires on",
            ("到期日", "expiry_date"),
            False,
            planned=True,
            example="2026-12-11",
        ),
        Field("revoked_on", "date", "撤销日期", "revoked on", ("取消资格日期",), False, example=""),
    ),
    natural_key=("enterprise_id", "title", "certificate_no"),
    occurred="issued_on",
    checks=(
        Check(
            "qualification_expires",
            "expires_on > issued_on",
            "有效期不晚于发证日期",
            "expires before it was issued",
            ("expires_on", "issued_on"),
        ),
        Check(
            "qualification_revoked",
            "revoked_on >= issued_on",
            "撤销日期早于发证日期",
            "revoked before it was issued",
            ("revoked_on", "issued_on"),
        ),
    ),
)
