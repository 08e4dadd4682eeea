"""What the records say together: models, who has which role, and which rows have no effect.

Nothing here is stored: `deriving.derive` makes it from the records each time they change, and checks the `rules` again,
so a promotion that skipped validation or approval is worth nothing, by whichever way its row came into the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from models.tables import BANK_ZONE
from service.registry.chain import Refused
from service.registry.errors import (
    ModelAmbiguous,
    ModelNotRegistered,
)
from service.registry.records import (
    ALL,
    Record,
    Registered,
    Role,
)

SHORT = 12  # digits by which a digest is shown


@dataclass
class Model:
    """One registered model and what people have said about it, oldest first."""

    digest: str
    registered: Record
    validations: list[Record] = field(default_factory=list)
    approvals: list[Record] = field(default_factory=list)

    @property
    def facts(self) -> Registered:
        """What its registration says."""
        assert isinstance(self.registered.content, Registered)  # noqa: S101
        return self.registered.content

    @property
    def validation(self) -> Record | None:
        """Its latest validation: an earlier one no longer counts."""
        return self.validations[-1] if self.validations else None

    @property
    def valid_approvals(self) -> list[Record]:
        """The approvals of the model as it was last validated."""
        latest = self.validation
        return [one for one in self.approvals if latest and one.content.validation == latest.digest]


@dataclass(frozen=True)
class Move:
    """A change of what has a role in a scope. `model` is None never: there is no way to put nothing in force."""

    at: datetime
    scope: str
    role: Role
    model: str
    record: Record
    rollback: bool

    @property
    def day(self) -> date:
        """The bank's calendar day of the change."""
        return self.at.astimezone(BANK_ZONE).date()


@dataclass
class Standing:
    """Everything that the records say together."""

    models: dict[str, Model] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    holders: dict[tuple[str, Role], str] = field(default_factory=dict)
    plans: dict[str, Record] = field(default_factory=dict)  # of retrainings, by key
    stops: list[Record] = field(default_factory=list)  # retrainings that ended without a challenger
    drift: list[Record] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    records: int = 0
    head: str = ""

    @property
    def governs(self) -> bool:
        """Whether a champion was ever promoted: from then on the registry decides what is in force."""
        return any(move.role is Role.CHAMPION for move in self.moves)

    def champion(self, product: str | None = None) -> str | None:
        """Digest of the model in force for a product: its own champion, else that of all products."""
        return self._holder(Role.CHAMPION, product)

    def challenger(self, product: str | None = None) -> str | None:
        """Digest of the model that is scored beside the champion; None where it is the champion itself."""
        found = self._holder(Role.CHALLENGER, product)
        return None if found == self.champion(product) else found

    def live_on(self, day: date, product: str | None = None) -> Move | None:
        """The promotion or rollback by which a model was in force at the end of a day."""
        for scope in (product, ALL):
            found = [m for m in self.moves if m.scope == scope and m.role == Role.CHAMPION and m.day <= day]
            if scope is not None and found:
                return found[-1]
        return None

    def roles_of(self, digest: str) -> list[tuple[str, Role]]:
        """The scopes and roles that a model has now."""
        return sorted(place for place, holder in self.holders.items() if holder == digest)

    def was_champion(self, digest: str, scope: str) -> bool:
        """Whether a model was ever in force in a scope."""
        return any(m.model == digest and m.scope == scope and m.role == Role.CHAMPION for m in self.moves)

    def model(self, digest: str) -> Model:
        """A registered model by its whole digest or the beginning of it. Raises ModelNotRegistered, ModelAmbiguous."""
        found = [model for name, model in self.models.items() if digest and name.startswith(digest)]
        if len(found) > 1:
            raise ModelAmbiguous(
                "several registered models begin with these digits",
                expected="more digits",
                found=digest,
                field="model",
            )
        if not found:
            raise ModelNotRegistered(
                "no registered model has this digest",
                expected=", ".join(name[:SHORT] for name in self.models) or "no model is registered yet",
                found=digest,
                field="model",
                advice="assetlight models register DIGEST --developer PERSON",
            )
        return found[0]

    def _holder(self, role: Role, product: str | None) -> str | None:
        own = None if product is None else self.holders.get((product, role))
        return own or self.holders.get((ALL, role))
