"""Why a row is not accepted: one reason per kind of defect, in the two languages of the quarantine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reason:
    """A defect: a stable code, and the sentence a person reads."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Problem:
    """One defect found in some rows. `columns`: positions in the sheet that it speaks about, for the value shown."""

    reason: Reason
    rows: npt.NDArray[np.int64]
    field: str
    columns: tuple[int, ...]
    expected: str = ""


EMPTY = Reason("empty", "必填项为空", "a required value is empty")
NOT_MONEY = Reason("not_an_amount", "不是金额", "not an amount of money")
NOT_FINITE = Reason("not_finite", "金额或数值不是有限数", "not a finite number")
TOO_LARGE = Reason("too_large", "金额超出可用范围", "the amount is beyond any usable range")
BELOW_FEN = Reason("below_one_fen", "金额有小于一分的部分", "the amount has parts smaller than one fen")
NOT_NUMBER = Reason("not_a_number", "不是数值", "not a number")
NOT_WHOLE = Reason("not_whole", "不是整数", "not a whole number")
TOO_SMALL = Reason("below_minimum", "小于允许的最小值", "below the smallest allowed value")
TOO_BIG = Reason("above_maximum", "大于允许的最大值", "above the largest allowed value")
NOT_DATE = Reason("not_a_date", "不是可识别的日期", "not a date that can be read")
NO_SUCH_DAY = Reason("no_such_day", "不存在或不可能的日期", "no such day, or an impossible one")
IN_FUTURE = Reason(
    "not_yet_known", "日期晚于入库时间", "the date is later than the day on which the bank learned the row"
)
KNOWN_IN_FUTURE = Reason("known_in_future", "入库时间晚于导入或接收的时刻", "learned later than this import or request")
NOT_CHOICE = Reason("not_a_choice", "不在允许的取值中", "not one of the accepted values")
NOT_FLAG = Reason("not_yes_or_no", "不是“是/否”", "neither yes nor no")
TOO_LONG = Reason("too_long", "文本过长", "the text is too long")
NOT_TEXT = Reason("not_text", "类型不是文本", "this type of value cannot be a text")
DIGITS_LOST = Reason(
    "digits_lost", "编号被存成了数字，末位已丢失", "a code was stored as a number and has lost its last digits"
)
INVISIBLE = Reason("invisible_character", "含有不可见字符", "a character of it cannot be seen")
NOT_ORIGIN = Reason("not_an_origin", "数据来源不是一个短词", "where the row comes from is not one short word")
UNKNOWN_FIELD = Reason("unknown_field", "没有这个字段", "no such field: it is unknown for this kind")
WRONG_JSON_TYPE = Reason("wrong_json_type", "JSON类型不对", "the JSON value is of another type than the field")
RAGGED = Reason("ragged_row", "单元格数与表头不一致", "more or fewer cells than the header has")
NEITHER_SIDE = Reason(
    "neither_side", "企业既不是购方也不是销方", "the enterprise is neither the seller nor the buyer of the row"
)
