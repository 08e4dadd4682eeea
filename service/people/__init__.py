"""Who calls: people by bearer token of the bank's identity provider, batch jobs by key; what each may do."""

from __future__ import annotations

from service.people.principal import EVERYWHERE, Principal
from service.people.roles import EVERYONE, Role

__all__ = ["EVERYONE", "EVERYWHERE", "Principal", "Role"]
