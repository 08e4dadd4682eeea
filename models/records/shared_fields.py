"""Fields that many kinds have: whose row it is, which currency it was agreed in, who stands on the other side."""

from __future__ import annotations

from models.records.kind import Check, Field, spellings
from models.records.uscc import valid_uscc_sql

ENTERPRISE_ID = Field(
    "enterprise_id",
    "text",
    "企业代号",
    "enterprise id",
    ("企业编号", "客户编号", "客户号", "统一社会信用代码", "company_id", "customer_no", "uscc"),
    note="The bank's key of the enterprise: usually its 18-character 统一社会信用代码, in other data any code (E124).",
    example="914403001922038216",
)

# What is written like the unified social credit code of a registered business: department 9 with a category, a region
# (GB/T 2260; 10 is the state's own register), 18 characters in all.
_CODE_LIKE = (
    "regexp_full_match(upper(enterprise_id), "
    "'9[1239](10|1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])[0-9]{4}[0-9A-Z]{10}')"
)
ENTERPRISE_CODE = Check(
    "enterprise_code",
    f"NOT {_CODE_LIKE} OR {valid_uscc_sql('upper(enterprise_id)')}",
    "企业代号形如统一社会信用代码，但校验位或字符不符合 GB 32100-2015",
    "the enterprise id is written like a unified social credit code, but fails GB 32100-2015 (characters or check "
    "character)",
    ("enterprise_id",),
)

CURRENCIES = spellings(
    CNY="人民币|元|rmb|人民币元|cnh|156",
    USD="美元|us$|840",
    EUR="欧元|978",
    HKD="港币|港元|344",
    JPY="日元|392",
    GBP="英镑|826",
    AUD="澳元|澳大利亚元|036",
    CAD="加元|加拿大元|124",
    CHF="瑞士法郎|756",
    SGD="新加坡元|新元|702",
    KRW="韩元|韩国元|410",
    THB="泰铢|764",
    MYR="林吉特|马来西亚林吉特|458",
    RUB="卢布|俄罗斯卢布|643",
    VND="越南盾|704",
    IDR="印尼盾|印尼卢比|360",
    INR="印度卢比|356",
    AED="阿联酋迪拉姆|784",
    SAR="沙特里亚尔|682",
    MXN="墨西哥比索|484",
    BRL="巴西雷亚尔|986",
    ZAR="南非兰特|710",
    TWD="新台币|901",
    MOP="澳门元|澳门币|446",
    NZD="新西兰元|554",
)

CURRENCY = Field(
    "currency",
    "choice",
    "币种",
    "currency",
    ("货币", "币别", "ccy", "currency_code"),
    required=False,
    choices=CURRENCIES,
    note="ISO 4217 code of the contract. Amounts are its value in CNY all the same; null means CNY.",
    example="CNY",
)

COUNTERPARTY_TYPES = spellings(
    government="政府|机关|政府机关",
    public_body="事业单位|公共机构",
    large="大型|大型企业|核心企业|anchor",
    sme="中小|中小企业|中小微企业|small",
    foreign="境外|境外企业|overseas",
    person="个人|自然人|individual",
)
