"""Training's commands: the `assetlight` command line finds them through the entry points `assetlight.commands`."""

from __future__ import annotations

import typer

from training.challengers.command import scorecard
from training.simulate.command import simulate
from training.train_command import train
from training.validate_command import validate

TRAIN_EPILOG = """\
Example: assetlight train --labels with_credit_record.xlsx --as-of 2020-02-29

Example: assetlight train --panel --as-of 2021-12-31 --to 2023-12-31 --every quarter

Example: assetlight train --table loans.csv --write-schema loans.yaml

Example: assetlight train --table loans.csv --schema loans.yaml --label defaulted

Example: assetlight train --panel --own bureau.parquet --schema bureau.yaml

Exit codes: 0 done; 1 bad input; 2 wrong usage; 3 something must be done first; 4 written but not put in force, because
the model has shown no skill; --debug shows the traceback of an unexpected error.
"""
SIMULATE_EPILOG = """\
Example: assetlight simulate --enterprises 300 --months 36 --out demo

Example, poor enough that `train --panel` has defaults to learn from, and small enough that simulate, import and train
take two to four minutes on a quiet machine:
assetlight simulate --enterprises 500 --months 48 --hardship 3 --invoices-per-month 4 --out sim

Exit codes: 0 done; 2 wrong usage; --debug shows the traceback of an unexpected error.
"""

SCORECARD_EPILOG = """\
Example: assetlight scorecard --csv points.csv

Exit codes: 0 done; 1 the bundle is corrupt, or no scorecard learned with it; 2 wrong usage; 3 no model yet.
"""
VALIDATE_EPILOG = """\
Example: assetlight validate --home var --lang en --validator "Wang Min"

Example: assetlight validate --bundle var/bundles/0123456789ab --labels with_credit_record.xlsx

Exit codes: 0 done, every blocking gate passed; 1 bad input; 2 wrong usage; 3 something must be done first; 6 the report
is written and a blocking gate is not passed; --debug shows the traceback of an unexpected error.
"""

commands = typer.Typer(no_args_is_help=True)
commands.command("simulate", epilog=SIMULATE_EPILOG)(simulate)
commands.command("scorecard", epilog=SCORECARD_EPILOG)(scorecard)
commands.command("train", epilog=TRAIN_EPILOG)(train)
commands.command("validate", epilog=VALIDATE_EPILOG)(validate)
