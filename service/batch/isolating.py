"""A bad enterprise found among good ones: what fails is halved until the failing ones stand alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from models.bundle import BundleCorrupt, BundleNotFound
from models.default_probability import FeatureColumnsDiffer, PopulationNotInBundle
from models.errors import AssetlightError
from models.limits import LimitFactAbsent
from models.policy import PolicyFileInvalid, PolicyValueNotInForce, PolicyValueUnknown, ProductUnknown
from service.batch.errors import BatchInputChanged, BucketUnreadable, EveryEnterpriseFails

Found = TypeVar("Found")
MOST_IN_VAIN = 24  # enterprises that fail alone, one after the other, before none has succeeded
# Whoever is to be scored: these come again. They are the run's, not an enterprise's.
OF_THE_RUN = (
    OSError,
    MemoryError,
    BatchInputChanged,
    BucketUnreadable,
    BundleCorrupt,
    BundleNotFound,
    FeatureColumnsDiffer,
    LimitFactAbsent,
    PolicyFileInvalid,
    PolicyValueNotInForce,
    PolicyValueUnknown,
    PopulationNotInBundle,
    ProductUnknown,
)


@dataclass(frozen=True)
class Failure:
    """An enterprise that could not be scored, with the reason."""

    enterprise_id: str
    error: str
    reason: str
    field: str | None


def survivors(
    decide: Callable[[Sequence[str]], Found], enterprises: Sequence[str], check: Callable[[], None]
) -> tuple[list[Found], list[Failure]]:
    """What `decide` finds for all, or where that fails for every half that does not, and who fails alone.

    `check` is called once when something fails, and raises where the inputs themselves are to blame. Raises that, the
    errors `OF_THE_RUN`, and EveryEnterpriseFails.
    """
    found: list[Found] = []
    failures: list[Failure] = []
    waiting = [list(enterprises)]
    checked = False
    while waiting:
        some = waiting.pop()
        try:
            found.append(decide(some))
        except OF_THE_RUN:
            raise
        except Exception as error:
            if not checked:
                check()
                checked = True
            if len(some) > 1:
                half = len(some) // 2
                waiting += [some[half:], some[:half]]
                continue
            failures += [failure_of(name, error) for name in some]
            if not found and len(failures) >= MOST_IN_VAIN:
                raise EveryEnterpriseFails(
                    "none of the first enterprises of the bucket can be scored, and all for a reason of their own is "
                    "not likely",
                    found=failures[0].reason,
                    where=failures[0].enterprise_id,
                    advice="look at that enterprise alone: assetlight explain",
                ) from error
    return found, failures


def failure_of(enterprise: str, error: Exception) -> Failure:
    """The failure that an error is."""
    if isinstance(error, AssetlightError):
        return Failure(enterprise, type(error).__name__, error.sentence(), error.field)
    return Failure(enterprise, type(error).__name__, str(error).split("\n", 1)[0], None)
