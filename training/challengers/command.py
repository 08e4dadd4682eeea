"""`assetlight scorecard`: the points table of the scorecard that learned with the model in force."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from training.options import HomeOption, JsonOption


def scorecard(
    *,
    home: HomeOption = Path("var"),
    bundle: Annotated[
        Path | None, typer.Option(help="Of this bundle, not of the one in force / 指定模型包目录")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table here as CSV / 导出CSV文件")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the scorecard of a training run: bins, default rates, WoE, IV and points. 显示评分卡分值表。

    Where the scorecard is the champion, the points are what a decision shows as contributions; else they are those of
    the challenger on the same rows.
    """
    # Imported here: `assetlight --help` loads this module and should not wait for LightGBM.
    from models.bundle import Bundle  # noqa: PLC0415
    from training.challengers.points_table import PointsRow, as_csv, no_scorecard  # noqa: PLC0415

    found = Bundle.load(bundle) if bundle else Bundle.load_current(home)
    if "scorecard" not in found.card:
        raise no_scorecard(found.digest)
    table = [PointsRow(**row) for row in found.card["scorecard"]]
    if csv is not None:
        csv.write_text(as_csv(table), encoding="utf-8-sig")
    if as_json:
        facts = {
            "bundle": found.digest, "champion": found.card["procedure"]["champion"], "caution": found.card["caution"],
            "rows": found.card["scorecard"], "csv": str(csv) if csv else None,
        }  # fmt: skip
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    console = Console()
    if found.caution:
        console.print(f"{found.caution['zh']} / {found.caution['en']}", style="bold")
    console.print(_shown(table, f"bundle / 模型包 {found.digest[:12]}, {found.card['procedure']['champion']}"))
    if csv is not None:
        console.print(f"written / 已导出: {csv}")


def _shown(rows: list[Any], title: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("特征\nfeature", overflow="fold", min_width=12)
    table.add_column("分箱\nbin", overflow="fold", min_width=10)
    for heading in ("行\nrows", "占比\nshare", "违约率\nrate", "WoE", "IV", "分\npoints"):
        table.add_column(heading, justify="right", no_wrap=True)
    before = None
    for row in rows:
        figures = ("", "", "", "", "")
        if row.rows is not None:
            figures = (
                f"{row.rows:,.0f}", f"{row.share:.1%}", f"{row.default_rate:.2%}",
                "" if row.woe is None else f"{row.woe:+.3f}", "" if row.iv is None else f"{row.iv:.3f}",
            )  # fmt: skip
        name = "" if row.column == before else f"{row.zh} {row.en}"
        before = row.column
        table.add_row(name, row.bin, *figures, f"{row.points:.1f}" if row.rows is None else f"{row.points:+.1f}")
    return table
