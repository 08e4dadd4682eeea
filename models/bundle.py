"""The fitted artefact on disk: booster text, calibration, points scale, feature list, model card and digests.

A bundle is text files, never a pickle: the model, a card for machines and one for people, and the populations that a
policy may compare with. `bundle.json` names the SHA-256 of each and carries its own digest, so one changed byte is
noticed on loading. A bundle is immutable: its directory is called after its digest and is never overwritten; retraining
makes another one and moves `CURRENT`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import lightgbm

from models.calibration import Calibration, PointsScale, VennAbers
from models.canonical import canonical_json, digest, sha256_hex
from models.durable import replace_durably, sync, write_durably
from models.errors import AssetlightError
from models.reference_population import ReferencePopulation

__all__ = ["Bundle", "BundleCorrupt", "BundleNotFound", "Calibration", "PointsScale"]

# 2: a missing value says whether its feed is connected; 3: tables of the probability interval; 4: whom to compare with
SCHEMA_VERSION = "4"
READABLE = ("2", "3", SCHEMA_VERSION)
TRAIN_AGAIN = "Restore the bundle from its backup, or train again: assetlight train --labels FILE --as-of DATE"
MODEL, MANIFEST, CARD, CARD_TEXT = "model.txt", "bundle.json", "model_card.json", "model_card.md"
REGISTRY_MARK = Path("bundles") / "REGISTRY"  # kept by the service's registry
SIMULATED = "simulated"
SIMULATED_CAUTION = {
    "zh": "模拟数据：只证明流程可用，不证明预测能力",
    "en": "simulated: proves mechanics, not predictive power",
}


class BundleNotFound(AssetlightError):
    """There is no bundle where one was expected."""


class BundleCorrupt(AssetlightError):
    """A bundle's files are not what its digests say, or do not fit together."""


