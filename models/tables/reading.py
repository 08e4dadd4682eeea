"""The columns of one sheet while they are being checked: values, and what is wrong with which row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.records.kind import Field, FieldType
from models.records.origin import EXPECTED as ORIGIN_EXPECTED
from models.records.origin import normal_origin
from models.sheets import Sheet
from models.tables.columns import KNOWN_AT, ORIGIN, ColumnMap
from models.tables.parse_dates import parse_date, parse_timestamp
from models.tables.parse_numbers import parse_integer, parse_money, parse_number
from models.tables.parse_text import (
    Failures,
    as_mask,
    identifiers_of,
    parse_choice,
    parse_flag,
    parse_text,
    text_of,
    where_true,
)
from models.tables.point_in_time import end_of_day, instant_of
from models.tables.problems import EMPTY, IN_FUTURE, KNOWN_IN_FUTURE, NEITHER_SIDE, NOT_ORIGIN, Mask, Problem

Parser: TypeAlias = Callable[[pa.Array, Field], tuple[pa.Array, Failures]]
PARSERS: Mapping[FieldType, Parser] = {
    "text": parse_text,
    "choice": parse_choice,
    "flag": parse_flag,
    "money": parse_money,
    "number": parse_number,
    "integer": parse_integer,
    "date": parse_date,
    "timestamp": parse_timestamp,
}
BANK_DAY_US = 8 * 3600 * 1_000_000


class Reading:
    """The columns of one sheet while they are being checked."""

    def __init__(self, sheet: Sheet, columns: ColumnMap) -> None:
        self.sheet = sheet
        self.columns = columns
        self.values: dict[str, pa.Array] = {}
        self.problems: list[Problem] = []
        self._sound: Mask = np.ones(len(sheet), bool)

    def sound(self) -> Mask:
        """Rows without a problem so far."""
        for problem in self.problems:
            self._sound[problem.rows] = False
        return self._sound

    def note(self, failures: Failures, declared: Field, positions: tuple[int, ...]) -> None:
        """Keep the failures that occurred."""
        for reason, mask in failures:
            if mask.any():
                found = np.flatnonzero(mask)
                self.problems.append(Problem(reason, found, declared.name, positions, expectation(declared)))

    def parse_own_fields(self) -> None:
        """Every field of the kind from its column, constant or nothing; required ones must not be empty."""
        for declared in self.columns.kind.fields:
            at = self.columns.positions.get(declared.name)
            if at is not None:
                per = self.columns.fen_per.get(declared.name)
                parser = partial(parse_money, fen_per=per) if per else PARSERS[declared.type]
                self.parse(declared, self.sheet.columns[at], (at,), parser)
            elif declared.name in self.columns.constants:
                same = pa.repeat(pa.scalar(self.columns.constants[declared.name], pa.string()), len(self.sheet))
                self.parse(declared, same, (), PARSERS[declared.type])
            else:
                self.values[declared.name] = pa.nulls(len(self.sheet), declared.arrow)
        if self.columns.seller is not None and self.columns.buyer is not None:
            self.take_sides(self.columns.seller, self.columns.buyer)
        for declared in self.columns.kind.fields:
            source = declared.filled_from
            if source and source != KNOWN_AT.name and declared.name not in self.columns.positions:
                self.values[declared.name] = self.values[source].cast(declared.arrow)
                if declared.required:
                    self.require(declared, self.columns.positions.get(source), np.zeros(len(self.sheet), bool))

    def parse(self, declared: Field, column: pa.Array, positions: tuple[int, ...], parser: Parser) -> None:
        """One column."""
        values, failures = parser(column, declared)
        self.values[declared.name] = values
        self.note(failures, declared, positions)
        failed = np.zeros(len(self.sheet), bool)
        for _, mask in failures:
            failed |= mask
        if declared.required:
            self.require(declared, positions[0] if positions else None, failed)

    def require(self, declared: Field, at: int | None, failed: Mask) -> None:
        """Empty cells of a required field are a problem of their own."""
        empty = as_mask(pc.is_null(self.values[declared.name])) & ~failed
        self.note([(EMPTY, empty)], declared, () if at is None else (at,))

    def take_sides(self, seller: int, buyer: int) -> None:
        """Direction and counterparty of rows that name both parties: the enterprise is one of them."""
        kind = self.columns.kind
        sides = kind.sides
        if sides is None:
            return
        sold, bought = (identifiers_of(self.sheet.columns[at])[0] for at in (seller, buyer))
        own = self.values["enterprise_id"]
        sells, buys = as_mask(pc.equal(own, sold)), as_mask(pc.equal(own, bought))
        self.values[sides.counterparty] = pc.if_else(pa.array(sells), bought, where_true(buys, sold))
        side = pc.if_else(pa.array(sells), sides.when_buyer, sides.when_seller)
        self.values[sides.direction] = where_true(sells | buys, side)
        unknown = ~(sells | buys) & as_mask(pc.is_valid(own))
        self.note([(NEITHER_SIDE, unknown)], kind.field(sides.counterparty), (seller, buyer))
        self.require(kind.field(sides.counterparty), buyer, unknown | as_mask(pc.is_null(own)))

    def date_the_knowledge(
        self, received_on: date, known_at: datetime | None, received_at: datetime | None = None
    ) -> Mask:
        """Fill `known_at`; nothing may have happened after it, nor be learned after the import. -> where assumed."""
        kind = self.columns.kind
        occurred = kind.field(kind.occurred)
        size = len(self.sheet)
        assumed = np.zeros(size, bool)
        if known_at is not None:
            learned = pa.repeat(pa.scalar(known_at, pa.timestamp("us", tz="UTC")), size)
        elif occurred.filled_from == KNOWN_AT.name and occurred.name not in self.columns.positions:
            learned = pa.repeat(pa.scalar(instant_of(received_on), pa.timestamp("us", tz="UTC")), size)
        else:
            learned = self.last_instants()
            assumed[:] = True
            if occurred.filled_from == KNOWN_AT.name:
                undated = as_mask(pc.is_null(self.values[occurred.name]))
                today = pa.scalar(instant_of(received_on), pa.timestamp("us", tz="UTC"))
                learned = pc.if_else(pa.array(undated), today, learned)
                assumed &= ~undated
        at = self.columns.positions.get(KNOWN_AT.name)
        if at is not None:
            said, failures = parse_timestamp(self.sheet.columns[at], KNOWN_AT)
            self.note(failures, KNOWN_AT, (at,))
            assumed &= as_mask(pc.is_null(said))
            learned = pc.coalesce(said, learned)
            if received_at is None:
                late = as_mask(pc.greater_equal(said, pa.scalar(end_of_day(received_on), said.type)))
            else:
                late = as_mask(pc.greater(said, pa.scalar(received_at, said.type)))
            self.note([(KNOWN_IN_FUTURE, late)], KNOWN_AT, (at,))
        self.values[KNOWN_AT.name] = learned
        for declared in kind.fields:
            if declared.filled_from == KNOWN_AT.name:
                own = bank_days(learned.cast(pa.int64())) if declared.type == "date" else learned
                if declared.name in self.columns.positions:
                    own = pc.coalesce(self.values[declared.name], own)
                self.values[declared.name] = own.cast(declared.arrow)
        self.refuse_future(received_on)
        return assumed

    def last_instants(self) -> pa.Array:
        """The first instant of the last day that each row reports: the bank cannot have learned the row before."""
        micros = [
            first_instants(self.values[declared.name]).cast(pa.int64())
            for declared in self.columns.kind.fields
            if declared.type in ("date", "timestamp")
            and (not declared.planned or declared.name == self.columns.kind.occurred)
            and (declared.filled_from is None or declared.name in self.columns.positions)
        ]
        last = micros[0] if len(micros) == 1 else pc.max_element_wise(*micros)
        return last.cast(pa.timestamp("us", tz="UTC"))

    def refuse_future(self, received_on: date) -> None:
        """What has not happened when the row was learned cannot have been reported; plans (due, expiry) can."""
        last = int(pa.scalar(end_of_day(received_on), pa.timestamp("us", tz="UTC")).cast(pa.int64()).as_py()) - 1
        micros = pc.min_element_wise(self.values[KNOWN_AT.name].cast(pa.int64()), pa.scalar(last, pa.int64()))
        learned = micros.cast(pa.timestamp("us", tz="UTC"))
        known_day = bank_days(micros)
        for declared in self.columns.kind.fields:
            if declared.planned or declared.type not in ("date", "timestamp"):
                continue
            limit = known_day if declared.type == "date" else learned
            late = as_mask(pc.greater(self.values[declared.name], limit))
            at = self.columns.positions.get(declared.name)
            self.note([(IN_FUTURE, late)], declared, () if at is None else (at,))

    def origins(self, said: str | None) -> pa.Array:
        """Where each row comes from: its own `origin` cell, else what was said of the file."""
        same = pa.repeat(pa.scalar(said, pa.string()), len(self.sheet))
        at = self.columns.positions.get(ORIGIN.name)
        if at is None:
            return same
        own = text_of(self.sheet.columns[at])[0].dictionary_encode()
        words = [None if word is None else normal_origin(word) for word in own.dictionary.to_pylist()]
        stated = pa.array(words, pa.string()).take(own.indices)
        self.note([(NOT_ORIGIN, as_mask(pc.and_(pc.is_valid(own), pc.is_null(stated))))], ORIGIN, (at,))
        return pc.coalesce(stated, same)

    def table(self, origin: str) -> pa.Table:
        """All rows in the kind's columns, sound or not."""
        size = len(self.sheet)
        schema = self.columns.kind.schema
        extra = {
            "superseded_at": pa.nulls(size, schema.field("superseded_at").type),
            "origin": self.origins(origin),
        }
        columns = [self.values.get(name, extra.get(name)) for name in schema.names]
        return pa.table(columns, schema=pa.schema([field.with_nullable(True) for field in schema]))


