"""`assetlight validate`: the report on a stored bundle, made again from the stored records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from training.options import HomeOption, JsonOption

GATE_NOT_PASSED = 6  # exit code: the report is written, and a blocking gate is not passed


def validate(  # noqa: PLR0913  (one parameter per option)
    *,
    home: HomeOption = Path("var"),
    bundle: Annotated[
        Path | None, typer.Option(help="Folder of the bundle; default: the one in force / 模型包目录，默认为启用者")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="The label file, where the model was trained from one / 训练所用标签文件")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="The prepared table, where the model was trained from one / 训练所用表格")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Column of the table that holds the outcome, instead of the schema's / 标签列")
    ] = None,
    own: Annotated[
        list[Path] | None, typer.Option(help="Own columns that stood beside the features / 自有特征列文件")
    ] = None,
    schema: Annotated[
        list[Path] | None, typer.Option(help="Schema of the table, or of each --own in turn / 结构说明文件")
    ] = None,
    rejected: Annotated[
        Path | None, typer.Option(help="The rejected applicants, where the model learned from some / 训练所用被拒样本")
    ] = None,
    language: Annotated[
        Literal["zh", "en"], typer.Option("--lang", help="Of the page and the workbook / 报告语言")
    ] = "zh",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report; default: <home>/validations/<bundle> / 报告目录")
    ] = None,
    developer: Annotated[str | None, typer.Option(help="Who made the model / 开发者")] = None,
    validator: Annotated[str | None, typer.Option(help="Who validates it / 验证者")] = None,
    owner: Annotated[str | None, typer.Option(help="Who owns it / 模型所有者")] = None,
    exposure: Annotated[
        str | None, typer.Option(help="Exposure that hangs on it, in yuan; sets the tier / 敞口（元），决定重要性等级")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Validate a stored model: gather its rows and train again, then judge it. 验证已存模型：重取数据、重新训练并评价。

    Writes report.html (opens without network), report.xlsx and report.json, and latency.json beside them. Needs no word
    from those who trained the model: the card says what it was made from.
    """
    # Imported here: `assetlight --help` loads this module and should not wait for scikit-learn.
    from training.validation.redo import Redo  # noqa: PLC0415
    from training.validation.running import Wanted, run  # noqa: PLC0415

    wanted = Wanted(
        redo=Redo(home, labels, table, label, tuple(own or ()), tuple(schema or ()), rejected),
        bundle=bundle, language=language, out=out, developer=developer, validator=validator,
        owner=owner, exposure_yuan=exposure, as_json=as_json,
    )  # fmt: skip
    raise typer.Exit(0 if run(wanted).passed else GATE_NOT_PASSED)
