"""Pool asset (资产池资产): one asset in, or offered to, the enterprise's asset pool (善融资产池).

Occurs on `valued_on`, the day of its value; a revaluation, release or pledge is a new version. `register_no` is unique
for the asset wherever it is counted, so that none is used twice. Null flags: not yet examined. Fields: DOMAIN.md 5
and 10.
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind, spellings
from models.records.shared_fields import CURRENCY, ENTERPRISE_ID

POOL_ASSET = RecordKind(
    name="pool_asset",
    zh="资产池资产",
    en="pool asset",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "register_no",
            "text",
            "资产登记编号",
            "asset register number",
            ("票据号码", "存单号", "仓单号", "register_id"),
            example="131058400001820240301",
        ),
        Field(
            "asset_class",
            "choice",
            "资产类别",
            "asset class",
            ("入池资产类别", "资产种类"),
            choices=spellings(
                deposit="存款|存单|定期存单|大额存单|结构性存款",
                margin="保证金|保证金存款",
                government_bond="国债|地方政府债|政府债券",
                bank_bill="银行承兑汇票|银承|银票",
                commercial_bill="商业承兑汇票|商承|商票",
                letter_of_credit="信用证|信用证项下应收",
                receivable="应收账款|国内应收账款",
                export_receivable="出口应收账款|出口应收",
                warehouse_receipt="仓单|标准仓单",
                bill_of_lading="提单",
                wealth_product="理财|理财产品|基金",
                ip_right="知识产权|专利",
                data_asset="数据资产",
            ),
            example="银承",
        ),
        Field(
            "issuer_id",
            "text",
            "出票人或承兑人代号",
            "issuer id",
            ("承兑人", "发行人", "issuer"),
            False,
            example="91330000761336668H",
        ),
        Field(
            "issuer_type",
            "choice",
            "发行人类型",
            "issuer type",
            ("承兑人类型",),
            False,
            choices=spellings(
                sovereign="中央政府|财政部",
                local_government="地方政府",
                own_bank="本行",
                state_bank="国有银行|国有大行|政策性银行",
                joint_stock_bank="股份制银行|股份行",
                city_bank="城商行|城市商业银行",
                rural_bank="农商行|农村商业银行|村镇银行",
                corporate="企业|公司",
                foreign="境外",
            ),
            example="股份制银行",
        ),
        Field("group_id", "text", "发行人集团代号", "issuer group id", ("发行人所属集团",), False, example=""),
        Field(
            "face_fen",
            "money",
            "资产面值",
            "face amount",
            ("票面金额", "票据金额", "face_value"),
            minimum=0,
            example="3000000.00",
        ),
        Field(
            "value_fen",
            "money",
            "评估价值",
            "value",
            ("资产价值", "估值", "market_value"),
            minimum=0,
            note="In CNY at the day of value.",
            example="2970000.00",
        ),
        Field(
            "valued_on", "date", "估值日期", "valued on", ("评估日期", "价值日期", "value_date"), example="2024-03-31"
        ),
        Field(
            "entered_on",
            "date",
            "入池日期",
            "entered the pool on",
            ("入池日",),
            False,
            note="Null: offered, not yet in the pool.",
            example="2024-03-05",
        ),
        Field("released_on", "date", "出池日期", "released on", ("出池日",), False, example=""),
        Field(
            "matures_on",
            "date",
            "资产到期日",
            "matures on",
            ("到期日", "票据到期日", "maturity_date"),
            False,
            planned=True,
            example="2024-08-28",
        ),
        CURRENCY,
        Field(
            "pledged_elsewhere", "flag", "是否已质押他行", "pledged elsewhere", ("他行质押标志",), False, example="否"
        ),
        Field("confirmed", "flag", "是否确权", "confirmed by debtor", ("确权标志", "is_confirmed"), False, example=""),
        Field("insured", "flag", "是否投保", "insured", ("信用保险标志", "is_insured"), False, example=""),
        Field(
            "endorsement_complete", "flag", "背书是否连续", "endorsements complete", ("背书连续",), False, example="是"
        ),
        Field("redeemable", "flag", "是否可赎回", "redeemable", ("可赎回标志",), False, example=""),
        Field(
            "overdue_issuer",
            "flag",
            "是否逾期名单承兑人",
            "issuer on the overdue list",
            ("持续逾期名单",),
            False,
            example="否",
        ),
        Field("goods_code", "text", "货物品类", "goods", ("商品编码", "货物名称"), False, example=""),
        Field("quantity", "number", "货物数量", "quantity", ("数量", "qty"), False, minimum=0, example=""),
        Field("custodian", "text", "保管方", "custodian", ("仓储方", "监管方"), False, example=""),
    ),
    natural_key=("enterprise_id", "register_no"),
    occurred="valued_on",
    checks=(
        Check(
            "pool_asset_released",
            "released_on >= entered_on",
            "出池日期早于入池日期",
            "released before it entered",
            ("released_on", "entered_on"),
        ),
    ),
)
