"""How the registry looks at the command line, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.registry.standing import SHORT

DEVELOPMENT = (
    "[bold yellow]NOT PROMOTED THROUGH THE REGISTRY 未经登记审批[/] — development mode 开发模式: "
    "the bundle last trained here decides"
)
SIMULATED = "[yellow]SIMULATED data 模拟数据: proves mechanics, not predictive power 只证明流程可用[/]"
DAMAGED = (
    "[bold red]records are missing or were changed 登记记录缺失或被改动[/]: nothing is in force until the database is "
    "restored from a backup made before; what the backup lacks is said by this command again 须从备份恢复数据库"
)
ROLES = {"champion": "[bold green]champion 现用[/]", "challenger": "[cyan]challenger 挑战者[/]"}
KINDS = {
    "model_registered": "registered 登记",
    "model_validated": "validated 验证",
    "model_approved": "approved 审批",
    "model_promoted": "promoted 启用",
    "model_rolled_back": "rolled back 回退",
}


def show_models(console: Console, facts: Mapping[str, Any]) -> None:
    """One line for each model."""
    if not facts["governed"]:
        console.print(DEVELOPMENT)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for words in (
        "model 模型",
        "role 角色",
        "developer 开发人",
        "trained as of 时点",
        "origin 数据来源",
        "gates 验证",
        "approved 审批",
    ):
        table.add_column(words, overflow="fold")
    for one in facts["models"]:
        table.add_row(
            one["digest"][:SHORT],
            "\n".join(ROLES[role["role"]] + of_scope(role["scope"]) for role in one["roles"]) or "-",
            Text(one["developer"]),
            one["trained_as_of"],
            Text(", ".join(one["data_origin"])),
            gates(one),
            "[green]yes 是[/]" if one["approved"] else "-",
        )
    console.print(
        table if facts["models"] else "No model is registered yet 尚未登记模型: assetlight models register BUNDLE"
    )
    if any(one["simulated"] for one in facts["models"]):
        console.print(SIMULATED)
    show_refused(console, facts["refused"])


def show_refused(console: Console, refused: list[dict[str, Any]]) -> None:
    """The rows that have no effect: somebody should look into it."""
    for one in refused:
        console.print(
            Text(
                f"row {one['sequence']} ({one['kind']}, model {str(one['model'])[:SHORT]}) has NO EFFECT 无效记录: "
                f"{one['reason']}",
                "bold red",
            )
        )


def short(digest: str | None, otherwise: str) -> str:
    """The digits by which a model is shown, or words where there is none."""
    return otherwise if digest is None else digest[:SHORT]


def gates(one: Mapping[str, Any]) -> str:
    """How the latest validation ended."""
    if not one["validated"]:
        return "not validated 未验证"
    if one["failed_gates"]:
        return f"[bold red]failed 未通过: {', '.join(one['failed_gates'])}[/]"
    if one["gates_passed"] < one["gates"]:
        return f"[green]{one['gates_passed']} of {one['gates']} passed 通过[/]; [yellow]none that bars 其余不阻断[/]"
    return f"[green]{one['gates']} passed 通过[/]"


def of_scope(scope: str) -> str:
    """The product of a role, nothing for all."""
    return "" if scope == "all" else f" ({scope})"


def show_model(console: Console, facts: Mapping[str, Any]) -> None:
    """A model and every record about it, oldest first."""
    console.print(f"[bold]{facts['digest']}[/]")
    roles = ", ".join(ROLES[role["role"]] + of_scope(role["scope"]) for role in facts["roles"])
    console.print(f"role 角色      {roles or '-'}")
    console.print(
        f"developer 开发 {facts['developer']}; trained as of {facts['trained_as_of']}, {facts['features']} features"
    )
    console.print(f"data 数据      {', '.join(facts['data_origin'])}; labels 标签: {facts['label_origin']}")
    console.print(f"gates 验证     {gates(facts)}")
    if facts["simulated"]:
        console.print(SIMULATED)
    records = [facts["registration"], *facts["validations"], *facts["approvals"], *facts["moves"]]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for words in ("no.", "record 记录", "by 操作人", "at 时间 (UTC)", "details 说明"):
        table.add_column(words, overflow="fold")
    for record in sorted(records, key=lambda one: one["sequence"]):
        table.add_row(
            str(record["sequence"]),
            KINDS.get(record["kind"], record["kind"]),
            Text(record["actor"]),
            record["at"][:19],
            details(record),
        )
    console.print(table)


def details(record: Mapping[str, Any]) -> Text:
    """What is worth a line of a record."""
    match record["kind"]:
        case "model_validated":
            failed = [gate["name"] for gate in record["gates"] if gate["blocking"] and not gate["passed"]]
            return Text(f"report {record['report_sha256'][:SHORT]}; failed 未通过: {', '.join(failed) or 'none 无'}")
        case "model_promoted" | "model_rolled_back":
            before = (record["replaces"] or "none")[:SHORT]
            return Text(
                f"{record.get('role', 'champion')} of {record['scope']}, was {before}; asked by {record['requester']}: "
                f"{record['reason']}"
            )
        case _:
            return Text(str(record.get("note", "")))


def show_record(console: Console, facts: Mapping[str, Any]) -> None:
    """What was put on record, and what is in force now."""
    record, in_force = facts["record"], facts["in_force"]
    console.print(
        f"[green]record {record['sequence']}[/]: {record['model'][:SHORT]} {KINDS.get(record['kind'], record['kind'])} "
        f"by {record['actor']}"
    )
    if record["kind"] == "model_validated":
        for gate in record["gates"]:
            failed = (
                "[bold red]FAILED 未通过[/]"
                if gate["blocking"]
                else "[yellow]not passed, does not bar 未过（不阻断）[/]"
            )
            mark = "[green]passed 通过[/]" if gate["passed"] else failed
            console.print(f"  {mark} {gate['name']}  ", Text(gate["found"], "dim"))
    console.print(
        f"in force 启用  {short(in_force['champion'], 'none promoted 无')}; "
        f"shadow 挑战者 {short(in_force['challenger'], 'none 无')}"
    )
    if facts["simulated"]:
        console.print(SIMULATED)


def show_live(console: Console, facts: Mapping[str, Any]) -> None:
    """The model of a day."""
    move = facts["move"]
    if move is None:
        console.print(f"{facts['on']}: no promoted model was in force 当日没有经登记启用的模型")
        return
    how = "rolled back to 回退" if move["rollback"] else "promoted 启用"
    console.print(
        f"{facts['on']}: [bold]{facts['model'][:SHORT]}[/] — {how} {move['at'][:10]} by {move['actor']}, asked by "
        f"{move['requester']}: {move['reason']}"
    )


def show_verified(console: Console, facts: Mapping[str, Any]) -> None:
    """What was verified, and what is wrong."""
    if facts["damage"]:
        for one in facts["damage"]:
            place = f"record {one['sequence']} ({one['kind']}, model {str(one['model'])[:SHORT] or '-'}): "
            console.print(Text((place if one["sequence"] else "") + one["reason"], "bold red"))
        console.print(DAMAGED)
        return
    console.print(f"{facts['records']} records, {facts['models']} models, head {facts['head'][:SHORT] or '-'}")
    for one in facts["broken"]:
        console.print(Text(f"model {one['model'][:SHORT]}: {one['message']} ({one['error']})", "bold red"))
    show_refused(console, facts["refused"])
    if not facts["broken"] and not facts["refused"]:
        console.print("[green]all intact 全部完好[/]")


def show_comparison(console: Console, facts: Mapping[str, Any]) -> None:
    """Champion and challenger on the same cases."""
    champions = ", ".join(digest[:SHORT] for digest in facts["champions"]) or "-"
    console.print(f"challenger 挑战者 [bold]{facts['challenger'][:SHORT]}[/] beside champion 对比现用 {champions}")
    took = facts.get("median_milliseconds")
    beside = "" if took is None else f"; {took} ms each, after the answer 每笔耗时（答复之后）"
    console.print(f"{facts['cases']:,} cases 笔, {facts['failures']:,} without answer 无结果{beside}")
    if not facts["cases"]:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for words in ("", "champion 现用", "challenger 挑战者"):
        table.add_column(words, justify="left" if not words else "right")
    for key, words in (
        ("mean_pd", "mean PD 平均违约概率"),
        ("approved", "approved or reduced 批准"),
        ("limit_yuan", "sum of limits 额度合计 (yuan)"),
    ):
        table.add_row(words, *(str(facts[key][side]) for side in ("champion", "challenger")))
    console.print(table)
    moved = facts["grades"]
    console.print(f"grade 等级: better 上升 {moved['better']}, same 相同 {moved['same']}, worse 下降 {moved['worse']}")
    console.print(
        f"other outcome 结论不同 {facts['other_outcome']}; rank correlation 秩相关 {facts['rank_correlation']}; "
        f"PSI of the PD {facts['psi']}"
    )
