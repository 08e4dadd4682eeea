"""`assetlight status`: what is stored, which model is in force, and what to do next."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from models.bundle import BundleNotFound
from models.lake import Manifest
from service.bootstrap import Service, build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context
from service.cli.models_shown import DEVELOPMENT, show_refused
from service.holdings import Holding, holdings
from service.people.development import WARNING_EN, WARNING_ZH
from service.registry.errors import RegistryRequired
from service.registry.standing import Standing


@commands.command(epilog="Example: assetlight status --home ./var")
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show what is stored, which bundle and policy are in force, and the command that comes next."""
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    facts = status_facts(service)
    context.finish(facts, lambda console: show_status(console, facts))


def status_facts(service: Service) -> dict[str, Any]:
    """Everything that is stored and in force, as plain facts."""
    stored = holdings(service.lake.tables()) if service.settings.home.exists() else []
    policy = service.assessor.policy_on(service.assessor.today())
    bundle = bundle_facts(service)
    standing = service.registry.standing()
    return {
        "home": str(service.settings.home.resolve()),
        "lake": lake_facts(service.lake.manifest()),
        "records": {one.kind.name: holding_facts(one) for one in stored},
        "bundle": bundle,
        "registry": {
            "governed": standing.governs,
            "required": service.settings.registry_required,
            "challenger": standing.challenger(),
            "failed_gates": failed_gates(standing),
            "refused": [one.as_dict() for one in standing.refused],
            "drift": drift_facts(standing, bundle),
        },
        "policy": {
            "on": policy.on.isoformat(),
            "digest": policy.digest,
            "products": sorted(policy.products),
            "not_stated": [asdict(item) for item in policy.unstated],
        },
        "people": people_facts(service),
        "not_as_told": [
            {"table": table, "id": row, "problem": problem} for table, row, problem in service.access_not_as_told()
        ],
        "next": next_command(stored, bundle),
    }


def lake_facts(manifest: Manifest) -> dict[str, int]:
    """The state of the lake: changes so far, hash buckets, and what its files come to."""
    parts = [part for kind in manifest.kinds for part in manifest.of(kind)]
    return {
        "generation": manifest.generation,
        "buckets": manifest.buckets,
        "files": len(parts),
        "rows": sum(part.rows for part in parts),
        "bytes": sum(part.size_bytes for part in parts),
    }


def holding_facts(holding: Holding) -> dict[str, Any]:
    """One kind's holding, as plain facts."""
    return {
        "zh": holding.kind.zh,
        "rows": holding.rows,
        "superseded": holding.superseded,
        "enterprises": holding.enterprises,
        "first_day": day_text(holding.first_day),
        "last_day": day_text(holding.last_day),
        "origins": list(holding.origins),
    }


def day_text(day: date | None) -> str | None:
    """ISO text of a day."""
    return day.isoformat() if day else None


def bundle_facts(service: Service) -> dict[str, Any] | None:
    """The bundle in force, or None before the first training."""
    try:
        bundle = service.bundles.current()
    except (BundleNotFound, RegistryRequired):
        return None
    return {
        "digest": bundle.digest,
        "trained_as_of": bundle.trained_as_of.isoformat(),
        "features": len(bundle.features),
        "data_origin": list(bundle.data_origin),
        "simulated": bundle.simulated,
    }


def people_facts(service: Service) -> dict[str, Any]:
    """Whose tokens the API takes."""
    settings = service.settings
    return {"issuer": settings.issuer, "development_issuer": settings.development_issuer}


def failed_gates(standing: Standing) -> list[str]:
    """Gates that the champion has failed since it was promoted: it stays in force until a person acts."""
    champion = standing.champion()
    latest = None if champion is None else standing.models[champion].validation
    return [] if latest is None else list(latest.content.failed)


