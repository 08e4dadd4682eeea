"""One event as CloudEvents 1.0 in JSON, and the types that there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

IDS = uuid5(NAMESPACE_URL, "urn:assetlight:events")
MEDIA_TYPE = "application/cloudevents+json"
SOURCE = "urn:assetlight"  # what a bank with several installations sets otherwise

TYPES: dict[str, tuple[str, str]] = {
    "application.assessed": ("申请已评估或重新评估", "an application was made and assessed, or assessed again"),
    "application.submitted": ("申请已送审", "the officer submitted it"),
    "application.approval_given": ("一名审批人已同意，仍需另一名", "one approver said yes and another one is needed"),
    "application.approved": ("申请已批准", "it is approved"),
    "application.declined": ("申请已拒绝", "a person declined it"),
    "application.returned": ("申请已退回", "it went back to the officer"),
    "application.withdrawn": ("申请已撤回", "the officer withdrew it"),
    "application.overridden": ("等级或金额已人工调整", "a person overrode grade or amount"),
    "application.override_ended": ("人工调整已提前终止", "an override was ended before its day"),
    "application.activated": ("额度已生效", "the line is active"),
    "application.frozen": ("额度已冻结", "the line is frozen"),
    "application.unfrozen": ("额度已解冻", "the line is active again"),
    "application.closed": ("额度已关闭", "the line is closed"),
    "limit.changed": ("可用额度已变化", "the amount that may be drawn is another one"),
    "model.promoted": ("模型已启用", "a model was given a role"),
    "model.rolled_back": ("模型已回退", "an earlier champion is in force again"),
}


@dataclass(frozen=True)
class Event:
    """What happened (`type`) to what (`subject`), when, and the facts. `source`: the installation that says so."""

    id: str
    type: str
    subject: str
    at: datetime
    source: str
    facts: Mapping[str, Any]

    def body(self) -> bytes:
        """The event as it is kept, signed and sent. Raises ValueError for a type that is not one of ours."""
        if self.type not in TYPES:
            raise ValueError(f"no event has the type {self.type}")
        attributes = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.at.astimezone(UTC),
            "datacontenttype": "application/json",
        }
        return JSONFormat().write(CloudEvent(attributes, dict(self.facts)))


def event_id(subject: str, version: int | str, kind: str) -> str:
    """The id of what happened to a version of a subject: the same whenever it is asked for, and no other event's."""
    return str(uuid5(IDS, f"{subject} {version} {kind}"))


def wanted(kind: str, patterns: tuple[str, ...]) -> bool:
    """Whether a subscription's patterns (a type, `application.*`, or `*`) name a type."""
    return any(one in ("*", kind) or (one.endswith(".*") and kind.startswith(one[:-1])) for one in patterns)
