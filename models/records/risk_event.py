"""Risk event (风险事件): one adverse public or internal event: a lawsuit, a list, a freeze, a tax irregularity.

Occurs on the day it happened; settlement is a new version with `resolved_on`. Null amount: no amount stated. `level`
is the source's own colour where it has one. Fields: DOMAIN.md 2.2 (warning triggers) and 10.
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind, spellings
from models.records.shared_fields import ENTERPRISE_ID

RISK_EVENT = RecordKind(
    name="risk_event",
    zh="风险事件",
    en="risk event",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "event_no",
            "text",
            "事件编号",
            "event number",
            ("案号", "风险事件编号", "event_id"),
            example="(2024)粤0305民初1234号",
        ),
        Field(
            "event",
            "choice",
            "事件类型",
            "event type",
            ("风险类型", "风险事件类型"),
            choices=spellings(
                lawsuit="诉讼|涉诉|被起诉|民事诉讼",
                judgment_debtor="被执行人|执行案件",
                dishonest_debtor="失信被执行人|失信",
                consumption_limit="限制高消费|限高",
                asset_freeze="资产冻结|财产保全|司法冻结",
                equity_freeze="股权冻结",
                tax_abnormal="税务非正常|非正常户|税务非正常户",
                tax_arrears="欠税|欠税公告",
                operation_abnormal="经营异常|经营异常名录",
                serious_violation="严重违法|严重违法失信名单",
                administrative_penalty="行政处罚",
                environmental_penalty="环保处罚",
                bill_overdue="票据逾期|商票逾期|票据持续逾期",
                duplicate_pledge="重复质押|虚假质押",
                account_redirected="回款账户变更|改变回款账户",
                founder_unreachable="实控人失联|失联",
                labour_dispute="劳动争议|欠薪",
                bankruptcy="破产|破产申请|破产重整",
                negative_news="负面舆情|负面新闻",
                other="其他",
            ),
            example="诉讼",
        ),
        Field(
            "happened_on",
            "date",
            "事件日期",
            "happened on",
            ("发生日期", "立案日期", "event_date"),
            example="2024-01-22",
        ),
        Field(
            "level",
            "choice",
            "风险等级",
            "risk level",
            ("预警级别",),
            False,
            choices=spellings(yellow="黄|黄色|低", orange="橙|橙色|中", red="红|红色|高"),
            example="黄色",
        ),
        Field(
            "amount_fen",
            "money",
            "涉及金额",
            "amount involved",
            ("涉案金额", "标的额", "event_amount"),
            False,
            minimum=0,
            example="180000.00",
        ),
        Field(
            "role",
            "choice",
            "涉案身份",
            "role in the case",
            ("诉讼地位",),
            False,
            choices=spellings(
                defendant="被告|被执行人|被申请人", plaintiff="原告|申请人|申请执行人", third_party="第三人"
            ),
            example="被告",
        ),
        Field("source", "text", "来源", "source", ("信息来源",), False, example="中国裁判文书网"),
        Field(
            "resolved_on",
            "date",
            "解除日期",
            "resolved on",
            ("结案日期", "移出日期", "resolve_date"),
            False,
            example="",
        ),
    ),
    natural_key=("enterprise_id", "event", "event_no"),
    occurred="happened_on",
    checks=(
        Check(
            "risk_event_resolved",
            "resolved_on >= happened_on",
            "解除日期早于事件日期",
            "resolved before it happened",
            ("resolved_on", "happened_on"),
        ),
    ),
)
