"""Who may take which step in a model's life: checked before a record is written, and whenever it is read.

Four eyes: the validator is not the developer; the approver is neither developer, validator, requester nor the one who
promotes. So no model is in force that fewer than three people have answered for.
"""

from __future__ import annotations

from service.registry.errors import (
    AlreadyInRole,
    ChampionChanged,
    GatesNotPassed,
    ModelAlreadyRegistered,
    NeverChampion,
    NotApproved,
    NotIndependent,
    NotValidated,
    ReasonMissing,
    ReportNotUsable,
)
from service.registry.records import (
    ALL,
    JOB,
    Approved,
    Content,
    Promoted,
    Record,
    Registered,
    Role,
    RolledBack,
    Validated,
)
from service.registry.standing import SHORT, Model, Standing


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
