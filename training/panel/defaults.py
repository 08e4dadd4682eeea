"""When each borrower defaulted, from the records themselves: 90 days past due, or unlikely to pay (DOMAIN 7).

- `past_due`: an instalment unpaid 90 days after its due day, or a loan reported 90 days past due (its day is reckoned
  back from the report). A waived instalment does not count.
- `non_performing`: a loan reported as substandard, doubtful or loss. `restructured`: a loan reported as restructured.
- `unlikely_to_pay`: bankruptcy, or a court's list of dishonest debtors; not where the enterprise is the plaintiff.

This looks at everything known by the data's end, in hindsight, as an outcome must. Features never see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from models.errors import AssetlightError
from models.features.visibility import day_sql
from models.records.bank_loan import BANK_LOAN
from models.records.loan_repayment import LOAN_REPAYMENT
from models.records.risk_event import RISK_EVENT
from models.tables import Tables, empty_table

DAYS_PAST_DUE = 90
LOANS_SPEAK_EVERY_DAYS = 31
UNLIKELY_TO_PAY = ("bankruptcy", "dishonest_debtor")
NON_PERFORMING = ("substandard", "doubtful", "loss")
KINDS_READ = (BANK_LOAN, LOAN_REPAYMENT, RISK_EVENT)
_ZONE = "Asia/Shanghai"


class NoLoansKnown(AssetlightError):
    """There is no bank loan among the records: nobody could default."""


def last_day_known(tables: Tables) -> date:
    """The last day about which all is known of loans: what comes later is not known, good or bad.

    Loans speak once a month, so the feed counts as alive for a month after its last record, if other kinds still speak.
    Raises NoLoansKnown.
    """
    with loan_records(tables) as connection:
        loans = _last_learned(connection, ("bank_loan", "loan_repayment"))
        if loans is None:
            raise NoLoansKnown(
                "there is no bank loan and no repayment among the records",
                expected="records of the kinds bank_loan and loan_repayment",
                advice="Import the loan book, or train from a file of labels with --labels",
            )
        tables.attach(connection)
        others = _last_learned(connection, sorted(tables.by_kind)) or loans
    return min(max(loans, others), loans + timedelta(days=LOANS_SPEAK_EVERY_DAYS))


def _last_learned(connection: duckdb.DuckDBPyConnection, kinds: Sequence[str]) -> date | None:
    latest = " UNION ALL ".join(f"SELECT max(known_at) AS learned FROM {kind}" for kind in kinds)  # noqa: S608
    query = f"SELECT (max(learned) AT TIME ZONE '{_ZONE}')::DATE FROM ({latest})"  # noqa: S608
    ((found,),) = connection.sql(query).fetchall()
    return None if found is None else date.fromisoformat(str(found))


def first_defaults(tables: Tables, until: date) -> pa.Table:
    """enterprise_id, defaulted_on, cause: the first default of every enterprise that has one by `until`, sorted."""
    with loan_records(tables) as connection:
        return connection.sql(_FIRST.replace("{until}", day_sql(until))).to_arrow_table()


def loan_records(tables: Tables) -> duckdb.DuckDBPyConnection:
    """A connection with the three kinds attached, absent ones empty. Close it, or use it in a `with`."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    held = {kind.name: tables.by_kind.get(kind.name, empty_table(kind)) for kind in KINDS_READ}
    Tables(held).attach(connection)
    return connection


_FIRST = f"""
WITH causes AS (
    SELECT enterprise_id, due_on + {DAYS_PAST_DUE} AS on_day, 'past_due' AS cause
    FROM loan_repayment
    WHERE superseded_at IS NULL AND NOT coalesce(waived, false)
        AND due_principal_fen + coalesce(due_interest_fen, 0) > 0
        AND (days_past_due >= {DAYS_PAST_DUE} OR coalesce(paid_on >= due_on + {DAYS_PAST_DUE}, true))
    UNION ALL
    SELECT enterprise_id, (known_at AT TIME ZONE '{_ZONE}')::DATE - (days_past_due - {DAYS_PAST_DUE})::INT, 'past_due'
    FROM bank_loan WHERE days_past_due >= {DAYS_PAST_DUE}
    UNION ALL
    SELECT enterprise_id, (known_at AT TIME ZONE '{_ZONE}')::DATE,
        CASE WHEN risk_class IN {NON_PERFORMING} THEN 'non_performing' ELSE 'restructured' END
    FROM bank_loan WHERE risk_class IN {NON_PERFORMING} OR restructured
    UNION ALL
    SELECT enterprise_id, happened_on, 'unlikely_to_pay' FROM risk_event
    WHERE event IN {UNLIKELY_TO_PAY} AND coalesce(role NOT IN ('plaintiff', 'third_party'), true)
)
SELECT enterprise_id, min(on_day) AS defaulted_on, arg_min(cause, (on_day, cause)) AS cause
FROM causes WHERE on_day <= {{until}} GROUP BY enterprise_id ORDER BY enterprise_id
"""  # noqa: S608
