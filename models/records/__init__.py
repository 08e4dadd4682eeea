"""The record kinds that the bank can hold: one contract per file, and `KINDS`, the registry of them all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from models.records.anchor_programme import ANCHOR_PROGRAMME
from models.records.bank_loan import BANK_LOAN
from models.records.bureau_report import BUREAU_REPORT
from models.records.credit_line import CREDIT_LINE
from models.records.data_asset import DATA_ASSET
from models.records.enterprise import ENTERPRISE
from models.records.expert_opinion import EXPERT_OPINION
from models.records.financial_statement import FINANCIAL_STATEMENT
from models.records.funding_round import FUNDING_ROUND
from models.records.group_credit import GROUP_CREDIT
from models.records.headcount import HEADCOUNT
from models.records.invoice import INVOICE
from models.records.ip_right import IP_RIGHT
from models.records.kind import RecordKind
from models.records.loan_repayment import LOAN_REPAYMENT
from models.records.machine_day import MACHINE_DAY
from models.records.payment import PAYMENT
from models.records.pool_asset import POOL_ASSET
from models.records.qualification import QUALIFICATION
from models.records.receivable import RECEIVABLE
from models.records.relation import RELATION
from models.records.risk_event import RISK_EVENT
from models.records.tax_grade import TAX_GRADE
from models.records.tax_return import TAX_RETURN
from models.records.trade_order import TRADE_ORDER

KINDS: Mapping[str, RecordKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            ENTERPRISE,
            INVOICE,
            TRADE_ORDER,
            PAYMENT,
            RECEIVABLE,
            ANCHOR_PROGRAMME,
            BANK_LOAN,
            LOAN_REPAYMENT,
            CREDIT_LINE,
            GROUP_CREDIT,
            TAX_RETURN,
            TAX_GRADE,
            IP_RIGHT,
            DATA_ASSET,
            MACHINE_DAY,
            POOL_ASSET,
            QUALIFICATION,
            FUNDING_ROUND,
            HEADCOUNT,
            EXPERT_OPINION,
            FINANCIAL_STATEMENT,
            RELATION,
            RISK_EVENT,
            BUREAU_REPORT,
        )
    }
)
"""Every kind by its name, in the order in which people read them."""

__all__ = ["KINDS", "RecordKind"]