def drift_facts(standing: Standing, bundle: dict[str, Any] | None) -> dict[str, Any] | None:
    """The last measurement of the model in force, None where there is none."""
    found = [one for one in standing.drift if bundle is not None and one.model == bundle["digest"]]
    if not found:
        return None
    content = found[-1].content
    return {
        "as_of": content.as_of.isoformat(),
        "level": content.level,
        "alerts": [alert.model_dump(mode="json") for alert in content.alerts],
    }


def next_command(stored: list[Holding], bundle: dict[str, Any] | None) -> str:
    """The command that makes sense next."""
    if not stored:
        return "assetlight import FILE..."
    if bundle is None:
        return "assetlight train --labels FILE --as-of DATE"
    return f"assetlight score --as-of {max(one.last_day for one in stored if one.last_day)}"


def show_registry(console: Console, facts: dict[str, Any]) -> None:
    """Whether the model was promoted by people, what runs in the shadow, and what somebody should look into."""
    registry = facts["registry"]
    if facts["bundle"] and not registry["governed"]:
        console.print(f"        {DEVELOPMENT}")
    if registry["challenger"]:
        console.print(f"shadow  {registry['challenger'][:12]}  challenger 挑战者, decides nothing")
    if registry["failed_gates"]:
        failed = ", ".join(registry["failed_gates"])
        console.print(
            f"        [bold red]the champion has failed since 现用模型后来未通过: {failed}[/]; consider models rollback"
        )
    show_refused(console, registry["refused"])
    if drift := registry["drift"]:
        style = {"green": "green", "amber": "yellow", "red": "bold red"}[drift["level"]]
        console.print(
            f"drift   {drift['as_of']}  [{style}]{drift['level'].upper()}[/]  {len(drift['alerts'])} alerts 告警"
        )


def show_status(console: Console, facts: dict[str, Any]) -> None:
    """A table of records, then model, policy and the next command."""
    table = Table(box=box.SIMPLE_HEAD, title=f"Stored in {facts['home']}", title_justify="left", pad_edge=False)
    table.add_column("records", no_wrap=True)
    for column in ("rows", "super-\nseded", "enter-\nprises"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("from\nto", no_wrap=True)
    table.add_column("origin", overflow="fold")
    for name, one in facts["records"].items():
        counts = (f"{one['rows']:,}", f"{one['superseded']:,}", f"{one['enterprises']:,}")
        days = f"{one['first_day'] or '-'}\n{one['last_day'] or '-'}"
        table.add_row(f"{one['zh']}\n{name}", *counts, days, ", ".join(one["origins"]))
    console.print(table if facts["records"] else f"Nothing is stored in {facts['home']} yet.")
    lake = facts["lake"]
    console.print(
        f"lake    {lake['buckets']:,} buckets 分桶, {lake['files']:,} files, {lake['bytes'] / 1e6:,.1f} MB, "
        f"change {lake['generation']:,}"
    )
    bundle = facts["bundle"]
    if bundle:
        origin = ", ".join(bundle["data_origin"])
        console.print(
            f"model   [bold]{bundle['digest'][:12]}[/]  trained as of {bundle['trained_as_of']} "
            f"on {bundle['features']} features, data: {origin}"
        )
        if bundle["simulated"]:
            console.print("        [yellow]SIMULATED data 模拟数据: proves mechanics, not predictive power[/]")
    else:
        console.print("model   none yet")
    show_registry(console, facts)
    policy = facts["policy"]
    console.print(f"policy  {policy['on']}  digest {policy['digest'][:12]}  products: {', '.join(policy['products'])}")
    for item in policy["not_stated"]:
        console.print(f"        [yellow]! {item['name']} is not stated / 未填报: {item['en']} / {item['zh']}[/]")
    for one in facts["not_as_told"]:
        console.print(
            f"access  [bold red]not as the ledger says 与账本不符[/]: {one['problem']}; audit verify names all"
        )
    who = facts["people"]
    if who["development_issuer"]:
        console.print(f"people  [bold white on red] {WARNING_EN} {WARNING_ZH} [/]")
    else:
        console.print(f"people  {who['issuer'] or 'no identity provider: API keys only'}")
    console.print(f"next    [green]{facts['next']}[/]")
