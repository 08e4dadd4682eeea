"""IP right (知识产权): one patent, utility model, design, software copyright, trademark or other registered right.

Occurs on the day it was filed (registered, where nothing is filed). Legal status, fees, citations, licences, pledges
and transfers are the latest known and arrive as new versions: a right bought yesterday is learned yesterday. Counts are
to date. Null count: nobody searched; 0: searched and none found. Fields: DOMAIN.md 4 and GB/T 42748-2023 (legal,
technical, economic). Terms from filing: invention 20 years, utility 10, design 15.
"""

from __future__ import annotations

from models.records.ip_right.economic import ECONOMIC_FIELDS
from models.records.ip_right.legal import LEGAL_FIELDS
from models.records.ip_right.technical import TECHNICAL_FIELDS
from models.records.kind import Check, RecordKind

IP_RIGHT = RecordKind(
    name="ip_right",
    zh="知识产权",
    en="IP right",
    meaning=__doc__ or "",
    fields=(*LEGAL_FIELDS, *TECHNICAL_FIELDS, *ECONOMIC_FIELDS),
    natural_key=("enterprise_id", "right_no", "ip_type"),
    occurred="filed_on",
    checks=(
        Check(
            "ip_right_granted",
            "granted_on >= filed_on",
            "授权日早于申请日",
            "granted before it was filed",
            ("granted_on", "filed_on"),
        ),
        Check(
            "ip_right_expires",
            "expires_on > filed_on",
            "届满日不晚于申请日",
            "expires on or before the day it was filed",
            ("expires_on", "filed_on"),
        ),
        Check(
            "ip_right_claims",
            "independent_claims <= claims",
            "独立权利要求多于权利要求",
            "more independent claims than claims",
            ("independent_claims", "claims"),
        ),
        Check(
            "ip_right_self",
            "self_citations <= forward_citations",
            "自引次数多于被引次数",
            "more self citations than citations",
            ("self_citations", "forward_citations"),
        ),
        Check(
            "ip_right_inventors",
            "inventors_left <= inventors",
            "离职发明人多于发明人",
            "more inventors left than there are",
            ("inventors_left", "inventors"),
        ),
        Check(
            "ip_right_licence",
            "licences > 0 OR licence_income_12m_fen = 0",
            "无许可却有许可收入",
            "licence income without a licence",
            ("licences", "licence_income_12m_fen"),
        ),
    ),
)
