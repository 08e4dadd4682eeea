"""Credit line (授信额度): what this bank has committed itself to lend, drawn or not, from its line system.

Occurs on the day it was approved. It is committed from then on; it can be drawn from `drawn_from` on (null: not yet),
through `ends_on` (null: no end is known), or until `closed_on`. A frozen line stays committed whatever its end, since
what was drawn under it may still be owed. Lines that were approved here are added by the service itself, under the id
of their application. Fields: DOMAIN.md 1.5; 商业银行大额风险暴露管理办法 (undrawn commitments are exposure).
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind
from models.records.shared_fields import ENTERPRISE_ID

CREDIT_LINE = RecordKind(
    name="credit_line",
    zh="授信额度",
    en="credit line",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "line_no",
            "text",
            "额度编号",
            "line number",
            ("授信额度编号", "额度合同号", "line_id"),
            example="LINE20240301001",
        ),
        Field(
            "granted_on",
            "date",
            "额度批复日期",
            "line granted on",
            ("批复日期", "line_approved_on"),
            example="2024-03-01",
        ),
        Field(
            "amount_fen",
            "money",
            "批复额度",
            "line amount",
            ("额度金额", "批复金额", "approved_line"),
            minimum=0,
            note="The whole line, drawn or not.",
            example="5000000.00",
        ),
        Field(
            "drawn_from",
            "date",
            "额度生效日期",
            "line can be drawn from",
            ("额度起始日", "line_starts_on"),
            False,
            note="Of a line that replaced another: from when that one could be drawn.",
            example="2024-03-05",
        ),
        Field(
            "ends_on",
            "date",
            "额度到期日",
            "line ends on",
            ("额度到期日期", "line_expires_on"),
            False,
            planned=True,
            note="The last day on which it is committed.",
            example="2025-03-04",
        ),
        Field("frozen", "flag", "额度是否冻结", "line frozen", ("额度冻结标志", "is_line_frozen"), False, example="否"),
        Field(
            "replaces",
            "text",
            "被替换额度编号",
            "replaces line",
            ("原额度编号", "replaced_line"),
            False,
            note="Of the two, the larger counts until the other is closed.",
            example="",
        ),
        Field(
            "closed_on", "date", "额度终止日期", "line closed on", ("额度关闭日期", "line_closed"), False, example=""
        ),
    ),
    natural_key=("enterprise_id", "line_no"),
    occurred="granted_on",
    checks=(
        Check(
            "credit_line_end",
            "ends_on >= granted_on",
            "额度到期日早于批复日期",
            "the line ends before it was granted",
            ("ends_on", "granted_on"),
        ),
        Check(
            "credit_line_closed",
            "closed_on >= granted_on",
            "额度终止日期早于批复日期",
            "the line was closed before it was granted",
            ("closed_on", "granted_on"),
        ),
    ),
    prudence="amount_fen NULLS FIRST",
)
