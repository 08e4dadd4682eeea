"""People and qualifications: does the team stay, is it paid, and which titles stand (DOMAIN 4, 6).

A title stands while it is neither past its last day nor revoked by as_of. One more title, or a longer one, never counts
against the enterprise.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import LOWERS_RISK, RAISES_RISK, Feature, ratio

NAME = "people_and_qualifications"
TECHNOLOGY_TITLES = ("high_tech", "tech_sme", "innovative_sme", "specialised", "little_giant", "champion")

HEADCOUNTS = Rollup(
    name="headcounts",
    kinds=("headcount",),
    sql="""
    SELECT e, max(month) AS latest, max(month) FILTER (month_end <= {ago_12} AND month_end > {ago_15}) AS earlier,
        count(*) FILTER (month_end > {ago_12} AND social_insurance_fen > 0
            AND coalesce(social_insurance_arrears_fen, 0) = 0) AS insured_months,
        sum(wages_paid_fen) FILTER (month_end > {ago_3} AND wages_fen IS NOT NULL) AS wages_paid,
        sum(wages_fen) FILTER (month_end > {ago_3} AND wages_paid_fen IS NOT NULL) AS wages,
        sum(key_people_departed) FILTER (month_end > {ago_12}) AS key_gone
    FROM (
        SELECT *, struct_pack(on_day := month_end, staff := staff, rd := rd_staff, key_people := key_people) AS month
        FROM {headcount}
    ) GROUP BY e
    """,
)
TITLES = Rollup(
    name="titles",
    kinds=("qualification",),
    sql=f"""
    SELECT e, coalesce(bool_or(title = 'high_tech' AND valid), false)::INT AS high_tech,
        coalesce(bool_or(title = 'specialised' AND valid), false)::INT AS specialised,
        coalesce(bool_or(title = 'little_giant' AND valid), false)::INT AS little_giant,
        max(expires_on - {{as_of}}) FILTER (valid AND title IN {TECHNOLOGY_TITLES}) AS days_left,
        count(*) FILTER (valid AND title = 'talent') AS talents
    FROM (
        SELECT *, (expires_on IS NULL OR expires_on >= {{as_of}})
            AND (revoked_on IS NULL OR revoked_on > {{as_of}}) AS valid
        FROM {{qualification}}
    ) GROUP BY e
    """,
)

_entry = partial(Feature, family=NAME, needs=(), source="DOMAIN 4, 6")
_NO_TITLE = "0 when titles are on record but none such stands; null when no title was ever reported"


def _title(name: str, zh: str, en: str) -> Feature:
    return _entry(
        name=f"{name}_valid",
        unit="count",
        window=None,
        direction=LOWERS_RISK,
        zh=f"{zh}资质是否有效",
        en=f"{en} title stands",
        reason_zh=f"{zh}资质无效或已到期",
        reason_en=f"no {en} title stands",
        definition=f"1 when a {en} title stands at as_of, else 0",
        empty=_NO_TITLE,
        expression=f"titles.{name}",
    )


FEATURES: tuple[Feature, ...] = (
    _entry(
        name="staff_growth_12m",
        unit="fraction",
        window=12,
        direction=LOWERS_RISK,
        zh="近12个月员工人数增速",
        en="headcount growth over 12 months",
        reason_zh="员工人数下降",
        reason_en="the headcount has fallen",
        definition="staff of the latest month / staff of the last month reported 12 to 15 months before as_of - 1",
        empty="null when there is no such earlier month or its staff is 0",
        expression=f"{ratio('headcounts.latest.staff', 'headcounts.earlier.staff')} - 1",
    ),
    _entry(
        name="rd_staff_share",
        unit="fraction",
        window=None,
        direction=LOWERS_RISK,
        zh="研发人员占比",
        en="share of R&D staff",
        reason_zh="研发人员占比低",
        reason_en="few of its people do R&D",
        definition="R&D staff / staff of the latest month",
        empty="null when the month does not state R&D staff, or staff is 0",
        expression=ratio("headcounts.latest.rd", "headcounts.latest.staff"),
    ),
    _entry(
        name="social_insurance_months_12m",
        unit="months",
        window=12,
        direction=LOWERS_RISK,
        zh="近12个月正常缴纳社保月数",
        en="months of social insurance paid in the last 12",
        reason_zh="社保缴纳不连续",
        reason_en="social insurance was not paid every month",
        definition="months of the window with social insurance paid and no arrears",
        empty="0 when months were reported but none of the window was paid; null when no month was ever reported",
        expression="headcounts.insured_months",
    ),
    _entry(
        name="wages_paid_share_3m",
        unit="fraction",
        window=3,
        direction=LOWERS_RISK,
        zh="近3个月工资实发比例",
        en="share of wages paid over 3 months",
        reason_zh="工资未足额发放",
        reason_en="wages were not paid in full",
        source="analyst: unpaid wages come before unpaid loans",
        definition="wages paid / wages due over months of the window that state both",
        empty="null when wages due are 0 or not stated",
        expression=ratio("headcounts.wages_paid", "headcounts.wages"),
    ),
    _entry(
        name="key_people_left_share_12m",
        unit="fraction",
        window=12,
        direction=RAISES_RISK,
        zh="近12个月核心人员流失率",
        en="share of key people who left in 12 months",
        reason_zh="核心人员流失",
        reason_en="key people have left",
        definition="key people who left in the window / they and the key people of the latest month",
        empty="null when neither is positive or the latest month does not state them",
        expression=ratio("headcounts.key_gone", "(headcounts.key_gone + headcounts.latest.key_people)"),
    ),
    _title("high_tech", "高新技术企业", "high-tech enterprise"),
    _title("specialised", "专精特新", "specialised enterprise"),
    _title("little_giant", "小巨人", "little giant"),
    _entry(
        name="title_days_left",
        unit="days",
        window=None,
        direction=LOWERS_RISK,
        zh="科技资质剩余天数",
        en="days left of its technology title",
        reason_zh="科技资质即将到期",
        reason_en="its technology title runs out soon",
        definition=(
            "days from as_of to the latest last day of a standing technology title: high-tech, technology SME, "
            "innovative SME, specialised, little giant, single champion"
        ),
        empty="null when none with a last day stands",
        expression="titles.days_left",
    ),
    _entry(
        name="talent_titles_valid",
        unit="count",
        window=None,
        direction=LOWERS_RISK,
        zh="有效人才称号数",
        en="standing talent titles",
        reason_zh="缺少人才称号",
        reason_en="no people with talent titles",
        definition="talent titles of its people that stand at as_of",
        empty=_NO_TITLE,
        expression="titles.talents",
    ),
)

PEOPLE_AND_QUALIFICATIONS = Family(name=NAME, rollups=(HEADCOUNTS, TITLES), features=FEATURES)
