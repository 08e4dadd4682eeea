"""Every command ends cleanly: exit code, one JSON object, no traceback unless asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.errors import AssetlightError
from service.cli.app import OWN_COMMANDS, before_separator, without_debug
from service.cli.context import parse_day
from service.cli.errors import exit_code
from service.errors import DayNotUnderstood, NothingStored

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make `assetlight version` fail with a given error."""

    def fail_with(error: BaseException) -> None:
        def raise_it(*_: Any, **__: Any) -> None:
            raise error

        monkeypatch.setattr("service.cli.version_command.open_context", raise_it)

    return fail_with


def one_object(out: str) -> dict[str, Any]:
    assert out.endswith("\n")
    assert out.count("\n") == 1
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def test_version_is_one_json_object_and_nothing_else(run: Run) -> None:
    """`--json` prints exactly one object on standard output."""
    code, out, err = run("version", "--json")
    assert (code, err) == (0, "")
    assert one_object(out)["assetlight"]


@pytest.mark.parametrize("name", OWN_COMMANDS)
def test_help_of_every_command_has_an_example_and_the_shared_options(run: Run, name: str) -> None:
    """Every command explains itself."""
    code, out, _ = run(name, "--help")
    assert code == 0
    assert "Example" in out
    assert f"assetlight {name}" in out
    if name not in ("policy", "db", "audit", "models", "people", "events"):  # groups: its commands carry the options
        assert "--json" in out
        assert "--home" in out


def test_help_lists_every_command_and_the_exit_codes(run: Run) -> None:
    """The first page names every command of ours and what the exit codes mean."""
    code, out, _ = run("--help")
    assert code == 0
    assert all(name in out for name in OWN_COMMANDS)
    assert "Exit codes" in out


def test_an_error_of_ours_is_a_panel_without_traceback(run: Run, failing: Callable[[BaseException], None]) -> None:
    """A failure says what was expected, found and to be done, on standard error only."""
    failing(
        AssetlightError("the file is wrong", expected="a workbook", found=[1], where="a.xlsx", advice="use another")
    )
    code, out, err = run("version")
    assert (code, out) == (1, "")
    for part in ("the file is wrong.", "a workbook", "[1]", "a.xlsx", "→ use another."):
        assert part in err
    assert "Traceback" not in err


def test_an_error_of_ours_is_an_object_when_asked(run: Run, failing: Callable[[BaseException], None]) -> None:
    """With `--json` the failure itself is the one object, with its exit code."""
    failing(NothingStored("nothing", advice="run assetlight import"))
    code, out, err = run("version", "--json")
    assert (code, err) == (3, "")
    assert one_object(out) == {
        "error": "NothingStored",
        "message": "nothing",
        "advice": "run assetlight import",
        "exit_code": 3,
    }


def test_an_unforeseen_error_is_one_message_and_a_way_to_the_traceback(
    run: Run, failing: Callable[[BaseException], None]
) -> None:
    """A bug shows no traceback until `--debug` asks for it."""
    failing(ZeroDivisionError("by nought"))
    code, _, err = run("version")
    assert code == 70
    assert "by nought" in err
    assert "--debug" in err
    assert "Traceback" not in err
    code, out, err = run("version", "--json", "--debug")
    assert code == 70
    assert one_object(out)["error"] == "UnexpectedError"
    assert "Traceback" in err


def test_a_refusal_of_the_disk_is_bad_input_with_advice(run: Run, failing: Callable[[BaseException], None]) -> None:
    """A full disk or a wrong directory is no unexpected error: it says where, and the traceback waits for --debug."""
    failing(OSError(28, "No space left on device", "/full/lake"))
    code, out, _ = run("version", "--json")
    assert code == 1
    told = one_object(out)
    assert (told["error"], told["where"], told["found"]) == ("DiskRefused", "/full/lake", "No space left on device")
    code, _, err = run("version", "--debug")
    assert code == 1
    assert "Traceback" in err


def test_an_interrupt_is_quiet(run: Run, failing: Callable[[BaseException], None]) -> None:
    """Ctrl-C ends with 130 and one word."""
    failing(KeyboardInterrupt())
    code, out, err = run("version")
    assert (code, out) == (130, "")
    assert "Traceback" not in err


@pytest.mark.parametrize("args", [("version", "--nonsense"), ("nosuch",), ()])
def test_a_wrong_command_line_is_usage(run: Run, args: tuple[str, ...]) -> None:
    """Wrong usage is exit code 2, also as an object."""
    assert run(*args)[0] == 2
    code, out, _ = run(*args, "--json")
    assert code == 2
    assert one_object(out)["exit_code"] == 2


def test_exit_code_of_a_subclass_is_that_of_its_nearest_ancestor() -> None:
    """A new kind of missing prerequisite needs no new line in the table."""

    class NothingStoredHere(NothingStored):
        pass

    assert exit_code(NothingStoredHere("x")) == 3
    assert exit_code(AssetlightError("x")) == 1


def test_debug_is_only_an_option_before_a_bare_separator() -> None:
    """What follows `--` is text, not an option."""
    assert without_debug(["a", "--debug", "--", "--debug"]) == (["a", "--", "--debug"], True)
    assert without_debug(["a", "--", "--debug"]) == (["a", "--", "--debug"], False)
    assert before_separator(["--json", "--", "x"]) == ["--json"]


@pytest.mark.parametrize("text", ["2020-02-29", "2020/2/29", " 2020-2-29 "])
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    """Slashes and single digits are days too."""
    assert parse_day(text).isoformat() == "2020-02-29"


@pytest.mark.parametrize("text", ["2021-02-29", "yesterday", "20200229x", ""])
def test_what_is_not_a_day_is_refused(text: str) -> None:
    """A wrong day names what was expected."""
    with pytest.raises(DayNotUnderstood, match="a day such as 2020-02-29"):
        parse_day(text)


def test_a_terminal_without_chinese_does_not_stop_the_work() -> None:
    """What the terminal cannot show is shown as an escape."""
    done = subprocess.run(
        [sys.executable, "-m", "service", "policy", "show", "--on", "2020-02-29"],
        capture_output=True,
        cwd=Path.cwd(),
        check=True,
        env={"PYTHONIOENCODING": "ascii", "ASSETLIGHT_LANG": "en", "ASSETLIGHT_SHARED_DATA": "elsewhere"},
    )
    assert done.stdout.isascii()
    assert done.stderr == b""


def test_a_closed_pipe_is_quiet() -> None:
    """A reader that goes away leaves no traceback."""
    command = f"{sys.executable} -m service version --json | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=Path.cwd(), check=False)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
