"""The bundle in force: loaded once, loaded again when training moves `bundles/CURRENT`."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from models.bundle import Bundle


class BundleShelf:
    """The bundles of a data directory. Safe to use from several threads."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = Lock()
        self._loaded: tuple[str, Bundle] | None = None

    def current(self) -> Bundle:
        """The bundle that `CURRENT` names now. Raises BundleNotFound, BundleCorrupt.

        One small file is read per call; the bundle itself only when that file names another one.
        """
        named = self._named()
        loaded = self._loaded
        if loaded is not None and loaded[0] == named:
            return loaded[1]
        with self._lock:
            if self._loaded is None or self._loaded[0] != named:
                bundle = Bundle.load_current(self._home)
                self._loaded = (bundle.digest, bundle)
            return self._loaded[1]

    def named(self, digest: str) -> Bundle:
        """The bundle of that digest, in force or not. Raises BundleNotFound, BundleCorrupt."""
        current = self._loaded
        if current is not None and current[1].digest == digest:
            return current[1]
        bundle = self.current()
        return bundle if bundle.digest == digest else Bundle.load(self._home / "bundles" / digest[:12])

    def _named(self) -> str | None:
        try:
            return (self._home / "bundles" / "CURRENT").read_text().strip()
        except OSError:
            return None
