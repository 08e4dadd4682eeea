"""Which features a model may see. What leaks is refused with its reason, whatever it is called."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from models.errors import AssetlightError
from models.features import Feature, FeatureUnknown

_RATINGS = frozenset({"rating", "credit_rating", "信誉评级", "信用评级", "评级", "grade", "信用等级"})
_CODES = frozenset(
    {"enterprise_id", "enterprise_code", "企业代号", "企业编号", "company_id", "code", "uscc", "企业名称"}
)


class FeatureWouldLeak(AssetlightError):
    """A column asked for as a feature already knows the answer."""


class NoFeatures(AssetlightError):
    """Nothing is left to learn from."""


def choose_features(
    catalogue: Sequence[Feature], wanted: Sequence[str] = (), without: Sequence[str] = ()
) -> tuple[Feature, ...]:
    """The features to train on, in catalogue order.

    By default every feature whose direction of risk the catalogue knows beforehand. With a few dozen defaults a
    direction is prior knowledge that the sample cannot buy, and a feature without one can fit noise either way.
    Raises FeatureWouldLeak, FeatureUnknown, NoFeatures.
    """
    for name in (*wanted, *without):
        _check_name(name, [entry.name for entry in catalogue])
    chosen = tuple(
        entry
        for entry in catalogue
        if (entry.name in wanted if wanted else entry.direction) and entry.name not in without
    )
    if not chosen:
        raise NoFeatures("no feature is left to train on", advice="Ask for fewer --without, or name --features")
    return chosen


def split_names(text: str) -> tuple[str, ...]:
    """Names from an option such as `a,b`."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def refuse_leaking_name(name: str) -> None:
    """Refuse what knows the answer by its name: a rating, an enterprise code. Raises FeatureWouldLeak."""
    plain = name.strip().casefold().replace(" ", "_")
    if plain in _RATINGS:
        raise FeatureWouldLeak(
            "a rating is refused as a feature: it is the bank's own verdict on the same enterprise, so a model that "
            "sees it repeats the verdict instead of the evidence",
            found=name,
            field="features",
        )
    if plain in _CODES:
        raise FeatureWouldLeak(
            "an enterprise code is refused as a feature: codes can be handed out in order of size (in the contest data "
            "they are ordered by turnover), so the code leaks what it says nothing about",
            found=name,
            field="features",
        )


def _check_name(name: str, known: Sequence[str]) -> None:
    if name in known:
        return
    refuse_leaking_name(name)
    near = get_close_matches(name, known, n=3)
    raise FeatureUnknown(
        f"there is no feature {name}",
        expected=f"perhaps {', '.join(near)}" if near else f"one of {', '.join(known)}",
        found=name,
        field="features",
    )
