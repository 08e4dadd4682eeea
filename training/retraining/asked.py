"""What a retraining asks for, as JSON, turned into the rows and the plan that every training run has."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from models import __version__
from models.canonical import digest, sha256_hex
from models.errors import AssetlightError
from models.lake import Lake
from training.plan import Plan
from training.running import Request, Rows

PACKAGES = ("models", "training")
DECIDE = (".py", ".yaml")  # code, and the policy's lines
PLAN = frozenset({"seed", "folds", "test_from", "central_tendency", "champion", "challengers"})


class RequestNotUsable(AssetlightError):
    """A request for a challenger says something that training does not know."""


class RowsFileMissing(AssetlightError):
    """A file that the rows of a retraining come from is not there."""


def request_key(request: Mapping[str, Any], home: str) -> str:
    """What a challenger depends on, as 64 hexadecimal digits: the request, its files, the stored records, the code.

    Files count by what is in them: one that moves is the same, one that is edited is another. Raises RowsFileMissing.
    """
    asked = rows_asked_for(request, Path(home))
    files = [path for path in (asked.labels, asked.table, *asked.schemas) if path is not None]
    rows = {name: value for name, value in request["rows"].items() if name not in ("labels", "table", "schema")}
    return digest(
        {
            "request": {**request, "rows": rows},
            "files": [_digest_of(path) for path in files],
            "lake": None if asked.rows is Rows.TABLE else _lake_digest(Path(home)),
            "version": __version__,
            "code": _code_digest(),
        }
    )


def rows_asked_for(request: Mapping[str, Any], home: Path) -> Request:
    """The rows of a request: a panel unless it says otherwise. Raises RequestNotUsable."""
    rows = request["rows"]
    source = rows.get("source", Rows.PANEL.value)
    if source not in {each.value for each in Rows}:
        known = ", ".join(each.value for each in Rows)
        raise RequestNotUsable("no such source of rows", expected=known, found=source, field="rows.source")
    labels, table, schema = (Path(rows[name]) if rows.get(name) else None for name in ("labels", "table", "schema"))
    panel = source == Rows.PANEL.value
    return Request(
        rows=Rows(source),
        home=home,
        labels=labels,
        label_origin=rows.get("label_origin"),
        as_of=_day(rows.get("first") if panel else rows.get("as_of")),
        to=_day(rows.get("last")),
        every_months=int(rows.get("every_months", 3)),
        known_until=_day(rows.get("known_until")),
        horizon_months=int(rows.get("horizon_months", 12)),
        features=",".join(rows.get("features", ())),
        without=",".join(rows.get("without", ())),
        table=table,
        label_column=rows.get("label"),
        schemas=() if schema is None else (schema,),
    )


def plan_asked_for(request: Mapping[str, Any]) -> Plan:
    """The plan of a request. Raises RequestNotUsable."""
    given = dict(request.get("plan", {}))
    unknown = sorted(set(given) - PLAN)
    if unknown:
        raise RequestNotUsable("the plan says something that training does not know", found=", ".join(unknown))
    tendency = given.get("central_tendency")
    plan = Plan(
        seed=int(given.get("seed", 7)),
        folds=given.get("folds"),
        test_from=_day(given.get("test_from")),
        central_tendency=tendency if tendency is None or tendency == "off" else float(tendency),
    )
    plan = replace(plan, champion=str(given["champion"])) if "champion" in given else plan
    return replace(plan, challengers=tuple(given["challengers"])) if "challengers" in given else plan


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _digest_of(path: Path) -> str:
    try:
        return sha256_hex(path.read_bytes())
    except OSError as error:
        raise RowsFileMissing(
            "a file that the rows come from cannot be read",
            where=str(path),
            found=error.strerror,
            advice="Paths in the configuration are relative to it",
        ) from None


def _lake_digest(home: Path) -> str:
    return hashlib.sha256(Lake(home).manifest().to_bytes()).hexdigest()


def _code_digest() -> str:
    """Of everything that decides what comes out: a changed line, of code or of policy, is another input."""
    total = hashlib.sha256()
    for package in PACKAGES:
        with resources.as_file(resources.files(package)) as folder:
            for path in sorted(folder.rglob("*")):
                if path.suffix in DECIDE:
                    total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()
