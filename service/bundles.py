"""The bundle in force, loaded once: the registry's champion, or before any promotion the one last trained here.

One way: as soon as a model was ever promoted, the registry alone decides and `bundles/CURRENT` is not looked at.
Before that, or on a laptop that never promotes, `assetlight train` puts its bundle in force by CURRENT: development
mode, which every status says, and which the setting `registry_required` forbids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from models.bundle import Bundle, BundleCorrupt, BundleNotFound
from service.registry.errors import RegistryRequired
from service.registry.standing import Standing


@dataclass(frozen=True)
class InForce:
    """Digests of the model that decides and of the one scored beside it. `governed`: by the registry, not CURRENT."""

    champion: str | None
    challenger: str | None
    governed: bool


class BundleShelf:
    """The bundles of a data directory. Safe to use from several threads."""

    def __init__(
        self, home: Path, standing: Callable[[], Standing] = Standing, *, registry_required: bool = False
    ) -> None:
        self._home = home
        self._standing = standing
        self._required = registry_required
        self._lock = Lock()
        self._loaded: dict[str, Bundle] = {}

    def in_force(self, product: str | None = None) -> InForce:
        """What decides now, nothing loaded. Raises RegistryDamaged, RegistryRequired, StoreUnusable."""
        standing = self._standing()
        champion = standing.champion(product)
        if champion is not None:
            return InForce(champion, standing.challenger(product), governed=True)
        if self._required:
            raise RegistryRequired(
                "no model has been promoted, and this service uses promoted models only",
                expected="a champion in the registry",
                advice="assetlight models promote MODEL --reason TEXT, or unset ASSETLIGHT_REGISTRY_REQUIRED",
            )
        if standing.governs:  # only for products of their own so far
            raise BundleNotFound(
                "no model has been promoted for this product",
                expected="a champion of the product, or of all products",
                found=product or "all",
                advice="assetlight models promote MODEL --reason TEXT",
            )
        return InForce(self._pointed(), standing.challenger(product), governed=False)

    def current(self, product: str | None = None, in_force: InForce | None = None) -> Bundle:
        """The bundle that decides. Raises BundleNotFound, BundleCorrupt, and what `in_force` raises.

        The registry's version and one small file are read per call; the bundle only when it is another one. Every
        digest is verified whenever it is read. `in_force`: what `in_force` has just said.
        """
        named = in_force or self.in_force(product)
        if named.governed:
            assert named.champion is not None  # noqa: S101
            return self._load(named.champion)
        if named.champion is not None and named.champion in self._loaded:
            return self._loaded[named.champion]
        with self._lock:
            if named.champion is None or named.champion not in self._loaded:
                bundle = Bundle.load_current(self._home)
                self._loaded[bundle.digest] = bundle
                return bundle
            return self._loaded[named.champion]

    def challenger(self, product: str | None = None) -> Bundle | None:
        """The bundle that is scored beside, None where there is none. Raises BundleNotFound, BundleCorrupt."""
        named = self.in_force(product).challenger
        return None if named is None else self._load(named)

    def named(self, digest: str) -> Bundle:
        """The bundle of that digest, in force or not. Raises BundleNotFound, BundleCorrupt."""
        if digest in self._loaded:
            return self._loaded[digest]
        return Bundle.load(self._home / "bundles" / digest[:12])

    def _load(self, digest: str) -> Bundle:
        with self._lock:
            if digest not in self._loaded:
                bundle = Bundle.load(self._home / "bundles" / digest[:12])
                if bundle.digest != digest:
                    raise BundleCorrupt(
                        "another bundle lies where the promoted model was", expected=digest, found=bundle.digest
                    )
                self._loaded[digest] = bundle
            return self._loaded[digest]

    def _pointed(self) -> str | None:
        try:
            return (self._home / "bundles" / "CURRENT").read_text().strip()
        except OSError:
            return None
