"""`assetlight demo`: the whole road on simulated data, by the very commands it prints."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.rule import Rule

from models.errors import AssetlightError
from service import serving
from service.assessing import has_stored_rows
from service.bootstrap import Service, build
from service.cli.app import commands
from service.cli.context import Context, HomeOption, JsonOption, open_context
from service.people import EVERYWHERE, Role
from service.people.development import WARNING_EN, DevelopmentIssuer
from service.settings import DEFAULT_HOME, read_settings

ENTERPRISES, MONTHS, SEED = 500, 36, 7
INVOICES_PER_MONTH, HARDSHIP = 6, 2  # a small, poor economy: enough defaults to learn from, few enough rows to wait for
LABELS_FROM = date(2022, 12, 31)  # the model learns from what was known then and from the defaults of the year after
SCORED_ON = date(2023, 12, 31)  # the last day of the simulation
ASKED_YUAN = "1000000"  # what every enterprise applies for: some get it, some less, some nothing
BANNER = "SIMULATED DATA 模拟数据: shows how the service works, proves nothing about how well it predicts."


class DemoStepFailed(AssetlightError):
    """One of the demo's commands ended with an error."""


@dataclass
class Demo:
    """One run: where it lives, how it prints, what each step gave."""

    context: Context
    home: Path
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def sample(self) -> Path:
        """Where the simulated files lie."""
        return self.home / "sample"

    def say(self, words: object) -> None:
        """Tell a person; in JSON mode standard output is kept for the one object."""
        if not self.context.json:
            self.context.out.print(words)

    def step(self, title: str, *arguments: str, done: bool = False) -> dict[str, Any]:
        """Print one command and run it, unless an earlier run has done it. Raises DemoStepFailed."""
        command = shlex.join(["assetlight", *arguments])
        self.say(Rule(f"[bold]{title}", align="left", style="dim"))
        self.say(f"[bold green]$[/] {command}" + ("   [dim]done by an earlier run, reused[/]" if done else ""))
        taken: dict[str, Any] = {"command": command, "reused": done}
        self.steps.append(taken)
        if done:
            return taken
        started = perf_counter()
        taken["result"] = self.run(command, list(arguments))
        taken["seconds"] = round(perf_counter() - started, 2)
        return taken

    def run(self, command: str, arguments: list[str]) -> Any:  # noqa: ANN401
        """Run one command in a process of its own, as a person would."""
        as_json = [*arguments, "--json"] if self.context.json else arguments
        self.context.out.file.flush()
        ended = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "service", *as_json],
            check=False,
            stdout=subprocess.PIPE if self.context.json else None,
            text=True,
        )
        if ended.returncode:
            raise DemoStepFailed(
                f"the demo stopped at {command}",
                found=f"exit code {ended.returncode}",
                advice=f"run that command by itself; remove {self.home} to start from nothing",
            )
        return json.loads(ended.stdout) if self.context.json else None


