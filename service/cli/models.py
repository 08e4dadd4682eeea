"""`assetlight models`: which models there are, what people have said about them, and which one is in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from models.bundle import Bundle
from models.errors import AssetlightError
from models.monitoring.reference import CARD_KEY
from service.bootstrap import Service, build
from service.cli.app import commands
from service.cli.context import Context, HomeOption, JsonOption, open_context, parse_day
from service.cli.models_shown import show_comparison, show_live, show_model, show_models, show_record, show_verified
from service.comparing import compare_cases
from service.errors import StoreUnusable
from service.registry.errors import ModelNotRegistered
from service.registry.facts import model_facts, move_facts, record_facts, standing_facts
from service.registry.records import ALL, Record, Role
from service.registry.registry import Actor
from service.settings import operating_system_user

models = typer.Typer(
    no_args_is_help=True,
    help="Models, their validation and approval, and which one is in force. 模型登记、验证、审批与启用。",
    epilog="Example: assetlight models list",
)
commands.add_typer(models, name="models")

ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="Digest of the bundle, or how it begins / 模型编号")
]
AsOption = Annotated[
    str | None,
    typer.Option("--as", metavar="PERSON", help="Who acts / 操作人", show_default="the user of the operating system"),
]
ScopeOption = Annotated[str, typer.Option("--scope", help="A product of the policy, or all / 适用产品")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept on record / 原因")]
RequestedByOption = Annotated[
    str | None,
    typer.Option("--requested-by", metavar="PERSON", help="Who asked for it / 申请人", show_default="who acts"),
]
NoteOption = Annotated[str, typer.Option("--note", help="A remark for the record / 备注")]


@models.command("list", epilog="Example: assetlight models list --json")
def list_models(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the registered models with role, validation and approval. 列出已登记模型。"""
    context, service = opened(home, as_json=as_json)
    facts = {**standing_facts(service.registry.standing()), "registry_required": context.settings.registry_required}
    context.finish(facts, lambda console: show_models(console, facts))