def first_instants(days: pa.Array) -> pa.Array:
    """The first instant (bank calendar) of each day; instants stay themselves."""
    if pa.types.is_timestamp(days.type):
        return days
    micros = pc.subtract(pc.multiply(days.cast(pa.int32()).cast(pa.int64()), 86_400_000_000), BANK_DAY_US)
    return micros.cast(pa.timestamp("us", tz="UTC"))


def bank_days(micros: pa.Array) -> pa.Array:
    """The bank's calendar day of each instant (UTC microseconds)."""
    return pc.add(micros, BANK_DAY_US).cast(pa.timestamp("us")).cast(pa.date32(), safe=False)


def expectation(declared: Field) -> str:
    """What a cell of the field should hold, in words."""
    if declared is ORIGIN:
        return ORIGIN_EXPECTED
    words = {
        "text": f"text of at most {int(declared.maximum or 4000)} characters",
        "date": "a day such as 2017-07-18 or 2017/7/18",
        "timestamp": "an instant such as 2017-07-18T09:30:00+08:00",
        "money": "yuan with at most two decimals, such as 1,234.50",
        "number": "a number such as 0.13 or 13%",
        "integer": "a whole number",
        "flag": "是/否, yes/no, true/false or 1/0",
        "choice": "one of " + ", ".join(list(declared.choices or {})[:12]),
    }[declared.type]
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("at least", declared.minimum), ("at most", declared.maximum))
        if bound is not None and declared.type in ("money", "number", "integer")
    ]
    return ", ".join([words, *bounds])
