"""`assetlight train`: fit, check and publish a model from stored records and a file of labels."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from training.options import HomeOption, JsonOption


class Every(StrEnum):
    """How far apart the days of a panel are."""

    QUARTER = "quarter"
    MONTH = "month"

    @property
    def months(self) -> int:
        """The distance in months."""
        return 3 if self is Every.QUARTER else 1


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _tendency(text: str | None) -> float | str | None:
    """A rate or `off`; nothing where nothing was said."""
    if text is None or text == "off":
        return text
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter("a rate such as 0.02, or off", param_hint="--central-tendency") from None


def _names(text: str) -> tuple[str, ...]:
    return () if text == "none" else tuple(name.strip() for name in text.split(",") if name.strip())


def _check_assumption(rejected: Path | None, odds: float | None, *, table: bool) -> None:
    """Rejected applicants are rows of a table, and come with what is assumed of them."""
    if not table and (rejected or odds):
        raise typer.BadParameter("--rejected goes with --table: the rejected are rows of such a table without outcome")
    if (rejected is None) != (odds is None):
        raise typer.BadParameter("--rejected FILE and --rejected-odds FACTOR go together: the factor is an assumption")


def _draft(table: Path | None, into: Path, label: str | None) -> None:
    """Write a first schema; an existing file is left alone."""
    from training.table.draft import draft_schema  # noqa: PLC0415

    if table is None:
        raise typer.BadParameter("--write-schema needs the table: --table FILE")
    if into.exists():
        raise typer.BadParameter(f"{into} is there already and would be overwritten")
    into.write_text(draft_schema(table, label), encoding="utf-8")
    typer.echo(f"written / 已写入 {into}: check every line, then train / 请逐行核对后训练")


def train(  # noqa: PLR0913  (one parameter per option)
    *,
    labels: Annotated[
        Path | None, typer.Option(help="Workbook, CSV or Parquet with enterprise id and default flag / 标签文件")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day the features are computed for; of a panel the first / 时点"),
    ] = None,
    panel: Annotated[
        bool, typer.Option("--panel", help="Many days, outcomes from the loan records / 面板：违约由贷款记录得出")
    ] = False,
    to: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day of the panel; default: the last day known / 面板末时点"),
    ] = None,
    every: Annotated[Every, typer.Option(help="Distance between the days of the panel / 面板间隔")] = Every.QUARTER,
    test_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day to test on; default: the last two quarters / 检验起始时点"),
    ] = None,
    known_until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day about which loans are fully known / 贷款信息截止日"),
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="A prepared table alone: the rows themselves, with --schema / 自备数据表")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Column of the table that holds the outcome, instead of the schema's / 标签列")
    ] = None,
    own: Annotated[
        list[Path] | None,
        typer.Option(help="Own columns beside the features, each with its --schema; may be repeated / 自备特征列"),
    ] = None,
    schema: Annotated[
        list[Path] | None, typer.Option(help="Schema (YAML) of --table, or of each --own in turn / 数据表说明文件")
    ] = None,
    write_schema: Annotated[
        Path | None, typer.Option(help="Draft a schema of --table (or --own) into this file and stop / 生成说明草稿")
    ] = None,
    rejected: Annotated[
        Path | None,
        typer.Option(help="Rejected applicants beside --table; needs --rejected-odds / 被拒样本"),
    ] = None,
    rejected_odds: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=100, help="Assumed odds of default of the rejected at the same score / 拒绝样本几率倍数"
        ),
    ] = None,
    same_entities: Annotated[
        bool,
        typer.Option("--same-entities", help="Test on later rows of the same entities too / 检验允许同一企业"),
    ] = False,
    home: HomeOption = Path("var"),
    out: Annotated[
        Path | None, typer.Option(help="Write the bundle here instead, leaving CURRENT alone / 输出目录")
    ] = None,
    features: Annotated[str, typer.Option(help="Only these features, comma separated / 仅用这些特征")] = "",
    without: Annotated[str, typer.Option(help="Leave these features out, comma separated / 排除这些特征")] = "",
    central_tendency: Annotated[
        str | None,
        typer.Option(help="Long-run default rate, e.g. 0.02, or off; of a panel by default its own years / 长期违约率"),
    ] = None,
    champion: Annotated[
        str, typer.Option(help="lightgbm, scorecard or ebm: what goes into the bundle / 冠军模型")
    ] = "lightgbm",
    challengers: Annotated[
        str, typer.Option(help="Held against the champion, comma separated; none / 挑战者模型，逗号分隔")
    ] = "lightgbm,scorecard,ebm,logistic_regression",
    horizon_months: Annotated[int, typer.Option(min=1, max=60, help="Where labels have dates / 违约观察期（月）")] = 12,
    label_origin: Annotated[str | None, typer.Option(help="Where the labels come from / 标签来源")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same data and seed, same bundle / 随机种子")] = 7,
    repeats: Annotated[int, typer.Option(min=1, max=100, help="Of the cross-validation / 重复次数")] = 5,
    folds: Annotated[
        int | None, typer.Option(min=2, max=20, help="Of the cross-validation / 折数", show_default="5; of a panel 4")
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=10_000,
            help="Of the search for tree settings; fixes the digest / 参数搜索次数",
            show_default="4 depths out of time; else none",
        ),
    ] = None,
    time_budget: Annotated[
        float | None, typer.Option(min=1, help="Seconds after which the search starts no trial / 搜索时间预算（秒）")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Put it in force without demonstrated skill too / 未显示区分能力也启用")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write the validation report too / 同时写出验证报告")
    ] = True,
    report_to: Annotated[
        Path | None, typer.Option(help="Folder of the report; default: <home>/validations/<bundle> / 报告目录")
    ] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="Of the report / 报告语言")] = "zh",
    as_json: JsonOption = False,
) -> None:
    """Train a default-probability model and show how good it is beside simpler ones. 训练违约概率模型并与简单方法比较。

    Without demonstrated skill (the interval of the AUC holds 0.5, or that of the calibration slope 0) the model is
    written but not put in force, and the exit code is 4.

    Rows come from a file of labels on one day, or (--panel) from quarterly days whose outcomes the loan records tell,
    or (--table) from a prepared table with its schema. Rows with days are learned from on early days and tested on
    later days of other enterprises; every source is audited for leaks first. A validation report (page, workbook, JSON)
    is written at the end; `assetlight validate` makes it again.
    """
    # Imported here: `assetlight --help` loads this module and should not wait for scikit-learn.
    from training.plan import Plan  # noqa: PLC0415
    from training.running import Request, Rows, run  # noqa: PLC0415
    from training.search import SearchPlan  # noqa: PLC0415
    from training.validation.reporting import Reporting  # noqa: PLC0415

    own, schema = own or [], schema or []
    _check_assumption(rejected, rejected_odds, table=table is not None)
    if write_schema is not None:
        _draft(table or next(iter(own), None), write_schema, label)
        return
    if table is not None:
        if labels is not None or panel or own:
            raise typer.BadParameter("a prepared table brings rows and labels: leave --labels, --panel and --own out")
        if len(schema) != 1:
            raise typer.BadParameter("a prepared table needs its --schema FILE (--write-schema FILE drafts one)")
        rows = Rows.TABLE
    elif len(schema) != len(own):
        raise typer.BadParameter("give as many --schema as --own, in the same order")
    elif panel or to or known_until:
        if labels is not None:
            raise typer.BadParameter("a panel makes its labels from the loan records: leave --labels out")
        rows = Rows.PANEL
    elif labels is None or as_of is None:
        raise typer.BadParameter(
            "name --labels and --as-of, or --panel to take outcomes from the loan records, or --table and --schema"
        )
    else:
        rows = Rows.LABELS
    made = run(
        Request(
            rows=rows, home=home, labels=labels, label_origin=label_origin, as_of=_day(as_of), to=_day(to),
            every_months=every.months, known_until=_day(known_until), horizon_months=horizon_months,
            features=features, without=without, table=table, label_column=label, own=tuple(own), schemas=tuple(schema),
            rejected=rejected,
        ),
        Plan(
            seed=seed, repeats=repeats, folds=folds, test_from=_day(test_from), entities_apart=not same_entities,
            search=SearchPlan(trials, time_budget, home / "searches"),
            central_tendency=_tendency(central_tendency), champion=champion, challengers=_names(challengers),
            rejected_odds=rejected_odds,
        ),
        reporting=Reporting(report_to, lang) if report else None,
        out=out,
        force=force,
        as_json=as_json,
    )  # fmt: skip
    raise typer.Exit(made.exit_code)
