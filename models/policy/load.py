"""Load policy from its folders: the defaults beside this file, then each of the bank's own folders over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from models.canonical import digest, sha256_hex
from models.policy.errors import PolicyFileInvalid
from models.policy.parameter import Parameter, read_parameter
from models.policy.policy import BesideUsed, OverlayUsed, Policy
from models.policy.product import ProductFile, read_product
from models.policy.yaml_text import read_yaml_text

DEFAULTS = Path(__file__).parent
DEFAULT_PRODUCT = "request.default_product"
REFERENCE_ENTERPRISES = "reference_enterprises"  # whom an explanation compares with; see models.explanation.attribution
PLAUSIBLE_RANGES = "plausible_ranges"  # what a missing document may say; see models.explanation.information
APPROVAL = "approval"  # who may approve how much; see models.policy.approval
BESIDE = (REFERENCE_ENTERPRISES, PLAUSIBLE_RANGES, APPROVAL)
OVERLAY_PARTS = ("parameters", "products", *BESIDE)
OVERLAY_FOLDER = f"a folder with one of {', '.join(f'{part}/' for part in OVERLAY_PARTS)}"


@dataclass
class _Files:
    parameters: dict[str, Parameter] = field(default_factory=dict)
    products: dict[str, ProductFile] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


def load_policy(on: date, overlays: Sequence[Path] = (), *, defaults: Path = DEFAULTS) -> Policy:
    """The policy in force on a day. An overlay file replaces the default of the same name whole, or adds a product.

    `defaults`: those of this release, or of an earlier one as a decision kept them.

    Every file is checked completely, also the values of other days: a wrong file stops the load, whatever the day.
    """
    found = _read_folder(defaults, label="")
    used: list[OverlayUsed] = []
    for folder in overlays:
        if not folder.is_dir():
            raise PolicyFileInvalid("no such overlay folder", file=folder.name, expected=OVERLAY_FOLDER)
        laid = _read_folder(folder, label=f"{folder.name}/")
        if not any((folder / part).is_dir() for part in OVERLAY_PARTS):
            raise PolicyFileInvalid("no policy in the overlay folder", file=folder.name, expected=OVERLAY_FOLDER)
        for name, parameter in laid.parameters.items():
            _refuse_other_meaning(parameter, found.parameters.get(name))
        found.parameters.update(laid.parameters)
        found.products.update(laid.products)
        replaced = tuple(sorted([*laid.parameters, *(f"product {code}" for code in laid.products)]))
        used.append(
            OverlayUsed(name=folder.name, replaces=replaced, digest=digest(laid.digests), beside=_beside(folder))
        )
    policy = Policy(on=on, parameters=found.parameters, product_files=found.products, overlays=tuple(used))
    policy.product(policy.text(DEFAULT_PRODUCT))
    return policy


def _read_folder(folder: Path, *, label: str) -> _Files:
    found = _Files()
    for path, parts in _yaml_files(folder, label):
        file = label + "/".join(path.relative_to(folder).parts)
        tree = read_yaml_text(path, file)
        found.digests[file] = sha256_hex(path.read_bytes())
        if parts[0] == "parameters":
            name = ".".join(parts[1:])
            found.parameters[name] = read_parameter(tree, name=name, file=file)
        else:
            found.products[parts[1]] = read_product(tree, code=parts[1], file=file)
    return found


def _beside(folder: Path) -> BesideUsed | None:
    """What an overlay brings that is read elsewhere: who may approve how much, whom and what explanations refer to."""
    paths = [path for part in BESIDE for path in sorted((folder / part).glob("*.yaml"))]
    found = {path.relative_to(folder).as_posix(): sha256_hex(path.read_bytes()) for path in paths}
    return BesideUsed(tuple(sorted(name.removesuffix(".yaml") for name in found)), digest(found)) if found else None


def _yaml_files(folder: Path, label: str) -> Iterator[tuple[Path, tuple[str, ...]]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".yaml", ".yml"):
            continue
        relative = path.relative_to(folder)
        parts = (*relative.parts[:-1], path.stem)
        if parts[0] in BESIDE and len(parts) == 2:
            continue  # read elsewhere: it changes no computed amount, so it is not part of the policy's digest
        known = parts[0] == "parameters" or (parts[0] == "products" and len(parts) == 2)
        if path.suffix == ".yml" or not known or len(parts) < 2:
            raise PolicyFileInvalid(
                "not a place for a policy file",
                file=label + relative.as_posix(),
                expected=f"parameters/**/NAME.yaml, products/CODE.yaml or {REFERENCE_ENTERPRISES}/NAME.yaml",
            )
        yield path, parts


def _refuse_other_meaning(parameter: Parameter, default: Parameter | None) -> None:
    if default is None:
        raise PolicyFileInvalid("no rule reads a value of this name", file=parameter.file, key=parameter.name)
    if (parameter.unit, parameter.by) != (default.unit, default.by):
        raise PolicyFileInvalid(
            "the overlay changes the unit of a value",
            file=parameter.file,
            key="unit",
            expected=_meaning(default),
            found=_meaning(parameter),
        )
    for key, own, limit, wider in (
        ("range.minimum", parameter.minimum, default.minimum, -1),
        ("range.maximum", parameter.maximum, default.maximum, 1),
    ):
        if own is not None and limit is not None and (own - limit) * wider > 0:
            raise PolicyFileInvalid(
                "the overlay widens the declared range",
                file=parameter.file,
                key=key,
                expected=f"within the range of {default.file}: {limit}",
                found=str(own),
            )


def _meaning(parameter: Parameter) -> str:
    return parameter.unit if parameter.by is None else f"{parameter.unit} by {parameter.by}"