@dataclass(frozen=True)
class Bundle:
    """Everything that turns a row of features into a calibrated default probability and points."""

    features: tuple[str, ...]  # in the order the booster expects
    directions: tuple[int, ...]  # +1 a larger value raises risk, -1 lowers it, 0 not constrained
    missing_as: tuple[float | None, ...]  # value a missing feature is scored at; None leaves it to the trees
    booster_text: str
    calibration: Calibration
    points: PointsScale
    data_origin: tuple[str, ...]  # origins of the training records: "contest", "simulated", ...
    label_origin: str
    trained_as_of: date
    feeds: tuple[str | None, ...] = ()  # of each feature; none given: no feature names its feed
    absent_as: tuple[float | None, ...] = ()  # scored at where its whole feed is missing; none given: as `missing_as`
    interval: VennAbers | None = None  # None: the probability comes without an interval
    populations: tuple[ReferencePopulation, ...] = ()  # whom a policy may compare with
    card: Mapping[str, Any] = field(default_factory=dict)
    card_text: str = ""
    schema_version: str = SCHEMA_VERSION  # an older bundle keeps its own, and so its digest

    def __post_init__(self) -> None:
        if not self.feeds:
            object.__setattr__(self, "feeds", (None,) * len(self.features))
        if not self.absent_as:
            object.__setattr__(self, "absent_as", self.missing_as)
        lists = (self.features, self.directions, self.missing_as, self.feeds, self.absent_as)
        if len({len(each) for each in lists}) > 1:
            raise BundleCorrupt(
                "the bundle's feature lists differ in length",
                found="{} features, {} directions, {} fills, {} feeds, {} fills of absent feeds".format(
                    *map(len, lists)
                ),
            )
        if self.interval is not None and self.schema_version == "2":
            raise BundleCorrupt("a bundle of schema 2 has no probability interval", field="interval")
        self._check_populations()
        if not self.calibration.slope > 0:
            raise BundleCorrupt("the calibration slope is not positive", expected="> 0", found=self.calibration.slope)

    def _check_populations(self) -> None:
        if self.populations and self.schema_version in ("2", "3"):
            raise BundleCorrupt(f"a bundle of schema {self.schema_version} has no populations", field="populations")
        names = [each.name for each in self.populations]
        faults = [f"{each.name}: {fault}" for each in self.populations for fault in each.faults(self.features)]
        if faults or len(set(names)) < len(names):
            raise BundleCorrupt(
                "a reference population does not fit the bundle",
                expected="names that differ, rows of the bundle's features",
                found="; ".join(faults) or ", ".join(names),
                field="populations",
            )

    @cached_property
    def digest(self) -> str:
        """SHA-256 that names the bundle: over its manifest, which holds the digests of the other files."""
        return digest(self._manifest())

    @property
    def simulated(self) -> bool:
        """Whether any training record or label was simulated: its figures then prove mechanics only."""
        return any(SIMULATED in origin for origin in (*self.data_origin, self.label_origin))

    @property
    def own_columns(self) -> tuple[str, ...]:
        """The features that come from a bank's own tables: no stored record gives them."""
        tables = self.card.get("own_columns", {}).get("tables", ())
        named = {column["name"] for table in tables for column in table["columns"]}
        return tuple(name for name in self.features if name in named)

    @property
    def caution(self) -> Mapping[str, str] | None:
        """Words (`zh`, `en`) that go beside every figure of this bundle, or None."""
        return SIMULATED_CAUTION if self.simulated else None

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """The LightGBM model, parsed once. Raises BundleCorrupt if it expects other features than the bundle lists."""
        try:
            booster = lightgbm.Booster(model_str=self.booster_text)
        except lightgbm.basic.LightGBMError as error:
            raise BundleCorrupt("LightGBM cannot read the bundle's model", found=str(error), where=MODEL) from None
        if tuple(booster.feature_name()) != self.features:
            raise BundleCorrupt(
                "the model expects other features than the bundle lists",
                expected=", ".join(self.features),
                found=", ".join(booster.feature_name()),
            )
        return booster

    def files(self) -> dict[str, bytes]:
        """Every file of the bundle by name."""
        manifest = {**self._manifest(), "digest": self.digest}
        return {**self._attachments(), MANIFEST: canonical_json(manifest)}

    def write(self, directory: Path) -> Path:
        """Write the bundle so that `directory` either holds all of it or does not exist.

        A directory that already holds this very bundle is left alone; any other content raises BundleCorrupt.
        """
        if directory.exists():
            if Bundle.load(directory).digest != self.digest:
                raise BundleCorrupt(
                    "another bundle is already there; bundles are never overwritten", where=str(directory)
                )
            return directory
        directory.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
        try:
            for name, content in self.files().items():
                write_durably(draft / name, content)
            draft.chmod(0o755)
            draft.rename(directory)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        sync(directory.parent)
        return directory

    def publish(self, home: Path) -> Path:
        """Write to `<home>/bundles/<digest12>` and make it the current bundle, which counts until one is promoted."""
        shelf = home / "bundles"
        directory = self.write(shelf / self.digest[:12])
        replace_durably(shelf / "CURRENT", (self.digest + "\n").encode())
        return directory

    @classmethod
    def load_current(cls, home: Path) -> Bundle:
        """The bundle that `<home>/bundles/CURRENT` names. Raises BundleNotFound, BundleCorrupt."""
        pointer = home / "bundles" / "CURRENT"
        if not pointer.is_file():
            raise BundleNotFound(
                "no model has been trained here yet",
                where=str(pointer),
                advice="Run `assetlight train --labels FILE --as-of DATE` first",
            )
        named = pointer.read_text().strip()
        bundle = cls.load(home / "bundles" / named[:12])
        if bundle.digest != named:
            raise BundleCorrupt("CURRENT names another bundle", expected=named, found=bundle.digest, where=str(pointer))
        return bundle

    @classmethod
    def load(cls, directory: Path) -> Bundle:
        """Read a bundle and verify every digest. Raises BundleNotFound, BundleCorrupt."""
        if not (directory / MANIFEST).is_file():
            raise BundleNotFound(
                "there is no bundle here", expected=f"a file {MANIFEST}", where=str(directory), advice=TRAIN_AGAIN
            )
        try:
            manifest = json.loads((directory / MANIFEST).read_bytes())
            claimed = manifest.pop("digest")
            if digest(manifest) != claimed:
                raise BundleCorrupt(
                    "a bundle file was changed",
                    where=str(directory / MANIFEST),
                    expected=claimed,
                    advice=TRAIN_AGAIN,
                )
            texts = {name: _verified(directory / name, expected) for name, expected in manifest["files"].items()}
            bundle = _from_manifest(manifest, texts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BundleCorrupt("the bundle cannot be read", where=str(directory), found=repr(error)) from None
        if bundle.digest != claimed:
            raise BundleCorrupt("the bundle is of another form", expected=claimed, found=bundle.digest)
        _ = bundle.booster
        return bundle

    def _attachments(self) -> dict[str, bytes]:
        return {
            MODEL: self.booster_text.encode(),
            CARD: canonical_json(self.card),
            CARD_TEXT: self.card_text.encode(),
            **{each.file: each.text.encode() for each in self.populations},
        }

    def _manifest(self) -> dict[str, Any]:
        interval = (
            None if self.interval is None else {name: _stored(value) for name, value in asdict(self.interval).items()}
        )
        return {
            "schema_version": self.schema_version,
            "features": [
                {"name": name, "direction": direction, "missing_as": fill, "feed": feed, "absent_as": absent}
                for name, direction, fill, feed, absent in zip(
                    self.features, self.directions, self.missing_as, self.feeds, self.absent_as, strict=True
                )
            ],
            "calibration": {
                "intercept": self.calibration.intercept,
                "slope": self.calibration.slope,
                "prior_shift": self.calibration.prior_shift,
            },
            **({} if self.schema_version == "2" else {"interval": interval}),
            **({} if self.schema_version in ("2", "3") else {"populations": [p.as_dict() for p in self.populations]}),
            "points": {
                "anchor_points": self.points.anchor_points,
                "anchor_odds": self.points.anchor_odds,
                "doubling_points": self.points.doubling_points,
            },
            "data_origin": list(self.data_origin),
            "label_origin": self.label_origin,
            "trained_as_of": self.trained_as_of.isoformat(),
            "files": {name: sha256_hex(content) for name, content in self._attachments().items()},
        }


def governed(home: Path) -> bool:
    """Whether the registry decides what is in force in a data directory, not `CURRENT`: once a model was promoted."""
    return (home / REGISTRY_MARK).is_file()


def _from_manifest(manifest: dict[str, Any], texts: Mapping[str, str]) -> Bundle:
    if manifest["schema_version"] not in READABLE:
        raise BundleCorrupt(
            "the bundle has a schema version this release does not know",
            expected=" or ".join(READABLE),
            found=manifest["schema_version"],
            advice="Score with the release that wrote it, or train again",
        )
    listed = manifest["features"]
    return Bundle(
        features=tuple(entry["name"] for entry in listed),
        directions=tuple(entry["direction"] for entry in listed),
        missing_as=tuple(_fill(entry["missing_as"]) for entry in listed),
        feeds=tuple(entry["feed"] for entry in listed),
        absent_as=tuple(_fill(entry["absent_as"]) for entry in listed),
        booster_text=texts[MODEL],
        calibration=Calibration(**{name: float(value) for name, value in manifest["calibration"].items()}),
        points=PointsScale(**{name: float(value) for name, value in manifest["points"].items()}),
        data_origin=tuple(manifest["data_origin"]),
        label_origin=manifest["label_origin"],
        trained_as_of=date.fromisoformat(manifest["trained_as_of"]),
        interval=_interval(manifest.get("interval")),
        populations=tuple(_population(entry, texts) for entry in manifest.get("populations", ())),
        schema_version=manifest["schema_version"],
        card=json.loads(texts[CARD]),
        card_text=texts[CARD_TEXT],
    )


def _stored(value: tuple[float, ...] | int) -> list[float] | int:
    return value if isinstance(value, int) else list(value)


def _interval(stored: Mapping[str, Any] | None) -> VennAbers | None:
    if stored is None:
        return None
    tables = {name: tuple(map(float, stored[name])) for name in ("low_from", "low", "high_above", "high")}
    return VennAbers(**tables, rows=int(stored["rows"]), defaults=int(stored["defaults"]))


def _population(entry: Mapping[str, Any], texts: Mapping[str, str]) -> ReferencePopulation:
    return ReferencePopulation(
        name=entry["name"],
        zh=entry["zh"],
        en=entry["en"],
        drawn_from=int(entry["drawn_from"]),
        text=texts[f"population_{entry['name']}.csv"],
        by=entry["by"],
        edges=tuple(float(edge) for edge in entry["edges"]),
    )


def _fill(stored: float | None) -> float | None:
    return None if stored is None else float(stored)


def _verified(path: Path, expected: str) -> str:
    if not path.is_file():
        raise BundleCorrupt("a bundle file is gone", where=str(path), advice=TRAIN_AGAIN)
    content = path.read_bytes()
    if sha256_hex(content) != expected:
        raise BundleCorrupt(
            "a bundle file was changed",
            where=str(path),
            expected=expected,
            found=sha256_hex(content),
            advice=TRAIN_AGAIN,
        )
    return content.decode()
