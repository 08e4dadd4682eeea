"""The longest silence of a year: days without a blue invoice, found by bits of months and put together month by month.

A month slot of a side is a word of 31 bits, bit k set when something was sold k days before the slot's last day. Three
numbers of 5 bits say what a year needs of a month: `opened`, how many days before the end of the slot it was first
sold in, counted with the first (0 = nothing was sold); `closed`, the days after the last sale; `within`, the longest
silence that a sale of the same month comes before. Twelve months lie in one word each, 5 bits a month.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MONTHS = 12
COLUMN = "silence"  # the column of the invoice rollup: days, 0 to 366
MEASURES = {"opened": "bit_or", "closed": "bit_or", "within": "max"}  # by month -> how months combine
WINDOWS = tuple(f"{measure}_0_{MONTHS}" for measure in MEASURES)
_BITS = 5
_NEVER = -400  # longer than a year: the days before the first sale are no silence


def by_month(months: str) -> str:
    """SELECT of the rows of a relation with `age` and `days` (0 from age 12 on), with the measures of each month."""
    shift = f"({_BITS} * least(age, {MONTHS - 1}))"
    steps = [{"filled": "days"}]
    steps += [{"filled": f"filled | (filled >> {by})"} for by in (1, 2, 4, 8, 16)]  # every bit below the highest
    steps += [{"run_1": "xor(filled, days)"}]
    steps += [{f"run_{2 * n}": f"run_{n} & (run_{n} >> {n})"} for n in (1, 2, 4, 8)]  # where so many zeros begin
    steps += [
        {"within": "CASE WHEN run_16 > 0 THEN 16 ELSE 0 END", "begins": "CASE WHEN run_16 > 0 THEN run_16 ELSE -1 END"}
    ]
    for n in (8, 4, 2, 1):
        steps += [{"longer": f"begins & (run_{n} >> within)"}]
        steps += [
            {
                "within": f"CASE WHEN longer > 0 THEN within + {n} ELSE within END",
                "begins": "CASE WHEN longer > 0 THEN longer ELSE begins END",
            }
        ]
    steps += [
        {
            "opened": f"bit_count(filled)::BIGINT << {shift}",
            "closed": f"CASE WHEN days > 0 THEN bit_count(xor(days, days - 1)) - 1 ELSE 0 END::BIGINT << {shift}",
        }
    ]
    return _chained(months, steps)


def of_year(sides: str) -> str:
    """SELECT of the rows of a relation with the `WINDOWS` and first_blue, with `silence`.

    Places to be filled in: {year_ago} and the lengths of the month slots, {slot_0} the newest, to {slot_11}.
    """
    steps = [{"best": f"within_0_{MONTHS}", "run": f"CASE WHEN first_blue > {{year_ago}} THEN {_NEVER} ELSE 0 END"}]
    for age in reversed(range(MONTHS)):
        opened, closed = (f"(({word}_0_{MONTHS} >> {_BITS * age}) & {2**_BITS - 1})" for word in ("opened", "closed"))
        steps += [
            {
                "best": f"CASE WHEN {opened} > 0 THEN greatest(best, run + {{slot_{age}}} - {opened}) ELSE best END",
                "run": f"CASE WHEN {opened} > 0 THEN {closed} ELSE run + {{slot_{age}}} END",
            }
        ]
    return _chained(sides, [*steps, {COLUMN: "greatest(best, run)"}])


def _chained(relation: str, steps: Iterable[Mapping[str, str]]) -> str:
    """Nested SELECTs, each of which adds or replaces columns by those of the one inside."""
    text = f"SELECT * FROM {relation}"
    known: set[str] = set()
    for step in steps:
        new = "".join(f", {sql} AS {name}" for name, sql in step.items() if name not in known)
        again = ", ".join(f"{sql} AS {name}" for name, sql in step.items() if name in known)
        text = f"SELECT *{f' REPLACE ({again})' if again else ''}{new} FROM ({text})"
        known.update(step)
    return text
