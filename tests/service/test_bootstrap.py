"""What bootstrap builds: ids that sort by time, a bundle that is loaded once and follows CURRENT."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle import Bundle, BundleNotFound
from service.bootstrap import system_clock, uuid7
from service.bundles import BundleShelf
from service.errors import SettingNotUsable
from service.settings import read_settings
from tests.factories import bundle

moments = st.integers(0, 10**11).map(lambda ms: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
randomness = st.integers(0, 2**74 - 1)


@given(moments, randomness)
def test_ids_are_uuids_of_version_7(moment: datetime, number: int) -> None:
    """Version, variant, milliseconds and all 74 random bits stand where RFC 9562 wants them."""
    made = UUID(uuid7(moment, number))
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(moment.timestamp() * 1000)
    assert (made.int >> 64 & 0xFFF) << 62 | made.int & (1 << 62) - 1 == number


@given(moments, randomness, randomness)
def test_ids_sort_by_their_moment(moment: datetime, first: int, second: int) -> None:
    """A later millisecond is a larger id, whatever the random bits."""
    assert uuid7(moment, first) < uuid7(moment + timedelta(milliseconds=2), second)


def test_the_clock_knows_its_zone() -> None:
    """The clock gives aware moments."""
    assert system_clock().tzinfo is UTC


def test_the_bundle_is_loaded_once_and_follows_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishing another bundle takes effect at the next call; until then nothing is read again."""
    loads: list[Path] = []
    original = Bundle.load_current

    def counting(home: Path) -> Bundle:
        loads.append(home)
        return original(home)

    monkeypatch.setattr(Bundle, "load_current", counting)
    shelf = BundleShelf(tmp_path)
    with pytest.raises(BundleNotFound, match="no model has been trained"):
        shelf.current()
    bundle(seed=1).publish(tmp_path)
    first = shelf.current()
    assert shelf.current() is first
    bundle(seed=2).publish(tmp_path)
    assert shelf.current().digest == bundle(seed=2).digest != first.digest
    assert len(loads) == 3


def test_settings_come_from_the_environment_and_options_go_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """ASSETLIGHT_* is read, an option is stronger, and a wrong value names its variable."""
    monkeypatch.setenv("ASSETLIGHT_HOME", "/data")
    monkeypatch.setenv("ASSETLIGHT_PORT", "9000")
    assert read_settings().home == Path("/data")
    assert read_settings(home=Path("here"), port=None).home == Path("here")
    assert read_settings().store_url == "sqlite:////data/assessments.sqlite3"
    assert read_settings(database_url="postgresql+psycopg://bank/x").store_url == "postgresql+psycopg://bank/x"
    assert "teller" not in repr(read_settings(database_url="postgresql://teller:secret@host/x"))
    assert read_settings().embedded_store
    monkeypatch.setenv("ASSETLIGHT_PORT", "99999")
    with pytest.raises(SettingNotUsable, match="ASSETLIGHT_PORT"):
        read_settings()
