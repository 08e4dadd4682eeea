"""What is in force, derived from the records each time; a record that breaks a rule has no effect and is reported.

The same rules are checked before a record is written and whenever it is read, so a promotion that skipped validation or
approval is worth nothing, by whichever way its row came into the database.

Four eyes: the validator is not the developer; the approver is neither developer, validator, requester nor the one who
promotes. So no model is in force that fewer than three people have answered for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from models.tables import BANK_ZONE
from service.registry.chain import Refused
from service.registry.errors import (
    AlreadyInRole,
    ChampionChanged,
    GatesNotPassed,
    ModelAlreadyRegistered,
    ModelAmbiguous,
    ModelNotRegistered,
    NeverChampion,
    NotApproved,
    NotIndependent,
    NotValidated,
    ReasonMissing,
    RegistryRefusal,
    ReportNotUsable,
)
from service.registry.records import (
    ALL,
    JOB,
    Approved,
    Content,
    DriftMeasured,
    Planned,
    Promoted,
    Record,
    Registered,
    Role,
    RolledBack,
    Stopped,
    Validated,
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


def derive(records: Iterable[Record], foreign: Sequence[Refused] = ()) -> Standing:
    """The standing after all records. A record that breaks a rule is refused, and those after it are judged without."""
    standing = Standing(refused=list(foreign))
    for record in records:
        standing.records += 1
        standing.head = record.digest
        try:
            check(standing, model=record.model, actor=record.actor, content=record.content)
        except RegistryRefusal as refusal:
            standing.refused.append(Refused(record.sequence, record.kind.value, record.model, refusal.sentence()))
            continue
        _apply(standing, record)
    return standing


def check(standing: Standing, *, model: str, actor: str, content: Content) -> None:
    """Whether somebody may make this step now. Raises the RegistryRefusal that says why not."""
    match content:
        case Registered():
            if model in standing.models:
                raise ModelAlreadyRegistered("this model is registered already", found=model[:SHORT], field="model")
        case Validated():
            _check_validation(_registered(standing, model), actor, content)
        case Approved():
            _check_approval(_registered(standing, model), actor, content)
        case Promoted():
            _check_promotion(standing, _registered(standing, model), actor, content)
        case RolledBack():
            _check_rollback(standing, _registered(standing, model), content)
        case _:
            pass  # measurements and plans change nothing that is in force


def _check_validation(model: Model, actor: str, content: Validated) -> None:
    if not any(gate.blocking for gate in content.gates):
        raise ReportNotUsable("a validation without a blocking gate proves nothing", expected="at least one")
    _two(actor, "validator", model.facts.developer, "developer", model.digest)


def _check_approval(model: Model, actor: str, content: Approved) -> None:
    validation = _passed(model)
    if validation.identified_by == JOB:
        raise NotValidated(
            "a scheduled job has recorded the report of this model, but no person stands for it yet",
            expected="a validation by a person other than its developer",
            found=validation.actor,
            advice=f"assetlight models validate {model.digest[:SHORT]} --as PERSON",
        )
    if content.validation != validation.digest:
        raise NotApproved(
            "the approval is of another validation than the latest",
            expected=validation.digest[:SHORT],
            found=content.validation[:SHORT],
        )
    _two(actor, "approver", model.facts.developer, "developer", model.digest)
    _two(actor, "approver", validation.actor, "validator", model.digest)


def _check_promotion(standing: Standing, model: Model, actor: str, content: Promoted) -> None:
    _check_change(standing, model, content.role, content)
    _passed(model)
    if content.role is Role.CHALLENGER:
        if standing.champion(None if content.scope == ALL else content.scope) == model.digest:
            raise AlreadyInRole("the champion is not its own challenger", found=model.digest[:SHORT], field="model")
        return
    if not model.valid_approvals:
        raise NotApproved(
            "nobody has approved this model after its latest validation",
            expected="an approval by a person who is neither developer, validator, requester nor the one who promotes",
            found=model.digest[:SHORT],
            advice=f"assetlight models approve {model.digest[:SHORT]} --as PERSON",
        )
    involved = {content.requester: "asked for the promotion", actor: "promotes"}
    if not any(one.actor not in involved for one in model.valid_approvals):
        approver = model.valid_approvals[-1].actor
        raise NotIndependent(
            f"{approver} approved the model and {involved[approver]}: two people are needed",
            expected="an approver who neither asks for the promotion nor makes it",
            found=approver,
            field="actor",
        )


def _check_rollback(standing: Standing, model: Model, content: RolledBack) -> None:
    _check_change(standing, model, Role.CHAMPION, content)
    if not standing.was_champion(model.digest, content.scope):
        raise NeverChampion(
            "a rollback goes to an earlier champion of the same scope",
            expected=", ".join(
                sorted({m.model[:SHORT] for m in standing.moves if (m.scope, m.role) == (content.scope, Role.CHAMPION)})
            )
            or "no model was ever champion there",
            found=model.digest[:SHORT],
            field="model",
            advice="promote it instead",
        )
    _passed(model)


def _check_change(standing: Standing, model: Model, role: Role, content: Promoted | RolledBack) -> None:
    if not content.reason.strip():
        raise ReasonMissing("a change of what is in force needs a reason", field="reason", advice="--reason TEXT")
    holder = standing.holders.get((content.scope, role))
    if holder == model.digest:
        raise AlreadyInRole(f"this model is the {role.value} already", found=model.digest[:SHORT], field="model")
    if holder != content.replaces:
        raise ChampionChanged(
            f"the {role.value} of scope {content.scope} is no longer the one to replace",
            expected=(content.replaces or "none")[:SHORT],
            found=(holder or "none")[:SHORT],
            advice="look at `assetlight models list` and decide again",
        )


def _registered(standing: Standing, digest: str) -> Model:
    if digest not in standing.models:
        standing.model(digest if len(digest) == 64 else f"{digest} ")  # raises: a record names the whole digest
    return standing.models[digest]


def _passed(model: Model) -> Record:
    """The latest validation, all gates passed. Raises NotValidated, GatesNotPassed."""
    latest = model.validation
    if latest is None:
        raise NotValidated(
            "this model has not been validated",
            expected="a validation by a person other than its developer",
            found=model.digest[:SHORT],
            advice=f"assetlight models validate {model.digest[:SHORT]} --as PERSON",
        )
    failed = latest.content.failed
    if failed:
        raise GatesNotPassed(
            "a gate of the latest validation is not passed, so the model cannot take any role",
            expected="every gate passed",
            found=", ".join(failed),
            where=f"validation by {latest.actor}, report {latest.content.report_sha256[:SHORT]}",
        )
    return latest


def _two(first: str, as_what: str, second: str, as_whom: str, model: str) -> None:
    if first == second:
        raise NotIndependent(
            f"the {as_what} of a model must not be its {as_whom}",
            expected="another person",
            found=first,
            field="actor",
            where=f"model {model[:SHORT]}",
        )


def _apply(standing: Standing, record: Record) -> None:
    content = record.content
    match content:
        case Registered():
            standing.models[record.model] = Model(record.model, record)
        case Validated():
            standing.models[record.model].validations.append(record)
        case Approved():
            standing.models[record.model].approvals.append(record)
        case Promoted():
            _move(standing, record, content.scope, content.role, rollback=False)
        case RolledBack():
            _move(standing, record, content.scope, Role.CHAMPION, rollback=True)
        case DriftMeasured():
            standing.drift.append(record)
        case Planned():
            standing.plans.setdefault(content.key, record)
        case Stopped():
            standing.stops.append(record)
        case _:
            pass


def _move(standing: Standing, record: Record, scope: str, role: Role, *, rollback: bool) -> None:
    standing.holders[scope, role] = record.model
    standing.moves.append(Move(record.at, scope, role, record.model, record, rollback))
    if role is Role.CHAMPION and standing.holders.get((scope, Role.CHALLENGER)) == record.model:
        del standing.holders[scope, Role.CHALLENGER]
