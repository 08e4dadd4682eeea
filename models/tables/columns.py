"""Which header is which field: by names and aliases, never by position."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from models.errors import AssetlightError
from models.records.kind import Field, RecordKind
from models.sheets import COMPLETE, HeaderRank, HeaderRepeated

KNOWN_AT = Field(
    "known_at",
    "timestamp",
    "入库时间",
    "known at",
    ("收到时间", "获知时间", "received_at", "learned_at"),
    required=False,
)


COMPUTED = "superseded_at"  # of a file in the stored form: not read and not missed, the versions tell it
# Where a row comes from ("simulated", "contest"). Only under the stored name: 数据来源 means much else in bank files.
ORIGIN = Field("origin", "text", "assetlight.origin", "assetlight.origin", required=False)

# What a header may say in brackets behind an amount, besides yuan. Bank and statement exports come in 万元.
FEN_PER: Mapping[str, int] = {
    "分": 1,
    "fen": 1,
    "千元": 100_000,
    "万元": 1_000_000,
    "万": 1_000_000,
    "wan": 1_000_000,
    "百万元": 100_000_000,
    "亿元": 10_000_000_000,
}


class KindNotRecognised(AssetlightError):
    """The headers of a sheet are not those of any record kind."""


class KindAmbiguous(AssetlightError):
    """The headers of a sheet fit several record kinds equally well."""


class ColumnsMissing(AssetlightError):
    """A sheet lacks columns that its kind requires."""


@dataclass(frozen=True)
class ColumnMap:
    """Where each field of a kind stands in a sheet.

    `positions`: field -> column. `constants`: field -> one value for all rows. `seller`, `buyer`: the two columns of a
    kind with sides, when both are there. `missing`: required fields without a column. `ignored`: headers nobody asked.
    `fen_per`: money whose header says another unit than yuan -> fen per unit.
    """

    kind: RecordKind
    positions: Mapping[str, int]
    constants: Mapping[str, str] = field(default_factory=dict)
    fen_per: Mapping[str, int] = field(default_factory=dict)
    seller: int | None = None
    buyer: int | None = None
    missing: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def fit(self) -> tuple[int, int]:
        """How well the sheet fits, to compare kinds: fields found, and (negative) optional fields not found."""
        found = len(self.positions) + len(self.constants)
        return found, found - len(self.kind.fields)


@lru_cache(maxsize=16_384)
def normal(header: str) -> str:
    """A header without what varies: width, case, blanks, underscores, and the unit yuan in brackets."""
    plain = unicodedata.normalize("NFKC", header).casefold()
    plain = re.sub(r"\((元|人民币|yuan|cny|rmb)\)$", "", plain.strip())
    return re.sub(r"[\s_\-*:]+", "", plain)


def names_of(declared: Field) -> set[str]:
    """Every header that means the field, money in yuan; other units see `other_units`."""
    return {normal(word) for word in (declared.zh, declared.en, declared.key, *declared.aliases)}


def other_units(header: str) -> tuple[str, int]:
    """Header without the unit it ends in, and fen per unit: `注册资本（万元）`, or a stored column, `amount_fen`."""
    plain = unicodedata.normalize("NFKC", header).casefold().strip()
    if plain.endswith("_fen"):
        return normal(plain.removesuffix("_fen")), 1
    found = re.search(r"\((?:人民币|cny|rmb)?\s*([^()]+)\)$", plain)
    return (normal(plain[: found.start()]), FEN_PER.get(found[1], 0)) if found else ("", 0)


def map_columns(headers: Sequence[str], kind: RecordKind, constants: Mapping[str, str] | None = None) -> ColumnMap:
    """Lay the headers of a sheet under the fields of a kind. `constants`: values said on the command line."""
    given = dict(constants or {})
    index = {normal(header): position for position, header in reversed(list(enumerate(headers))) if header}
    positions: dict[str, int] = {}
    scaled = {other_units(header): position for position, header in reversed(list(enumerate(headers))) if header}
    fen_per: dict[str, int] = {}
    for declared in (*kind.fields, KNOWN_AT, ORIGIN):
        names = sorted(names_of(declared))
        at = next((index[name] for name in names if name in index), None)
        if at is None and declared.type == "money":
            at, fen_per[declared.name] = next(
                ((scaled[name, per], per) for name in names for per in FEN_PER.values() if (name, per) in scaled),
                (None, 0),
            )
        if at is not None and at not in positions.values():
            positions[declared.name] = at
    seller = buyer = None
    if kind.sides is not None and kind.sides.counterparty not in positions:
        seller = next((index[normal(name)] for name in kind.sides.seller if normal(name) in index), None)
        buyer = next((index[normal(name)] for name in kind.sides.buyer if normal(name) in index), None)
        if (seller is None) != (buyer is None):
            positions[kind.sides.counterparty] = buyer if seller is None else seller  # type: ignore[assignment]
            if kind.sides.direction not in positions:
                given[kind.sides.direction] = kind.sides.when_buyer if seller is None else kind.sides.when_seller
            seller = buyer = None
    used = {*positions.values(), *(side for side in (seller, buyer) if side is not None)}
    own = {name: value for name, value in given.items() if name not in positions and has_field(kind, name)}
    return ColumnMap(
        kind,
        positions,
        own,
        {name: per for name, per in fen_per.items() if per},
        seller,
        buyer,
        tuple(missing_fields(kind, {*positions, *own}, two_sided=seller is not None)),
        tuple(
            header for position, header in enumerate(headers) if header and position not in used and header != COMPUTED
        ),
    )


def has_field(kind: RecordKind, name: str) -> bool:
    """Whether the kind has a field of that name."""
    return any(declared.name == name for declared in kind.fields)


def missing_fields(kind: RecordKind, found: set[str], *, two_sided: bool) -> Iterable[str]:
    """Required fields that nothing gives a value to."""
    for declared in kind.fields:
        if declared.name in found or not declared.required:
            continue
        if two_sided and kind.sides and declared.name in (kind.sides.direction, kind.sides.counterparty):
            continue
        if declared.filled_from is not None and (
            declared.filled_from == KNOWN_AT.name or declared.filled_from in found
        ):
            continue
        yield declared.name


def recognise(
    headers: Sequence[str],
    kinds: Iterable[RecordKind],
    where: str,
    constants: Mapping[str, str] | None = None,
) -> ColumnMap:
    """The kind that fits the headers best, with its columns.

    Raises KindNotRecognised (no kind fits; says what the nearest lacks), ColumnsMissing (the only kind asked for lacks
    columns) or KindAmbiguous.
    """
    maps = [map_columns(headers, kind, constants) for kind in kinds]
    complete = sorted((m for m in maps if not m.missing), key=lambda m: m.fit, reverse=True)
    # A sheet of another kind that lacks one column must not pass for a kind that asks for little.
    if not complete or any(m.missing and m.fit[0] > complete[0].fit[0] for m in maps):
        raise not_recognised(headers, maps, where)
    best = [m for m in complete if m.fit == complete[0].fit]
    refuse_repeats(headers, best[0], where)
    if len(best) > 1:
        raise KindAmbiguous(
            "the headers fit several kinds of record",
            where=where,
            expected="headers of one kind",
            found=", ".join(m.kind.name for m in best),
            advice="Say which with --kind",
        )
    return best[0]


def refuse_repeats(headers: Sequence[str], columns: ColumnMap, where: str) -> None:
    """Stop where a column that is read has the same header as another one: which is meant is not known.

    Two columns that nobody reads may share a header. Raises HeaderRepeated.
    """
    names = [normal(header) for header in headers]
    for at in {*columns.positions.values(), *(side for side in (columns.seller, columns.buyer) if side is not None)}:
        if names.count(names[at]) > 1:
            raise HeaderRepeated(
                "two columns have the same header",
                expected="every header that is read once",
                found=headers[at],
                where=where,
                advice="Rename or delete the column that is not meant",
            )


def rank_of(kinds: Iterable[RecordKind], constants: Mapping[str, str] | None = None) -> HeaderRank:
    """How well a row serves as the header of one of the kinds; see `models.sheets.header`."""
    wanted = tuple(kinds)

    def rank(headers: Sequence[str]) -> int:
        maps = [map_columns(headers, kind, constants) for kind in wanted]
        return max(len(m.positions) + (0 if m.missing else COMPLETE) for m in maps)

    return rank


def not_recognised(headers: Sequence[str], maps: Sequence[ColumnMap], where: str) -> AssetlightError:
    """The error about headers that fit no kind: names the nearest kind and the columns it lacks."""
    nearest = max((m for m in maps if m.missing), key=lambda m: (len(m.positions), -len(m.missing)))
    lacking = missing_words(nearest)
    found = ", ".join(header for header in headers if header)[:300] or "no headers"
    if len(maps) == 1 or len(nearest.positions) > 1:
        return ColumnsMissing(
            f"columns are missing for {nearest.kind.zh} ({nearest.kind.name})",
            where=where,
            field=nearest.missing[0],
            expected=lacking,
            found=found,
            advice="Rename the headers, or name the kind with --kind",
        )
    return KindNotRecognised(
        "the headers are not those of any kind of record",
        where=where,
        expected="headers of one of: " + ", ".join(f"{m.kind.zh} ({m.kind.name})" for m in maps),
        found=found,
        advice="The first row must hold headers, docs/records.md lists them; --sheet chooses a sheet, --kind a kind",
    )


def missing_words(columns: ColumnMap) -> str:
    """The missing columns in words; a kind with sides needs only the header that names the other party."""
    sides = columns.kind.sides
    words = []
    for name in columns.missing:
        if sides is not None and name == sides.counterparty:
            words.append(f"{sides.buyer[0]} / {sides.seller[0]} / {header_words(columns.kind.field(name))}")
        elif sides is None or name != sides.direction or sides.counterparty not in columns.missing:
            words.append(header_words(columns.kind.field(name)))
    return "; ".join(words)


def header_words(declared: Field) -> str:
    """The headers a person may write for a field."""
    return " / ".join(dict.fromkeys((declared.zh, declared.en, *declared.aliases[:2])))
