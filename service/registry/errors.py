"""What the registry refuses, one class for each reason, and what it finds when somebody was at its records."""

from __future__ import annotations

from models.errors import AssetlightError


class RegistryRefusal(AssetlightError):
    """Base: a step in a model's life that the rules do not allow."""


class ModelNotRegistered(RegistryRefusal):
    """The step names a model that nobody has registered."""


class CandidateNotFound(RegistryRefusal):
    """The bundle that should be registered is not there."""


class ModelAlreadyRegistered(RegistryRefusal):
    """A model is registered once."""


class ModelAmbiguous(RegistryRefusal):
    """The beginning of a digest fits several registered models."""


class PersonNotUsable(RegistryRefusal):
    """A person is named by visible text."""


class ScopeUnknown(RegistryRefusal):
    """A scope is `all` or the code of a product of the policy."""


class ReasonMissing(RegistryRefusal):
    """A step that changes what is in force says why."""


class NotValidated(RegistryRefusal):
    """The model has no validation on record."""


class GatesNotPassed(RegistryRefusal):
    """A gate of the model's latest validation is not passed."""


class ReportNotUsable(RegistryRefusal):
    """A validation report is not there, is of another model, or names no gate."""


class ReportChanged(RegistryRefusal):
    """The report on disk is not the one that the validation on record was made on."""


class NotApproved(RegistryRefusal):
    """Nobody has approved the model after its latest validation."""


class NotIndependent(RegistryRefusal):
    """One person did two things that must be done by two."""


class ChampionChanged(RegistryRefusal):
    """What is in force is no longer what the step was to replace: somebody was faster."""


class AlreadyInRole(RegistryRefusal):
    """The model already has the role that it should be given."""


class NeverChampion(RegistryRefusal):
    """A rollback goes to an earlier champion of the same scope, and this model is none."""


class OwnColumnsRead(RegistryRefusal):
    """The model reads columns of a bank's own table; stored records, which the service scores, do not hold them."""


class DayNotReached(AssetlightError):
    """What was in force is asked for a day that has not come."""


class RegistryDamaged(AssetlightError):
    """Records of the registry are missing or were changed: nothing is in force until that is settled."""


class RegistryRequired(AssetlightError):
    """The service is set to use promoted models only, and none has been promoted."""


class RegistryKeyNotUsable(AssetlightError):
    """The key that seals the records is gone or too short."""


class RegistryBusy(AssetlightError):
    """Others kept writing, so that a record found no place."""
