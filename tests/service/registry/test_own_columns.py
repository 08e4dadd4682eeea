"""A model of a bank's own columns is known to the registry, and never in force: stored records do not hold them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from service.registry.errors import OwnColumnsRead
from service.registry.records import Role
from tests.registry_desk import APP, DEV, OWN, VAL, desk, skilled, write_report


@pytest.mark.parametrize("role", [Role.CHAMPION, Role.CHALLENGER])
def test_it_is_not_promoted(tmp_path: Path, role: Role) -> None:
    """Registered, validated and approved like any other; the promotion says which columns, and how to use it."""
    plain = skilled()
    column = {"name": plain.features[0]}
    own = replace(plain, card={**plain.card, "own_columns": {"alone": False, "tables": [{"columns": [column]}]}})
    assert own.own_columns == (plain.features[0],)
    registry = desk(tmp_path)
    directory = own.write(tmp_path / "bundles" / own.digest[:12])
    write_report(tmp_path, own.digest)
    registry.register(directory, developer=DEV.name, by=DEV)
    registry.validate(own.digest, by=VAL)
    registry.approve(own.digest, by=APP)
    with pytest.raises(OwnColumnsRead, match="own table") as refused:
        registry.promote(own.digest, by=OWN, reason="it is better", role=role)
    assert refused.value.found == plain.features[0]
    assert "score --table" in str(refused.value.advice)
    assert not registry.standing().governs
