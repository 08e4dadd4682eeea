"""The `assetlight` command group: merges plug-in commands and ends every command cleanly, whatever happened in it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from models.errors import AssetlightError
from service.cli.errors import EXIT_CODES, INTERRUPTED, disk_refused, report_error, report_unexpected, report_usage

ENTRY_POINTS = "assetlight.commands"
DEBUG = "--debug"
JSON = "--json"


# Command -> module that registers it in `commands` when imported, in the order of `assetlight --help`. A module is
# imported when its command is asked for, so that `assetlight version` does not wait for the web framework.
OWN_COMMANDS: dict[str, str] = {
    "demo": "service.cli.demo",
    "import": "service.cli.import_command",
    "rebucket": "service.cli.rebucket",
    "score": "service.cli.score",
    "batch": "service.cli.batch",
    "portfolio-report": "service.cli.portfolio_report",
    "allocate": "service.cli.allocate",
    "explain": "service.cli.explain",
    "value": "service.cli.value",
    "replay": "service.cli.replay",
    "notice": "service.cli.papers",
    "memo": "service.cli.papers",
    "serve": "service.cli.serve",
    "people": "service.cli.people",
    "events": "service.cli.events",
    "status": "service.cli.status",
    "models": "service.cli.models",
    "retrain": "service.cli.retrain",
    "drift": "service.cli.drift",
    "db": "service.cli.db",
    "audit": "service.cli.audit",
    "policy": "service.cli.policy",
    "version": "service.cli.version_command",
}


class Commands(TyperGroup):
    """Own commands first; the entry-point group is only loaded for a name that is not ours, or for the list."""

    plugins_loaded = False

    def load_own(self, name: str) -> None:
        """Import the module of one of our commands and take it in."""
        importlib.import_module(OWN_COMMANDS[name])
        self.commands[name] = get_group(commands).commands[name]

    def load_plugins(self) -> None:
        """Put every command of every plug-in beside our own; one of ours is never replaced."""
        if self.plugins_loaded:
            return
        self.plugins_loaded = True
        for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda found: found.name):
            try:
                plugin = get_group(point.load())
            except ModuleNotFoundError as missing:
                if (missing.name or "").split(".")[0] != point.module.split(".")[0]:
                    raise
                continue
            for name, command in plugin.commands.items():
                self.commands.setdefault(name, command)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """The command of that name, ours or a plug-in's."""
        if cmd_name not in self.commands:
            if cmd_name in OWN_COMMANDS:
                self.load_own(cmd_name)
            else:
                self.load_plugins()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401
        """All commands, ours first."""
        for name in OWN_COMMANDS:
            self.get_command(ctx, name)
        self.load_plugins()
        return [*OWN_COMMANDS, *(name for name in super().list_commands(ctx) if name not in OWN_COMMANDS)]

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002  (this group always ends the process itself)
        windows_expand_args: bool = True,
        **extra: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Run one command and leave the process with its exit code."""
        own, debug = without_debug(list(sys.argv[1:] if args is None else args))
        options = {"prog_name": prog_name, "complete_var": complete_var, "windows_expand_args": windows_expand_args}
        sys.exit(self.exit_code_of(own, debug=debug, options={**options, **extra}))

    def exit_code_of(self, args: list[str], *, debug: bool, options: dict[str, Any]) -> int:
        """Run one command; every way it can end is given as an exit code."""
        as_json = JSON in before_separator(args)
        try:
            result = super().main(args=args, standalone_mode=False, **options)
        except BrokenPipeError:
            return 1
        except (AssetlightError, OSError) as error:
            known = error if isinstance(error, AssetlightError) else disk_refused(error)
            return report_error(known, as_json=as_json, debug=debug)
        except typer.TyperException as error:
            return report_usage(error, as_json=as_json)
        except (KeyboardInterrupt, typer.Abort):
            sys.stderr.write("interrupted\n")
            return INTERRUPTED
        except Exception as error:
            return report_unexpected(error, as_json=as_json, debug=debug)
        return result if isinstance(result, int) else 0


def before_separator(args: list[str]) -> list[str]:
    """The arguments that can be options: those before a bare `--`."""
    return args[: args.index("--")] if "--" in args else args


def without_debug(args: list[str]) -> tuple[list[str], bool]:
    """The arguments without `--debug`, and whether it was among them."""
    options = before_separator(args)
    kept = [argument for argument in options if argument != DEBUG]
    return kept + args[len(options) :], len(kept) < len(options)


commands = typer.Typer(
    name="assetlight",
    cls=Commands,
    help="Default probability and explained credit limits for enterprises whose assets are data.\n\n"
    "Every command takes --json (one JSON object on standard output and nothing else there) and --debug (full "
    "traceback of an unexpected error); those that use stored data take --home DIRECTORY (ASSETLIGHT_HOME; "
    "default ./var).",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@commands.callback()
def assetlight() -> None:
    """Keep the group a group however many commands it has."""
