"""Expert opinion (专家意见): one dated, signed judgement of an enterprise on three dimensions.

Occurs on the day it was given. Scores run from 1 (weak) to 5 (strong); null: no judgement on that dimension. The
content stays where it was signed; `signature_sha256` is the digest of the signed document. A changed mind is a new
opinion, a correction of a typing error a new version. Fields: DOMAIN.md 0 (fits policy, forward-looking technology,
clear path to commercial use).
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind
from models.records.shared_fields import ENTERPRISE_ID

EXPERT_OPINION = RecordKind(
    name="expert_opinion",
    zh="专家意见",
    en="expert opinion",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "opinion_no", "text", "意见编号", "opinion number", ("专家意见编号", "opinion_id"), example="EXP-2024-031"
        ),
        Field(
            "expert_id",
            "text",
            "专家代号",
            "expert id",
            ("专家编号", "评审专家", "expert"),
            note="Pseudonymous.",
            example="X017",
        ),
        Field(
            "given_on", "date", "评审日期", "given on", ("意见日期", "出具日期", "opinion_date"), example="2024-02-20"
        ),
        Field(
            "chain_position",
            "integer",
            "产业链地位",
            "chain position",
            ("产业链地位得分",),
            False,
            minimum=1,
            maximum=5,
            example="4",
        ),
        Field(
            "technology_foresight",
            "integer",
            "技术前瞻性",
            "technology foresight",
            ("技术前瞻性得分",),
            False,
            minimum=1,
            maximum=5,
            example="5",
        ),
        Field(
            "commercial_progress",
            "integer",
            "商业化进展",
            "commercial progress",
            ("商业化进展得分",),
            False,
            minimum=1,
            maximum=5,
            example="3",
        ),
        Field(
            "readiness_level",
            "integer",
            "技术成熟度",
            "technology readiness level",
            ("trl",),
            False,
            minimum=1,
            maximum=9,
            example="7",
        ),
        Field(
            "valid_until",
            "date",
            "意见有效期至",
            "opinion valid until",
            ("有效期至",),
            False,
            planned=True,
            example="2025-02-19",
        ),
        Field(
            "independent",
            "flag",
            "是否独立",
            "independent",
            ("独立性声明",),
            False,
            note="No interest in the enterprise declared.",
            example="是",
        ),
        Field(
            "signature_sha256",
            "text",
            "签名摘要",
            "signature digest",
            ("签署文件摘要", "signature"),
            example="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ),
    ),
    natural_key=("enterprise_id", "opinion_no"),
    occurred="given_on",
    checks=(
        Check(
            "opinion_digest",
            "regexp_full_match(signature_sha256, '[0-9a-f]{64}')",
            "签名摘要不是64位十六进制",
            "the signature digest is not 64 lower-case hexadecimal digits",
            ("signature_sha256",),
        ),
        Check(
            "opinion_empty",
            "coalesce(chain_position, technology_foresight, commercial_progress) IS NOT NULL",
            "三个维度均无评分",
            "no judgement on any dimension",
            ("chain_position", "technology_foresight", "commercial_progress"),
        ),
        Check(
            "opinion_valid",
            "valid_until >= given_on",
            "意见有效期早于评审日期",
            "valid until before it was given",
            ("valid_until", "given_on"),
        ),
    ),
)
