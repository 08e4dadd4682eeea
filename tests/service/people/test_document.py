"""The page about people tells the truth."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import typer
from fastapi.testclient import TestClient

from service.api import create_app
from service.bootstrap import build
from service.cli.app import commands
from service.people import Role
from service.settings import PREFIX, Settings, read_settings
from tests.service.callers import bearer
from tests.service.conftest import Run

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "people.md").read_text(encoding="utf-8")


def test_the_settings_are_those_of_the_service() -> None:
    """Every variable exists, with the default shown."""
    shown = dict(re.findall(rf"\| `{PREFIX}(\w+)` \|[^|]+\| ([^|]*)\|", PAGE))
    assert len(shown) == 10
    for name, default in shown.items():
        field = Settings.model_fields[name.lower()]
        assert default.strip().strip("`").split(":")[0] in ("none" if field.default is None else str(field.default), "")


def test_the_roles_are_those_of_the_service() -> None:
    """Every role with its words."""
    shown = re.findall(r"\| `(\w+)` \| (\S+) \| ([^|]+) \|", PAGE.split("## Roles")[1])
    assert shown == [(role.value, role.zh, role.en) for role in Role]


CONSOLE = "".join(re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL))


@pytest.mark.parametrize("line", re.findall(r"assetlight ([^\n]*?)\)?\n", CONSOLE))
def test_the_commands_exist_with_their_options(line: str) -> None:
    """Each command of the page can be typed."""
    command: click.Command = typer.main.get_group(commands)
    words = shlex.split(line)
    while isinstance(command, click.Group) or hasattr(command, "commands"):
        found = command.get_command(click.Context(command), words.pop(0))  # type: ignore[union-attr]
        assert found is not None
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_laptops_three_lines_work_as_they_stand(run: Run, home: Path) -> None:
    """The token of the page is Li Hua's, at a service with the development issuer on and the real clock."""
    (line,) = re.findall(r"\$\(assetlight (people token [^)]*)\)", PAGE)
    code, out, _ = run(*shlex.split(line), "--home", home)
    assert code == 0
    service = build(read_settings(home=home, development_issuer=True))
    me = TestClient(create_app(service)).get("/v1/me", headers=bearer(out.strip()))
    assert me.status_code == 200, me.text
    assert (me.json()["name"], me.json()["branches"]) == ("Li Hua", ["hangzhou"])