@commands.command(epilog="Example: assetlight demo --once")
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop before serving the API.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port of the API; 0 takes a free one.")] = 8000,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a small economy, import it, train, score, explain one enterprise, and serve the API.

    Lives in a directory of its own, demo/ inside the data directory, so it never mixes with the bank's data. A second
    run reuses what the first one made.
    """
    development = read_settings().issuer is None or None  # where the bank's own provider is set up, its tokens count
    context = open_context((home or DEFAULT_HOME) / "demo", as_json=as_json, port=port, development_issuer=development)
    run = Demo(context, context.home)
    started = perf_counter()
    run.say(f"[bold yellow]{BANNER}[/]")
    build(context.settings).upgrade_store()
    enterprise = run_road(run)
    facts: dict[str, Any] = {
        "home": str(run.home),
        "data": BANNER,
        "steps": run.steps,
        "explained": enterprise,
        "seconds": round(perf_counter() - started, 1),
    }
    if once:
        context.finish(facts, lambda console: show_end(console, run, facts))
        return
    with serving.bind(context.settings.host, port) as listening:
        facts["address"] = serving.address(listening)
        service = build(context.settings)
        facts["token"] = a_token(run, service)
        context.finish(facts, lambda console: show_address(console, run, facts))
        serving.run(service, listening)


def run_road(run: Demo) -> str:
    """Simulate, import, train, score, explain; gives the enterprise that was explained."""
    home, sample = str(run.home), run.sample
    size = (
        *("--enterprises", str(ENTERPRISES), "--months", str(MONTHS), "--seed", str(SEED)),
        *("--invoices-per-month", str(INVOICES_PER_MONTH), "--hardship", str(HARDSHIP)),
    )
    run.step(
        "1  A small simulated economy 模拟样本",
        *("simulate", "--out", str(sample), *size),
        done=(sample / "simulation.json").is_file(),
    )
    files = (str(sample / "invoices.parquet"), str(sample / "销项发票信息.csv"))
    run.step(
        "2  Import 导入",
        *("import", *files, "--origin", "simulated", "--home", home),
        done=has_stored_rows(build(run.context.settings).lake),
    )
    run.step(
        "3  Train 训练",
        *("train", "--labels", str(sample / "labels.csv"), "--as-of", LABELS_FROM.isoformat(), "--home", home),
        *("--challengers", "logistic_regression"),
        done=(run.home / "bundles" / "CURRENT").is_file(),
    )
    day = SCORED_ON.isoformat()
    run.step("4  Score the portfolio 批量评分", "score", "--as-of", day, "--amount", ASKED_YUAN, "--home", home)
    enterprise = typical_enterprise(run.home / "results" / f"scores-{day}.parquet")
    run.step(
        "5  Explain one limit 额度解释",
        *("explain", enterprise, "--as-of", day, "--amount", ASKED_YUAN, "--lang", "en", "--home", home),
    )
    again = shlex.join(["assetlight", "explain", enterprise, "--as-of", day, "--amount", ASKED_YUAN, "--lang", "zh"])
    run.say(f"[dim]In Chinese 中文:[/] {again} --home {home}")
    return enterprise


def typical_enterprise(results: Path) -> str:
    """The enterprise with the middle default probability among those that get less than they ask for.

    Where there are none, among those that get what they ask for; where there are none either, the first one.
    """
    rows = pq.read_table(results, columns=["enterprise_id", "outcome", "pd"]).to_pylist()
    for outcome in ("reduce", "approve"):
        found = sorted((row["pd"], row["enterprise_id"]) for row in rows if row["outcome"] == outcome)
        if found:
            return str(found[len(found) // 2][1])
    return str(rows[0]["enterprise_id"])


def show_end(console: Console, run: Demo, facts: dict[str, Any]) -> None:
    """What was made and how to go on."""
    console.print(Rule(style="dim"))
    console.print(f"[bold green]done[/] in {facts['seconds']} s; everything lies in {run.home}", soft_wrap=True)
    console.print(f"serve it: assetlight serve --home {run.home}", soft_wrap=True)


def a_token(run: Demo, service: Service) -> str | None:
    """A loan officer's token of the development issuer, so that the first request works; None where it is off."""
    if not service.settings.development_issuer:
        return None
    return DevelopmentIssuer(run.home).token(
        subject="dev:officer", name="officer", roles=[Role.OFFICER], branches=[EVERYWHERE], now=service.clock()
    )


def show_address(console: Console, run: Demo, facts: dict[str, Any]) -> None:
    """Where the API is, and a request to try."""
    base = facts["address"]
    console.print(Rule("[bold]6  Serve 服务", align="left", style="dim"))
    console.print(f"[bold green]$[/] assetlight serve --home {run.home}", soft_wrap=True)
    console.print(f"ready after {facts['seconds']} s: [bold cyan]{base}[/]   documentation: [cyan]{base}/docs[/]")
    asked = {"amount_yuan": ASKED_YUAN}
    body = json.dumps({"enterprise_id": facts["explained"], "as_of": SCORED_ON.isoformat(), "request": asked})
    if facts["token"] is not None:
        console.print(f"[bold white on red] {WARNING_EN} [/]")
        console.print(f"TOKEN={facts['token']}", soft_wrap=True)
        console.print(f"[dim]another: assetlight people token --role officer --home {run.home}[/]", soft_wrap=True)
    console.print(
        f'try: curl -s {base}/v1/assessments -H "authorization: Bearer $TOKEN" '
        f"-H 'content-type: application/json' -d '{body}'",
        soft_wrap=True,
    )
    console.print("Ctrl-C stops it.", style="dim")
