"""Machine day (设备日报): what one device reported about one day.

Occurs on that day. Null hours: the device did not report them; 0: it reported that it stood still. A device that is
not connected has no rows at all, which is not bad. Fields: DOMAIN.md 9; trust in the order device certificate and
gateway signature, platform interface, uploaded file.
"""

from __future__ import annotations

from models.records.kind import Check, Field, RecordKind, spellings
from models.records.shared_fields import ENTERPRISE_ID

MACHINE_DAY = RecordKind(
    name="machine_day",
    zh="设备日报",
    en="machine day",
    meaning=__doc__ or "",
    fields=(
        ENTERPRISE_ID,
        Field(
            "device_id",
            "text",
            "设备编号",
            "device id",
            ("设备号", "机台号", "设备序列号", "device"),
            example="CNC-0042",
        ),
        Field("device_type", "text", "设备类型", "device type", ("机型",), False, example="立式加工中心"),
        Field(
            "reported_day",
            "date",
            "采集日期",
            "reported day",
            ("日期", "统计日期", "day", "date"),
            example="2024-03-28",
        ),
        Field(
            "run_hours",
            "number",
            "运行小时",
            "run hours",
            ("运行时长", "开机小时", "run_h"),
            False,
            minimum=0,
            maximum=25,
            example="16.5",
        ),
        Field(
            "scheduled_hours",
            "number",
            "计划小时",
            "scheduled hours",
            ("计划运行时长", "scheduled_h"),
            False,
            minimum=0,
            maximum=25,
            example="20",
        ),
        Field(
            "night_hours",
            "number",
            "夜间运行小时",
            "night hours",
            ("夜班小时",),
            False,
            minimum=0,
            maximum=25,
            note="Of the run hours, 22:00 to 06:00.",
            example="5",
        ),
        Field(
            "output_units", "number", "产量", "output units", ("产出数量", "output"), False, minimum=0, example="310"
        ),
        Field("good_units", "number", "合格品数量", "good units", ("合格数",), False, minimum=0, example="306"),
        Field(
            "unit_price_fen",
            "money",
            "单价",
            "unit price",
            ("产品单价", "unit_price"),
            False,
            minimum=0,
            example="85.00",
        ),
        Field("kwh", "number", "用电量", "electricity kWh", ("电量", "耗电量"), False, minimum=0, example="214.7"),
        Field(
            "heartbeats_received",
            "integer",
            "实收心跳数",
            "heartbeats received",
            ("收到心跳数", "heartbeat"),
            False,
            minimum=0,
            example="1431",
        ),
        Field(
            "heartbeats_expected",
            "integer",
            "应收心跳数",
            "heartbeats expected",
            ("应到心跳数",),
            False,
            minimum=0,
            example="1440",
        ),
        Field(
            "signature_valid", "flag", "签名是否有效", "signature valid", ("签名校验", "sig_ok"), False, example="是"
        ),
        Field(
            "trust",
            "choice",
            "可信级别",
            "trust level",
            ("数据可信级别", "来源级别"),
            False,
            choices=spellings(
                device="设备证书|网关签名|device certificate",
                platform="平台接口|平台|platform api",
                file="文件上传|文件|file upload",
            ),
            example="设备证书",
        ),
        Field(
            "duplicate_device", "flag", "设备号是否重复", "duplicate device id", ("重复设备标志",), False, example="否"
        ),
        Field("clock_jump", "flag", "时钟是否跳变", "clock jump", ("时钟异常标志",), False, example="否"),
        Field("constant_values", "flag", "数值是否恒定", "constant values", ("恒值标志",), False, example="否"),
        Field("outside_fence", "flag", "是否离开围栏", "outside the geofence", ("电子围栏告警",), False, example="否"),
    ),
    natural_key=("enterprise_id", "device_id", "reported_day"),
    occurred="reported_day",
    checks=(
        Check(
            "machine_hours",
            "night_hours <= run_hours",
            "夜间运行小时大于运行小时",
            "more night hours than run hours",
            ("night_hours", "run_hours"),
        ),
        Check(
            "machine_good",
            "good_units <= output_units",
            "合格品多于产量",
            "more good units than output",
            ("good_units", "output_units"),
        ),
    ),
)