@models.command(epilog="Example: assetlight models show 3f2a9c")
def show(model: ModelArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show everything on record about one model; its bundle is verified. 查看模型的全部记录。"""
    context, service = opened(home, as_json=as_json)
    standing = service.registry.standing()
    found = standing.model(model)
    bundle = service.registry.bundle(found.digest)
    facts = {
        **model_facts(standing, found),
        "intact": True,
        "card": {key: part for key, part in bundle.card.items() if key != CARD_KEY},
    }
    context.finish(facts, lambda console: show_model(console, facts))


@models.command(epilog="Example: assetlight models register var/bundles/3f2a9c1b22aa --developer li.wei")
def register(
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="Folder of a bundle, or how its digest begins / 模型包")
    ],
    developer: Annotated[
        str | None,
        typer.Option("--developer", metavar="PERSON", help="Who made it / 开发人", show_default="who acts"),
    ] = None,
    note: NoteOption = "",
    acting: AsOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register a trained bundle. From then on it cannot change: its digests are checked at every load. 登记模型。"""
    context, service = opened(home, as_json=as_json)
    actor = actor_of(acting)
    folder = bundle_folder(context.home, bundle)
    made = service.registry.register(folder, developer=developer or actor.name, by=actor, note=note)
    finish(context, service, made)


@models.command(epilog="Example: assetlight models validate 3f2a9c --as wang.fang")
def validate(
    model: ModelArgument,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Folder of the report / 验证报告目录", show_default="where training put it"),
    ] = None,
    note: NoteOption = "",
    acting: AsOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a validation report on record; whoever acts stands for it and is not the developer. 记录验证结论。"""
    context, service = opened(home, as_json=as_json)
    finish(context, service, service.registry.validate(model, by=actor_of(acting), report=report, note=note))


@models.command(epilog="Example: assetlight models approve 3f2a9c --as zhao.min")
def approve(
    model: ModelArgument,
    note: NoteOption = "",
    acting: AsOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve a validated model; the approver is neither developer nor validator. 审批模型。"""
    context, service = opened(home, as_json=as_json)
    finish(context, service, service.registry.approve(model, by=actor_of(acting), note=note))


@models.command(epilog="Example: assetlight models promote 3f2a9c --reason 'better in all segments' --as chen.yu")
def promote(
    model: ModelArgument,
    reason: ReasonOption,
    role: Annotated[
        Role, typer.Option("--role", help="champion decides, challenger runs in shadow / 角色")
    ] = Role.CHAMPION,
    scope: ScopeOption = ALL,
    requested_by: RequestedByOption = None,
    acting: AsOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a model in force (champion) or into the shadow (challenger). 启用模型，或作为挑战者并行。

    Needs a validation with every gate passed; a champion also an approval by somebody who is neither developer nor
    validator, and who neither asks for the promotion nor makes it.
    """
    context, service = opened(home, as_json=as_json)
    made = service.registry.promote(
        model, by=actor_of(acting), reason=reason, role=role, scope=scope, requester=requested_by
    )
    finish(context, service, made)


@models.command(epilog="Example: assetlight models rollback 3f2a9c --reason 'arrears above plan' --as chen.yu")
def rollback(
    model: ModelArgument,
    reason: ReasonOption,
    scope: ScopeOption = ALL,
    requested_by: RequestedByOption = None,
    acting: AsOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put an earlier champion in force again; its gates are looked at again. 回退到以前的模型。"""
    context, service = opened(home, as_json=as_json)
    made = service.registry.roll_back(model, by=actor_of(acting), reason=reason, scope=scope, requester=requested_by)
    finish(context, service, made)


@models.command("live-on", epilog="Example: assetlight models live-on 2026-03-31")
def live_on(
    day: Annotated[date, typer.Argument(parser=parse_day, metavar="DATE", help="A day of the bank / 日期")],
    product: Annotated[str | None, typer.Option("--product", help="A product of the policy / 产品")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which model was in force at the end of a day, since when and by whose hand. 某日启用的是哪个模型。"""
    context, service = opened(home, as_json=as_json)
    move = service.registry.live_on(day, product)
    facts = {"on": day.isoformat(), "product": product, "model": move and move.model, "move": move and move_facts(move)}
    context.finish(facts, lambda console: show_live(console, facts))


@models.command(epilog="Example: assetlight models compare --since 2026-10-01")
def compare(
    since: Annotated[
        date | None,
        typer.Option("--since", parser=parse_day, metavar="DATE", help="First day / 起始日", show_default="all"),
    ] = None,
    challenger: Annotated[
        str | None, typer.Option("--challenger", metavar="MODEL", help="Which one / 挑战者", show_default="the one now")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the challenger with the champion on the cases that both have scored. 挑战者与现用模型对比。"""
    context, service = opened(home, as_json=as_json)
    standing = service.registry.standing()
    wanted = standing.model(challenger).digest if challenger else standing.challenger()
    if wanted is None:
        raise ModelNotRegistered(
            "no model is in the shadow",
            advice="assetlight models promote MODEL --role challenger --reason TEXT",
        )
    facts = {"challenger": wanted, **compare_cases(service.shadow_scores.cases(wanted, since))}
    context.finish(facts, lambda console: show_comparison(console, facts))


@models.command(epilog="Example: assetlight models verify")
def verify(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Verify every record, every rule, and every registered bundle; anything wrong exits with 1. 核验全部记录。"""
    context, service = opened(home, as_json=as_json)
    registry = service.registry
    damage = registry.damage()
    if damage:
        facts = {
            "records": None, "head": "", "models": 0, "broken": [], "refused": [],
            "damage": [one.as_dict() for one in damage], "exit_code": 1,
        }  # fmt: skip
        context.finish(facts, lambda console: show_verified(console, facts))
        raise typer.Exit(1)
    standing = registry.standing()
    broken = []
    for digest, model in standing.models.items():
        try:
            registry.check_report(model, registry.bundle(digest))
            registry.check_report_there(model)
        except StoreUnusable:
            raise
        except AssetlightError as error:
            broken.append({"model": digest, **error.as_dict()})
    wrong = bool(broken or standing.refused)
    facts = {
        "records": standing.records,
        "head": standing.head,
        "models": len(standing.models),
        "broken": broken,
        "refused": [one.as_dict() for one in standing.refused],
        "damage": [],
        "exit_code": int(wrong),
    }
    context.finish(facts, lambda console: show_verified(console, facts))
    raise typer.Exit(int(wrong))


def opened(home: Path | None, *, as_json: bool) -> tuple[Context, Service]:
    """The context of a command and the service on its data directory."""
    context = open_context(home, as_json=as_json)
    return context, build(context.settings)


def actor_of(acting: str | None) -> Actor:
    """Who acts: the name given, else the user of the operating system. The machine's log-in stands for it."""
    return Actor(acting or operating_system_user(), identified_by="command line")


def bundle_folder(home: Path, named: str) -> Path:
    """The folder that is meant by a path or by the beginning of a digest."""
    path = Path(named)
    if path.is_dir():
        return path
    found = sorted(folder for folder in (home / "bundles").glob(f"{named[:12]}*") if folder.is_dir()) if named else []
    return found[0] if len(found) == 1 else path


def finish(context: Context, service: Service, record: Record) -> None:
    """What was put on record, and what is in force now."""
    standing = service.registry.standing()
    in_force = {"champion": standing.champion(), "challenger": standing.challenger()}
    simulated = bool(record.model) and Bundle.load(context.home / "bundles" / record.model[:12]).simulated
    facts: dict[str, Any] = {"record": record_facts(record), "in_force": in_force, "simulated": simulated}

    def show_it(console: Console) -> None:
        show_record(console, facts)

    context.finish(facts, show_it)
