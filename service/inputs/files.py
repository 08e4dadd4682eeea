"""The model and the policy of a decision as files in the ledger, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from models.bundle import Bundle
from models.policy import Policy, load_policy
from service.ledger import Content
from service.ledger.contents import FILE
from service.policies import PolicyFiles

Read = Callable[[Sequence[str]], Mapping[str, bytes]]


@dataclass(frozen=True)
class KeptFiles:
    """The manifest of some files, and the files."""

    manifest: Content
    contents: tuple[Content, ...] = field(repr=False)


def bundle_content(bundle: Bundle) -> KeptFiles:
    """The files of a bundle as contents."""
    files = {name: Content.of(FILE, content) for name, content in bundle.files().items()}
    facts: dict[str, object] = {"bundle": bundle.digest, "files": {name: one.sha256 for name, one in files.items()}}
    return KeptFiles(Content.manifest(facts, [one.sha256 for one in files.values()]), tuple(files.values()))


def kept_bundle(manifest: bytes, read: Read) -> Bundle:
    """The bundle again, every digest checked. Raises BundleCorrupt where this release cannot read it."""
    with TemporaryDirectory(prefix="assetlight-bundle-") as folder:
        _write(Path(folder), json.loads(manifest)["files"], read)
        return Bundle.load(Path(folder))


def policy_content(files: PolicyFiles) -> KeptFiles:
    """The files of a policy as contents: the defaults, and each folder laid over them. The day is not part of it."""
    contents: list[Content] = []
    folders = []
    for name, texts in files.folders:
        kept = {path: Content.of(FILE, text) for path, text in texts.items()}
        contents += kept.values()
        folders.append({"folder": name, "files": {path: one.sha256 for path, one in kept.items()}})
    facts: dict[str, object] = {"policy": folders}
    return KeptFiles(Content.manifest(facts, [one.sha256 for one in contents]), tuple(contents))


def kept_policy(manifest: bytes, on: date, read: Read) -> Policy:
    """The policy of a day again. Raises PolicyFileInvalid where this release cannot read it."""
    with TemporaryDirectory(prefix="assetlight-policy-") as folder:
        laid = []
        for at, part in enumerate(json.loads(manifest)["policy"]):
            own = Path(folder) / str(at) / part["folder"]
            _write(own, part["files"], read)
            laid.append(own)
        return load_policy(on, laid[1:], defaults=laid[0])


def _write(folder: Path, files: Mapping[str, str], read: Read) -> None:
    contents = read(sorted(set(files.values())))
    for name, sha256 in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents[sha256])
