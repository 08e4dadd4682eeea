"""The README tells the truth: its commands exist, its worked case is computed, its links lead somewhere."""

from __future__ import annotations

import json
import re
import shlex
from decimal import Decimal
from pathlib import Path

import click
import pytest
import typer
from fastapi.testclient import TestClient

from service.api import create_app
from service.bootstrap import Service
from service.cli.app import commands
from service.people import Role
from tests.service.callers import token
from tests.service.conftest import home, service, stocked

__all__ = ["home", "service", "stocked"]

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CASE = README.split("## One worked case")[1].split("\n## ")[0]
COMMANDS = sorted(set(re.findall(r"(?:^\$ |`)assetlight ([^`\n]+)", README, flags=re.MULTILINE)))
EXAMPLE = json.loads((ROOT / "service/api/example_assessment.json").read_text(encoding="utf-8"))["decision"]
(CURL,) = re.findall(r"^\$ curl (.*)$", README, flags=re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_readme_exists_with_its_options(line: str) -> None:
    """Each `assetlight ...` of the README is a command that has the options it is shown with."""
    name, *words = line.split()
    group = typer.main.get_group(commands)
    command = group.get_command(click.Context(group), name)
    if words and hasattr(command, "commands"):  # a group such as `policy`
        command = command.commands[words.pop(0)]
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("target", sorted(set(re.findall(r"make ([a-z-]+)", README))))
def test_every_make_target_of_the_readme_exists(target: str) -> None:
    """Each `make ...` of the README is a target of the Makefile."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_link_of_the_readme_leads_to_a_file(target: str) -> None:
    """Each relative link of the README names a file or folder of the project."""
    assert (ROOT / target).exists()


def test_the_worked_case_is_the_decision_of_the_api_example() -> None:
    """Every amount and figure of the worked case is one that the engine computed for the same enterprise."""
    applied = {cap["code"]: Decimal(cap["value_yuan"]) for cap in EXAMPLE["caps"] if cap["status"] == "applied"}
    steps = {step["code"]: step for step in EXAMPLE["waterfall"]}
    shown = {Decimal(text.replace(",", "").replace("−", "-")) for text in re.findall(r"[−+]?[\d,]+\.\d\d\b", CASE)}
    computed = {
        *(Decimal(step[part]) for step in steps.values() for part in ("delta_yuan", "running_yuan")),
        *applied.values(),
        Decimal(EXAMPLE["limit_yuan"]),
        next(Decimal(gate["value"]) for gate in EXAMPLE["gates"] if gate["code"] == "turnover_not_positive"),
        round(Decimal(EXAMPLE["pd"] * 100), 2),
    }
    assert shown <= computed, "the README shows a figure that the engine did not compute"
    assert f"**{Decimal(EXAMPLE['limit_yuan']):,}**" in CASE
    assert f"{EXAMPLE['points']:.1f} points: {EXAMPLE['base_points']:.1f}" in CASE
    assert f"(grade {EXAMPLE['grade']})" in CASE


def test_the_request_of_the_readme_is_answered(service: Service) -> None:
    """The curl line, with an officer's token in it, makes an assessment; without the token it makes none."""
    words = shlex.split(CURL.replace("$TOKEN", token(service, Role.OFFICER)))
    path = words[1].removeprefix("http://127.0.0.1:8000")
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    body = words[words.index("-d") + 1]
    client = TestClient(create_app(service))
    assert client.post(path, content=body, headers=headers).status_code == 201
    del headers["authorization"]
    assert client.post(path, content=body, headers=headers).status_code == 401
