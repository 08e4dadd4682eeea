"""What the people who run the service need: logs, metrics, readiness, a stop that finishes what was begun."""

from __future__ import annotations
