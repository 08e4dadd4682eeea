"""A bucket of a run whose folder, or whose records, are reached by URL: inputs fetched, results put there.

`do_bucket` works on this machine's copy as it works on any folder, so its results are the same bytes.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from service.batch.bucket import Receipt, Task, do_bucket
from service.batch.folder import RUN
from service.batch.inputs import INPUTS
from service.batch.remote import fetched_folder
from service.batch.storage import Storage, is_remote, plain


def do_bucket_anywhere(task: Task) -> Receipt:
    """`do_bucket`, wherever the folder of the run is. Raises what it raises, StorageUnusable, FileNotStored."""
    place = plain(task.folder)
    if not is_remote(place):
        return do_bucket(replace(task, folder=place))
    storage, here = Storage(place), fetched_folder(f"{place} {task.plan.digest}")
    for name in storage.names(INPUTS):
        storage.fetch(f"{INPUTS}/{name}", here / INPUTS / name)
    receipt = do_bucket(replace(task, folder=str(here)))
    for output in receipt.files.values():
        storage.put(output.path, here / output.path)
        (here / output.path).unlink()
    return receipt


def copy_of(place: str) -> Path:
    """A whole run that is reached by URL, as a folder of this machine."""
    place = plain(place)
    if not is_remote(place):
        return Path(place)
    storage = Storage(place)
    here = fetched_folder(f"{place} {sha256(storage.read(RUN) or b'').hexdigest()}") / "run"
    for name in storage.names(""):
        storage.fetch(name, here / name, storage.size(name))
    return here
