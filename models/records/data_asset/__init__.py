"""Data asset (数据资产): one registered or used data set or data product, its rights, source, quality and earnings.

Occurs on `registered_on`, the day of the certificate, or for an unregistered asset the day it was first stated. All
else is the latest known and arrives as new versions. Quality scores run from 0 to 1. Null flag: nobody examined it,
which a knock-out rule must treat as open, not as lawful. Fields: DOMAIN.md 3; quality by GB/T 36344-2018, management
level by DCMM (GB/T 36073-2018), book value by 财会〔2023〕11号, appraisal by 中评协〔2023〕17号.
"""

from __future__ import annotations

from models.records.data_asset.earnings import EARNINGS_FIELDS
from models.records.data_asset.quality import QUALITY_FIELDS
from models.records.data_asset.rights import RIGHTS_FIELDS
from models.records.kind import Check, RecordKind

DATA_ASSET = RecordKind(
    name="data_asset",
    zh="数据资产",
    en="data asset",
    meaning=__doc__ or "",
    fields=(*RIGHTS_FIELDS, *QUALITY_FIELDS, *EARNINGS_FIELDS),
    natural_key=("enterprise_id", "asset_no"),
    occurred="registered_on",
    checks=(
        Check(
            "data_asset_expires",
            "certificate_expires_on > registered_on",
            "证书有效期不晚于登记日期",
            "the certificate expires before it was issued",
            ("certificate_expires_on", "registered_on"),
        ),
        Check(
            "data_asset_contracts",
            "contracts > 0 OR revenue_12m_fen = 0",
            "无合同却有数据收入",
            "data revenue without a contract",
            ("contracts", "revenue_12m_fen"),
        ),
        Check(
            "data_asset_appraised",
            "appraised_fen IS NULL OR appraised_on IS NOT NULL",
            "有评估值而无评估日",
            "an appraised value without its day",
            ("appraised_fen", "appraised_on"),
        ),
    ),
)
