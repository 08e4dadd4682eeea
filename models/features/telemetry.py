"""Telemetry: whether the machines run, make what is invoiced, and can be believed (DOMAIN 9).

One pass over the machine days: rows -> machine -> enterprise. Hours, units and kWh are summed in whole thousandths.
OEE needs an ideal rate that nobody reports: its availability and quality parts stand alone.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import LOWERS_RISK, NO_DIRECTION, RAISES_RISK, Feature, ratio
from models.features.whole_parts import whole

NAME = "telemetry"
_PARTS = 1_000
_RUN, _PLANNED, _NIGHT = (whole(name, _PARTS) for name in ("run_hours", "scheduled_hours", "night_hours"))
_OUT, _GOOD, _KWH = (whole(name, _PARTS) for name in ("output_units", "good_units", "kwh"))
_SUMS = {
    "run_30": "sum(run) FILTER (back < 30)",
    "days_30": "count(run) FILTER (back < 30)",
    "run_90": "sum(run) FILTER (back < 90)",
    "days_90": "count(run) FILTER (back < 90)",
    "planned_run": "sum(run) FILTER (back < 90 AND planned > 0)",
    "planned": "sum(planned) FILTER (back < 90 AND planned > 0 AND run IS NOT NULL)",
    "good": "sum(good) FILTER (back < 90 AND made IS NOT NULL)",
    "judged": "sum(made) FILTER (back < 90 AND good IS NOT NULL)",
    "worth": "sum(made::HUGEINT * unit_price_fen) FILTER (reported_day > {ago_3})",
    "kwh_30": "sum(power) FILTER (back < 30 AND made IS NOT NULL)",
    "made_30": "sum(made) FILTER (back < 30 AND power IS NOT NULL)",
    "kwh_90": "sum(power) FILTER (back < 90 AND made IS NOT NULL)",
    "made_90": "sum(made) FILTER (back < 90 AND power IS NOT NULL)",
    "night": "sum(night) FILTER (back < 90 AND run IS NOT NULL)",
    "night_run": "sum(run) FILTER (back < 90 AND night IS NOT NULL)",
    "beats": "sum(least(heartbeats_received, heartbeats_expected)) FILTER (back < 30 AND both_beats)",
    "beats_due": "sum(heartbeats_expected) FILTER (back < 30 AND both_beats)",
    "rows_90": "count(*) FILTER (back < 90)",
    "odd_90": "count(*) FILTER (back < 90 AND odd)",
    "signed_90": "count(*) FILTER (back < 90 AND signature_valid)",
}

MACHINES = Rollup(
    name="machines",
    kinds=("machine_day",),
    sql=f"""
    SELECT e, {", ".join(f"sum({name}) AS {name}" for name in _SUMS)},
        count(*) FILTER (run_30 > 0) AS active_30,
        bit_count(bit_or(seen_days)) - bit_count(bit_or(seen_days) & bit_or(run_days)) AS idle_30
    FROM (
        SELECT e, device_id, {", ".join(f"{sql} AS {name}" for name, sql in _SUMS.items())},
            bit_or(CASE WHEN back < 30 AND run IS NOT NULL THEN 1 << back ELSE 0 END) AS seen_days,
            bit_or(CASE WHEN back < 30 AND run > 0 THEN 1 << back ELSE 0 END) AS run_days
        FROM (
            SELECT e, device_id, reported_day, ({{as_of}} - reported_day)::INT AS back,
                {_RUN} AS run, {_PLANNED} AS planned, {_NIGHT} AS night, {_OUT} AS made, {_GOOD} AS good,
                {_KWH} AS power, unit_price_fen, heartbeats_received, heartbeats_expected, signature_valid,
                heartbeats_received IS NOT NULL AND heartbeats_expected IS NOT NULL AS both_beats,
                duplicate_device IS TRUE OR clock_jump IS TRUE OR constant_values IS TRUE OR outside_fence IS TRUE
                    OR coalesce(run_hours > 24, false) AS odd
            FROM {{machine_day}}
        ) GROUP BY e, device_id
    ) GROUP BY e
    """,
)

_entry = partial(Feature, family=NAME, needs=(), source="DOMAIN 9")
_DAY = 24 * _PARTS


def _used(days: int) -> str:
    return ratio(f"machines.run_{days}", f"(machines.days_{days} * {_DAY})")


def _drift(recent: str, recent_base: str, longer: str, longer_base: str) -> str:
    """SQL of (recent / its base) / (longer / its base) - 1; null unless all but the first are positive."""
    return (
        f"CASE WHEN {recent_base} > 0 AND {longer} > 0 THEN ({recent})::DOUBLE * ({longer_base})::DOUBLE / "
        f"(({recent_base})::DOUBLE * ({longer})::DOUBLE) - 1 END"
    )


def _utilisation(days: int) -> Feature:
    return _entry(
        name=f"machine_utilisation_{days}d",
        unit="fraction",
        window=None,
        window_days=days,
        direction=LOWERS_RISK,
        zh=f"近{days}天设备利用率",
        en=f"machine utilisation over {days} days",
        reason_zh=f"近{days}天设备利用率低",
        reason_en=f"machines ran little in the last {days} days",
        definition="run hours / 24 h of each machine day that reports run hours",
        empty="null when no machine day of the window reports run hours",
        expression=_used(days),
    )


FEATURES: tuple[Feature, ...] = (
    _utilisation(30),
    _utilisation(90),
    _entry(
        name="machine_availability_90d",
        unit="fraction",
        window=None,
        window_days=90,
        direction=LOWERS_RISK,
        zh="近90天设备可用率",
        en="machine availability over 90 days",
        reason_zh="设备开动达不到计划",
        reason_en="machines run less than planned",
        definition="run hours / scheduled hours over machine days that report both, scheduled ones positive",
        empty="null when no machine day of the window does",
        expression=ratio("machines.planned_run", "machines.planned"),
    ),
    _entry(
        name="machine_good_share_90d",
        unit="fraction",
        window=None,
        window_days=90,
        direction=LOWERS_RISK,
        zh="近90天产品合格率",
        en="share of good units over 90 days",
        reason_zh="产品合格率低",
        reason_en="few of its units are good",
        definition="good units / output units over machine days that report both",
        empty="null when their output is 0 or none reports both",
        expression=ratio("machines.good", "machines.judged"),
    ),
    _entry(
        name="machine_util_trend_30_90d",
        unit="fraction",
        window=None,
        window_days=90,
        direction=LOWERS_RISK,
        zh="设备利用率近30天对近90天变化",
        en="machine utilisation, 30 days against 90",
        reason_zh="设备利用率近期下降",
        reason_en="machine utilisation has fallen lately",
        definition="utilisation of 30 days / utilisation of 90 days - 1 (amber -30 %, red -60 %)",
        empty="null when no run hours were reported in 30 days, or none are positive in 90",
        expression=_drift("machines.run_30", "machines.days_30", "machines.run_90", "machines.days_90"),
    ),
    _entry(
        name="machine_output_to_sales_3m",
        unit="ratio",
        window=3,
        direction=NO_DIRECTION,
        zh="近3个月设备产值与开票销售之比",
        en="machine output value to invoiced sales over 3 months",
        reason_zh="设备产值与开票不符",
        reason_en="machine output does not match the invoices",
        definition="output units x unit price / net invoiced sales of the same window; 0.8 to 1.2 is normal",
        empty="null when no output is priced in the window, invoiced sales are not positive, or either feed is missing",
        expression=ratio("machines.worth", f"(s.net_0_3 * {_PARTS})"),
    ),
    _entry(
        name="machine_energy_drift_30_90d",
        unit="fraction",
        window=None,
        window_days=90,
        direction=NO_DIRECTION,
        zh="单位产量电耗近30天对近90天变化",
        en="energy per unit, 30 days against 90",
        reason_zh="单位电耗异常变化",
        reason_en="energy per unit has drifted",
        definition="kWh per unit of 30 days / kWh per unit of 90 days - 1, over machine days that report both",
        empty="null when output of 30 days or kWh of 90 days is 0 or not reported",
        expression=_drift("machines.kwh_30", "machines.made_30", "machines.kwh_90", "machines.made_90"),
    ),
    _entry(
        name="machine_idle_days_30d",
        unit="days",
        window=None,
        window_days=30,
        direction=RAISES_RISK,
        zh="近30天停机天数",
        en="idle days in the last 30",
        reason_zh="停机天数多",
        reason_en="many days on which no machine ran",
        definition="days of the window with reported run hours on which no machine ran",
        empty="0 when machines reported before but not in the window; null when no machine day was ever reported",
        expression="machines.idle_30",
    ),
    _entry(
        name="machine_night_share_90d",
        unit="fraction",
        window=None,
        window_days=90,
        direction=NO_DIRECTION,
        zh="近90天夜间运行占比",
        en="night share of run hours over 90 days",
        reason_zh="夜间运行占比异常",
        reason_en="unusual share of night running",
        definition="hours run from 22:00 to 06:00 / run hours, over machine days that report both",
        empty="null when these run hours are 0 or none reports both",
        expression=ratio("machines.night", "machines.night_run"),
    ),
    _entry(
        name="machines_active_30d",
        unit="count",
        window=None,
        window_days=30,
        direction=LOWERS_RISK,
        zh="近30天运行设备台数",
        en="machines that ran in the last 30 days",
        reason_zh="运行设备少",
        reason_en="few machines ran",
        definition="machines with run hours above 0 in the window",
        empty="0 when machines reported before but none ran; null when no machine day was ever reported",
        expression="machines.active_30",
    ),
    _entry(
        name="machine_heartbeat_coverage_30d",
        unit="fraction",
        window=None,
        window_days=30,
        direction=LOWERS_RISK,
        zh="近30天心跳覆盖率",
        en="heartbeat coverage over 30 days",
        reason_zh="设备数据中断多",
        reason_en="machine data has gaps",
        definition="heartbeats received, per machine day at most those expected / expected (0.95 or more is normal)",
        empty="null when no machine day of the window reports both",
        expression=ratio("machines.beats", "machines.beats_due"),
    ),
    _entry(
        name="machine_tamper_share_90d",
        unit="fraction",
        window=None,
        window_days=90,
        direction=RAISES_RISK,
        zh="近90天设备数据可疑占比",
        en="share of suspicious machine days over 90 days",
        reason_zh="设备数据疑似造假",
        reason_en="machine data look tampered with",
        definition=(
            "machine days with a duplicated device id, clock jump, constant values, geofence exit or more than 24 run "
            "hours / machine days"
        ),
        empty="null when no machine day lies in the window",
        expression=ratio("machines.odd_90", "machines.rows_90"),
    ),
    _entry(
        name="machine_signed_share_90d",
        unit="fraction",
        window=None,
        window_days=90,
        direction=LOWERS_RISK,
        zh="近90天签名有效占比",
        en="share of machine days with a valid signature over 90 days",
        reason_zh="设备数据签名无效多",
        reason_en="few machine days are validly signed",
        definition="machine days with a valid signature / machine days; not stated counts as not signed",
        empty="null when no machine day lies in the window",
        expression=ratio("machines.signed_90", "machines.rows_90"),
    ),
)

TELEMETRY = Family(name=NAME, rollups=(MACHINES,), features=FEATURES)
