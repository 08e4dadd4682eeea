"""How a failure looks at the command line: a table from class to exit code, a panel for people, JSON for machines."""

from __future__ import annotations

import json
import sys
import traceback

import typer
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from models.errors import AssetlightError

OK = 0
BAD_INPUT = 1
USAGE = 2
MISSING_PREREQUISITE = 3
NOT_PUT_IN_FORCE = 4  # by training: a model without demonstrated skill
REPLAY_DIFFERS = 5
GATE_NOT_PASSED = 6  # by training: a validation report is written, and a blocking gate is not passed
DRIFT_RED = 7  # the drift of a model is beyond what policy allows
SOME_FAILED = 8  # by a batch: done, but some enterprises could not be scored
ANOTHER_RUNS = 75  # EX_TEMPFAIL of sysexits.h: try again later
UNEXPECTED = 70
INTERRUPTED = 130

EXIT_CODES = """\
Exit codes: 0 done; 1 bad input (the message says what was expected); 2 wrong usage; 3 something must be done first
(the message names the command); 4 a model was written but not put in force, because it has shown no skill or is not
better than the champion; 5 a replayed decision comes out differently; 6 a validation report is written and a blocking
gate is not passed; 7 the drift of a model is beyond what policy allows; 8 done, but some enterprises could not be
scored; 70 unexpected error (--debug shows the traceback); 75 another such job runs, try again later; 130 interrupted.
"""

# By name, so that reading this table imports nothing. A subclass has the code of its nearest ancestor in the table.
EXIT_CODE_BY_ERROR: dict[str, int] = {
    "AssetlightError": BAD_INPUT,
    "NothingStored": MISSING_PREREQUISITE,
    "BatchNotFinished": MISSING_PREREQUISITE,
    "BundleNotFound": MISSING_PREREQUISITE,
    "DatabaseBehind": MISSING_PREREQUISITE,
    "LakeBusy": ANOTHER_RUNS,
    "LakeEmpty": MISSING_PREREQUISITE,
    "RetrainingRunning": ANOTHER_RUNS,
    "TrainingNotInstalled": MISSING_PREREQUISITE,
    "ModelNotRegistered": MISSING_PREREQUISITE,
    "NotApproved": MISSING_PREREQUISITE,
    "NotValidated": MISSING_PREREQUISITE,
    "RegistryRequired": MISSING_PREREQUISITE,
    "ScoresMissing": MISSING_PREREQUISITE,
    "ReferenceMissing": MISSING_PREREQUISITE,
}


def exit_code(error: AssetlightError) -> int:
    """The process exit code of an error."""
    for ancestor in type(error).__mro__:
        if ancestor.__name__ in EXIT_CODE_BY_ERROR:
            return EXIT_CODE_BY_ERROR[ancestor.__name__]
    return BAD_INPUT


class DiskRefused(AssetlightError):
    """The operating system refused to read or write: no space, no permission, not a directory."""


def disk_refused(error: OSError) -> DiskRefused:
    """The sentence about a refusal of the operating system; what was stored before is whole."""
    refused = DiskRefused(
        "a file or directory cannot be read or written",
        where=None if error.filename is None else str(error.filename),
        found=error.strerror or str(error),
        advice="Check space, permissions and --home, then run the command again: what was stored before is unchanged",
    )
    refused.__cause__ = error
    return refused


def report_error(error: AssetlightError, *, as_json: bool, debug: bool = False) -> int:
    """Say what went wrong; give the exit code."""
    if debug and error.__cause__ is not None:
        sys.stderr.write("".join(traceback.format_exception(error.__cause__)))
    code = exit_code(error)
    if as_json:
        report_object({**error.as_dict(), "exit_code": code})
    else:
        Console(stderr=True).print(error_panel(error))
    return code


def error_panel(error: AssetlightError) -> Panel:
    """The error as a person reads it: the sentence, then what was expected, found and where, then what to do."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for label, value in (
        ("where", error.where),
        ("field", error.field),
        ("expected", error.expected),
        ("found", None if error.found is None else repr(error.found)),
    ):
        if value is not None:
            facts.add_row(label, Text(str(value)))
    lines: list[Text | Table] = [Text(error.problem.rstrip(".") + ".", style="bold")]
    if facts.row_count:
        lines.append(facts)
    if error.advice:
        lines.append(Text("→ " + error.advice.rstrip(".") + ".", style="green"))
    return Panel(Group(*lines), title=type(error).__name__, title_align="left", border_style="red", expand=False)


def report_usage(error: typer.TyperException, *, as_json: bool) -> int:
    """A wrong command line: typer's own words, as an object when asked."""
    if as_json:
        message = error.format_message() or "no command given"
        report_object({"error": "WrongUsage", "message": message, "exit_code": USAGE})
        return USAGE
    if not error.format_message():  # no command at all: typer has printed the help
        return USAGE
    context = getattr(error, "ctx", None)
    console = Console(stderr=True)
    if context is not None:
        console.print(Text(context.get_usage()))
        console.print(Text(f"Try '{context.command_path} --help' for help.", style="dim"))
    console.print(
        Panel(Text(error.format_message()), title="Wrong usage", title_align="left", border_style="red", expand=False)
    )
    return USAGE


def report_unexpected(error: BaseException, *, as_json: bool, debug: bool) -> int:
    """A failure nobody foresaw: one line and how to see more; the traceback only when asked for."""
    if debug:
        sys.stderr.write("".join(traceback.format_exception(error)))
    summary = f"{type(error).__name__}: {error}"
    if as_json:
        report_object({"error": "UnexpectedError", "message": summary, "exit_code": UNEXPECTED})
    elif not debug:
        body = Text(summary, style="bold") + Text(
            "\n→ Run the same command with --debug to see the traceback.", "green"
        )
        Console(stderr=True).print(Panel(body, title="Unexpected error", title_align="left", border_style="red"))
    return UNEXPECTED


def report_object(facts: dict[str, object]) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    sys.stdout.flush()
