"""Expert opinion: what signed judgements say of the enterprise, how much they differ, how old they are (DOMAIN 0).

Of each expert the last opinion given by as_of speaks, unless it is past its last day; experts weigh the same.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import LOWERS_RISK, NO_DIRECTION, RAISES_RISK, Feature, ratio

NAME = "expert_opinion"
_DIMENSIONS = ("chain_position", "technology_foresight", "commercial_progress")
_SPEAKS = "(o.until IS NULL OR o.until >= {as_of})"

OPINIONS = Rollup(
    name="opinions",
    kinds=("expert_opinion",),
    sql=f"""
    SELECT e, count(*) FILTER ({_SPEAKS}) AS n, max(o.on_day) FILTER ({_SPEAKS}) AS last, {
        ", ".join(
            f"sum(o.{name}) FILTER ({_SPEAKS}) AS {name}, count(o.{name}) FILTER ({_SPEAKS}) AS {name}_n, "
            f"max(o.{name}) FILTER ({_SPEAKS}) - min(o.{name}) FILTER ({_SPEAKS}) AS {name}_range"
            for name in _DIMENSIONS
        )
    }
    FROM (
        SELECT e, expert_id, max(struct_pack(on_day := given_on, number := opinion_no, until := valid_until, {
        ", ".join(f"{name} := {name}" for name in _DIMENSIONS)
    })) AS o
        FROM {{expert_opinion}} GROUP BY e, expert_id
    ) GROUP BY e
    """,
)

_entry = partial(Feature, family=NAME, needs=(), window=None, source="DOMAIN 0")


def _mean(dimension: str, zh: str, en: str) -> Feature:
    return _entry(
        name=f"expert_{dimension}",
        unit="score",
        direction=LOWERS_RISK,
        zh=f"专家评{zh}均分",
        en=f"experts' mean score of {en}",
        reason_zh=f"专家认为{zh}偏弱",
        reason_en=f"experts see weak {en}",
        definition=f"mean score (1 to 5) of {en} over the standing last opinions of the experts",
        empty="null when none of them judges it",
        expression=ratio(f"opinions.{dimension}", f"opinions.{dimension}_n"),
    )


FEATURES: tuple[Feature, ...] = (
    _mean("chain_position", "产业链地位", "chain position"),
    _mean("technology_foresight", "技术前瞻性", "technology foresight"),
    _mean("commercial_progress", "商业化进展", "commercial progress"),
    _entry(
        name="expert_dispersion",
        unit="score",
        direction=NO_DIRECTION,
        zh="专家意见最大分歧",
        en="widest difference between experts",
        reason_zh="专家意见分歧大",
        reason_en="experts disagree",
        definition="largest of highest - lowest score of a dimension, standing last opinions; 0 with one expert",
        empty="null when no opinion stands",
        expression=f"greatest({', '.join(f'opinions.{name}_range' for name in _DIMENSIONS)})",
    ),
    _entry(
        name="days_since_expert_opinion",
        unit="days",
        direction=RAISES_RISK,
        zh="距最近有效专家意见天数",
        en="days since the last standing expert opinion",
        reason_zh="专家意见陈旧",
        reason_en="expert opinions are old",
        definition="days from the youngest standing opinion to as_of",
        empty="null when no opinion stands",
        expression="{as_of} - opinions.last",
    ),
)

EXPERT_OPINION = Family(name=NAME, rollups=(OPINIONS,), features=FEATURES)
