"""`assetlight train`: fit, check and publish a model from stored records and a file of labels."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


def train(  # noqa: PLR0913  (one parameter per option)
    *,
    labels: Annotated[
        Path, typer.Option(help="Workbook, CSV or Parquet with enterprise id and default flag / 标签文件")
    ],
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day the features are computed for / 时点")],
    home: Annotated[Path, typer.Option(envvar="ASSETLIGHT_HOME", help="Data directory / 数据目录")] = Path("var"),
    out: Annotated[
        Path | None, typer.Option(help="Write the bundle here instead, leaving CURRENT alone / 输出目录")
    ] = None,
    features: Annotated[str, typer.Option(help="Only these features, comma separated / 仅用这些特征")] = "",
    without: Annotated[str, typer.Option(help="Leave these features out, comma separated / 排除这些特征")] = "",
    central_tendency: Annotated[
        float | None, typer.Option(help="Long-run default rate, e.g. 0.02 / 长期违约率")
    ] = None,
    horizon_months: Annotated[int, typer.Option(min=1, max=60, help="Where labels have dates / 违约观察期（月）")] = 12,
    label_origin: Annotated[str | None, typer.Option(help="Where the labels come from / 标签来源")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same data and seed, same bundle / 随机种子")] = 7,
    repeats: Annotated[int, typer.Option(min=1, max=100, help="Of the cross-validation / 重复次数")] = 5,
    folds: Annotated[int, typer.Option(min=2, max=20, help="Of the cross-validation / 折数")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object / 只输出一个 JSON 对象")] = False,
) -> None:
    """Train a default-probability model and show how good it is beside simpler ones. 训练违约概率模型并与简单方法比较。

    Example: assetlight train --labels with_credit_record.xlsx --as-of 2020-02-29
    """
    # Imported here: `assetlight --help` loads this module and should not wait for scikit-learn.
    from models.features import CATALOGUE  # noqa: PLC0415
    from models.lake import Lake  # noqa: PLC0415
    from training.dataset import assemble  # noqa: PLC0415
    from training.labels import read_labels  # noqa: PLC0415
    from training.pipeline import TrainingPlan, train_bundle  # noqa: PLC0415
    from training.selection import choose_features, split_names  # noqa: PLC0415
    from training.showing import show  # noqa: PLC0415

    chosen = choose_features(CATALOGUE, split_names(features), split_names(without))
    found = read_labels(labels, label_origin)
    plan = TrainingPlan(seed=seed, repeats=repeats, folds=folds, central_tendency=central_tendency)
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=console, disable=as_json or not console.is_terminal, transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("features / 计算特征", total=plan.steps)
        data = assemble(Lake(home).tables(), found, as_of.date(), chosen, horizon_months=horizon_months)
        bar.update(task, description="cross-validating / 交叉验证")
        bundle = train_bundle(data, found, plan, lambda: bar.advance(task))
    directory = bundle.write(out) if out else bundle.publish(home)
    if as_json:
        typer.echo(json.dumps({"digest": bundle.digest, "bundle": str(directory), **bundle.card}, ensure_ascii=False))
    else:
        show(bundle, found, directory)
