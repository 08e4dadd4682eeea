"""Fixtures for every test: where the real data lies, and a skip that says so when it does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests import databases
from tests.databases import database_url, empty_database_url, postgresql, store, upgraded_sqlite

__all__ = ["database_url", "empty_database_url", "postgresql", "store", "upgraded_sqlite"]

# A shared machine is slow at times: a property fails for what it finds, never for how long it took.
settings.register_profile("assetlight", deadline=None)
settings.load_profile("assetlight")


def pytest_configure(config: pytest.Config) -> None:
    """Name the place of the PostgreSQL server, should a test need one."""
    databases.lead(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the PostgreSQL server, if there is one."""
    databases.finish(config)


ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the project; the test is skipped with the reason when it is absent."""
    folder = Path(os.environ.get("ASSETLIGHT_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("the real data lies beside the project and is not here: ../shared/data (or ASSETLIGHT_SHARED_DATA)")
    return folder


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of the person who runs it."""
    for name in [name for name in os.environ if name.startswith("ASSETLIGHT_") and name != "ASSETLIGHT_SHARED_DATA"]:
        monkeypatch.delenv(name)
