"""Why an application is not made, not moved or not shown. What is current goes with every conflict."""

from __future__ import annotations

from typing import Any

from models.errors import AssetlightError


class ApplicationNotFound(AssetlightError):
    """No application with that id is in the caller's reach; whether there is one elsewhere is not told."""


class AttachmentNotFound(AssetlightError):
    """The application has no attachment with that SHA-256."""


class OutsideReach(AssetlightError):
    """An application was made for a branch or park that the caller does not reach, or that it did not name."""


class TenorTooLong(AssetlightError):
    """The tenor is longer than the product's."""


class Conflict(AssetlightError):
    """Something else is current than what the caller saw; `members` says what."""

    def __init__(self, problem: str, *, current: dict[str, Any], **facts: Any) -> None:  # noqa: ANN401
        super().__init__(problem, **facts)
        self.members = {"current": current}

    @property
    def headers(self) -> dict[str, str]:
        """The tag of what is current."""
        return {"ETag": str(self.members["current"]["etag"])}


class VersionMissing(Conflict):
    """The change does not say which version it changes: 428."""


class VersionChanged(Conflict):
    """The application was changed since the caller read it: 412."""


class TransitionNotPossible(Conflict):
    """The application's state does not allow the action: 409."""


class ExposureChanged(Conflict):
    """The bank has committed itself to enterprise or group since the case was assessed: 409 until it is reassessed."""


class AssessmentTooOld(Conflict):
    """The case was assessed too long ago to be approved: 409 until it is assessed again."""


class WarnedSince(Conflict):
    """The early warning of today does not allow what was assessed before it: 409."""


class LineNotReplaceable(AssetlightError):
    """The application would replace a line that is not one of the enterprise's that can be replaced."""


class OverrideNotFound(AssetlightError):
    """The application has no override with that id."""


class OverrideNotPossible(Conflict):
    """The application is decided, or an override of the same kind is in force: 409."""


class FourEyes(AssetlightError):
    """Whoever submitted or overrode a case does not approve it, and two approvals are of two people: 403."""


class NotForThisRole(AssetlightError):
    """The table of transitions does not give the action to any role of the caller: 403."""


class AuthorityExceeded(AssetlightError):
    """The amount or grade lies beyond the caller's authority: 403."""


class StepWithoutReason(AssetlightError):
    """The action needs a reason in words."""


class AmountNotApprovable(AssetlightError):
    """The amount is not one that can be approved for this case."""


class OverrideRefused(AssetlightError):
    """The override lies outside the policy's bounds, or lacks reason, evidence or end."""


class CursorNotUnderstood(AssetlightError):
    """The cursor is not one that this list gave for these filters."""


class AttachmentRefused(AssetlightError):
    """A file whose name, type or content is not taken."""
