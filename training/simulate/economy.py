"""The economy, week by week: deals, deliveries, wages, taxes, loans and who pays whom out of what cash.

Default is never drawn. An enterprise sells what its customers ask for and what it can still buy inputs for; it collects
when its customers can pay; it pays wages, taxes, the bank and its suppliers, oldest first, from the cash that is there.
Suppliers that wait deliver less; customers that fail do not pay. 90 days after an instalment that cash could not cover,
the enterprise has defaulted, and its own suppliers lose what it owes them. All cash is whole fen.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from training.simulate.draws import Draws
from training.simulate.history import INFLOWS, LONGEST_TERMS, History, Loans, empty_history, sum_by
from training.simulate.network import OUTSIDE, Network
from training.simulate.population import ANCHOR, FRAUDSTER, STARTUP, Population
from training.simulate.settlement import NEVER, outside_delay
from training.simulate.weeks import DEFAULT_DAYS, Calendar

Real = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flag = npt.NDArray[np.bool_]

ANNUAL_RATE = 0.048
SMALLEST_LOAN_YUAN, LARGEST_LOAN_YUAN = 200_000, 40_000_000
CEASE_WEEKS = 39  # without credit from suppliers for so long, a firm without a loan closes quietly


class Economy:
    """The state of all enterprises at the beginning of a week; `run` lets the weeks pass."""

    def __init__(self, population: Population, network: Network, when: Calendar) -> None:
        p, n, self.when = population, population.size, when
        self.p, self.network, self.n = p, network, n
        weeks, months = when.weeks, int(when.month_of_week[-1]) + 1
        fixed = Draws(p.seed, "edge tax", network.key)
        rates = np.unique(p.tax_percent)
        own = p.tax_percent[np.maximum(network.seller, 0)]
        self.percent = np.where(network.seller >= 0, own, rates[fixed.below("rate", len(rates))])
        self.gross = self.percent + 100  # fen with tax per yuan without
        self.inside = (network.seller >= 0) & (network.buyer >= 0) & ~network.fake
        self.settling = np.flatnonzero(self.inside)
        self.cash = np.rint(p.level * p.opening_weeks * 100).astype(np.int64)
        self.payable = np.zeros((weeks + LONGEST_TERMS, n), dtype=np.int64)
        self.schedule = np.zeros((weeks + 64, n), dtype=np.int64)  # receipts to come, by week
        self.next_batch = np.zeros(n, dtype=np.int64)  # first due week not paid to suppliers
        self.shock = p.volatility * Draws(p.seed, "first shock", np.arange(n)).normal("x")
        just_lost = Draws(p.seed, "first shock", np.arange(n)).chance("lost much", 0.07)
        self.shock -= np.where(just_lost & (p.role != ANCHOR), 0.7, 0.0)
        self.sensitivity = 0.8 + 1.6 * Draws(p.seed, "macro", np.arange(n)).uniform("x")
        self.activity = np.ones(n)
        self.supply = np.ones(n)
        self.fixed_cost = p.fixed_share * p.level
        self.reported = p.level.copy()
        self.alive = np.ones(n, dtype=bool)
        self.wages_owed, self.tax_owed, self.vat, self.margin = (np.zeros(n, dtype=np.int64) for _ in range(4))
        self.bank_due, self.bank_paid = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        self.bank_due_by = np.zeros((months + 1, n), dtype=np.int64)
        self.next_instalment = np.zeros(n, dtype=np.int64)
        self.loan = np.full(n, -1)
        self.remaining, self.instalments_left = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        self.may_borrow_from = np.where(p.borrows, p.first_loan_week, weeks + 1)
        self.instalment_days: list[int] = []
        self.loans: list[tuple[Whole, Whole, Whole, Whole]] = []
        self.loan_count = 0
        self.equity: list[tuple[Whole, Whole, Whole]] = []
        self.h = empty_history(weeks, months, tax_percent=self.percent, opening_cash=self.cash)

    def run(self, progress: Callable[[int], None]) -> History:
        """Let every week pass and return what happened."""
        for week in range(self.when.weeks):
            self._week(week)
            progress(week + 1)
        nothing = [(np.zeros(0, dtype=np.int64),) * 4]
        self.h.loans = Loans(*(np.concatenate(part) for part in zip(*(self.loans or nothing), strict=True)))
        events = self.equity or [(np.zeros(0, dtype=np.int64),) * 3]
        week_, who, fen = (np.concatenate(part) for part in zip(*events, strict=True))
        self.h.equity_events = (week_, who, fen)
        return self.h

    def _flow(self, name: str, month: int, amount: Whole) -> None:
        """Book a flow and move the cash: the only place where cash changes."""
        self.h.flows[name][month] += amount
        self.cash += amount if name in INFLOWS else -amount

    def _pay(self, name: str, month: int, owed: Whole) -> Whole:
        """Pay as much of `owed` as there is cash for; returns what was paid."""
        paid = np.where(self.alive, np.minimum(self.cash, owed), 0)
        self._flow(name, month, paid)
        return np.asarray(paid)

    def _week(self, week: int) -> None:
        when, month = self.when, int(self.when.month_of_week[week])
        draws = Draws(self.p.seed, "week", np.arange(self.n), week)
        self._flow("receipts", month, self.schedule[week])
        sold, bought = self._trade(week, self._demand(draws, week))
        self._costs(sold, bought)
        if when.wage_weeks[week]:
            self.h.wages_due[month] = self.wages_owed * self.alive
            self.wages_owed -= self._pay("wages", month, self.wages_owed)
        if when.tax_weeks[week]:
            self._tax_day(draws, month)
        self._lend(draws, week, month)
        if when.instalment_weeks[week]:
            self._instalment_falls_due(week)
        self._repay(week, month)
        self._pay_suppliers(week, month)
        self._owners(draws, week, month)
        self._fail(week)
        self.h.cash[month] = self.cash
        self.h.overdue_weeks[month] = np.clip(week - self.next_batch, 0, 999)

    def _demand(self, draws: Draws, week: int) -> Real:
        """What outside customers ask for, against the usual level."""
        p = self.p
        self.shock += -0.01 * self.shock + p.volatility * 0.14 * draws.normal("shock")
        quality = np.where(p.role == STARTUP, 0.010 * (p.technology - 0.12), 0.0010 * (p.technology - 0.1))
        trend = np.clip(quality * week, -1.2, 2.2)
        return np.asarray(np.exp(self.shock + trend) * self.when.macro[week] ** self.sensitivity)

    def _trade(self, week: int, demand: Real) -> tuple[Whole, Whole]:
        """Deals of the week; returns sales and purchases in yuan net of tax, without paper trade."""
        p, e, h = self.p, self.network, self.h
        live = (e.start <= week) & (week < e.end)
        edge_draws = Draws(p.seed, "deal", e.key, week)
        chosen = np.flatnonzero(
            live & edge_draws.chance("happens", e.rhythm * self.when.pace[week] * np.sqrt(self.when.season[week]))
        )
        seller, buyer = e.seller[chosen], e.buyer[chosen]
        size = Draws(p.seed, "deal size", e.key[chosen], week)
        # Suppliers shorten the credit of a buyer that is late; a dead one buys nothing.
        overdue = np.maximum(0, week - self.next_batch - p.culture_weeks)
        credit = np.where(self.alive, np.clip(1 - 0.04 * (overdue - p.patience_weeks), 0.1, 1.0), 0.0)
        self.supply += 0.2 * (credit - self.supply)
        h.capacity[week] = np.maximum(self.supply, 0.02)
        pull = np.where(buyer >= 0, (self.activity * credit)[np.maximum(buyer, 0)], demand[np.maximum(seller, 0)])
        pull = np.where(e.fake[chosen], 1.0, pull)
        deliver = np.where((seller >= 0) & ~e.fake[chosen], h.capacity[week][np.maximum(seller, 0)], 1.0)
        alive = self.alive[np.maximum(seller, 0)] | (seller < 0)
        sd = p.deal_log_sd[np.where(seller >= 0, seller, buyer)]
        amount = e.amount[chosen] / e.rhythm[chosen] * pull * deliver * np.exp(sd * size.normal("size") - sd**2 / 2)
        amount *= np.sqrt(self.when.season[week])
        whole = np.minimum(np.rint(amount), 2e9).astype(np.int64) * (alive | ~e.fake[chosen])
        h.deals_yuan[week, chosen] = whole

        real = ~e.fake[chosen]
        sells, buys = real & (seller >= 0), real & (buyer >= 0)
        sold = sum_by(seller[sells], whole[sells], self.n)
        bought = sum_by(buyer[buys], whole[buys], self.n)
        paper = ~real
        self.reported += 0.014 * (sold + sum_by(seller[paper], whole[paper], self.n) - self.reported)
        self.activity += 0.15 * (np.clip(sold / np.maximum(p.level, 1), 0, 6) - self.activity)
        h.output[week] = sold / np.maximum(p.level, 1)
        gross = whole * self.gross[chosen]
        np.add.at(self.payable, (week + e.terms[chosen][buys], buyer[buys]), gross[buys])
        outward = np.flatnonzero(sells & (buyer == OUTSIDE))
        weeks = np.full(len(outward), week)
        delay = outside_delay(e, chosen[outward], weeks, self.when.macro, p.seed)
        paying = (delay < NEVER) & (week + 1 + delay < len(self.schedule))
        np.add.at(self.schedule, (week + 1 + delay[paying], seller[outward][paying]), gross[outward][paying])
        percent = self.percent[chosen]
        self.vat += sum_by(seller[sells], (whole * percent)[sells], self.n)
        self.vat -= sum_by(buyer[buys], (whole * percent)[buys], self.n)
        return sold, bought

    def _costs(self, sold: Whole, bought: Whole) -> None:
        """Wages and rent follow sales slowly, upwards faster than downwards."""
        target = self.p.fixed_share * self.p.level * np.clip(self.activity, 0.25, 4)
        self.fixed_cost += np.where(target > self.fixed_cost, 0.02, 0.018) * (target - self.fixed_cost)
        wages = np.rint(self.fixed_cost * 100).astype(np.int64) * self.alive
        self.wages_owed += wages
        self.margin += (sold - bought) * 100 - wages

    def _tax_day(self, draws: Draws, month: int) -> None:
        h, p = self.h, self.p
        h.vat_due[month] = np.where(self.alive, np.maximum(0, self.vat), 0)
        h.income_tax_due[month] = np.where(self.alive, np.maximum(0, self.margin) // 20, 0)
        self.vat = np.minimum(0, self.vat)  # input tax is carried forward
        self.margin = np.minimum(0, self.margin)
        self.tax_owed += h.vat_due[month] + h.income_tax_due[month]
        noise = np.exp(0.15 * draws.normal("income")) * np.clip(self.activity, 0.2, 3) * self.alive
        h.data_income[month] = np.rint(p.data_income * noise * 100).astype(np.int64)
        h.licence_income[month] = np.rint(p.licence_income * noise * 100).astype(np.int64)
        self._flow("other_income", month, h.data_income[month] + h.licence_income[month])
        self.tax_owed -= self._pay("taxes", month, self.tax_owed)

    def _lend(self, draws: Draws, week: int, month: int) -> None:
        """The bank lends against the sales it sees (paper trade included), once the last loan is repaid."""
        p = self.p
        ready = self.alive & (week >= self.may_borrow_from) & (self.instalments_left == 0)
        ready &= (self.bank_paid >= self.bank_due) & (self.wages_owed == 0)
        # Less where income comes in few large lumps, as any bank would.
        share = (0.185 + 0.22 * draws.uniform("share")) * np.clip(8.5 / p.patience_weeks, 0.4, 1.0)
        ready &= self.reported * 52 * share >= SMALLEST_LOAN_YUAN
        who = np.flatnonzero(ready)
        if len(who) == 0:
            return
        yuan = np.minimum(self.reported[who] * 52 * share[who], LARGEST_LOAN_YUAN)
        principal = np.rint(yuan / 10_000).astype(np.int64) * 1_000_000
        tenor = np.array([12, 24, 36])[draws.pick("tenor", (0.35, 0.35, 0.3))[who]]
        self.loans.append((who, np.full(len(who), week), principal, tenor))
        self.loan[who] = self.loan_count + np.arange(len(who))
        self.loan_count += len(who)
        self.remaining[who], self.instalments_left[who] = principal, tenor
        self.may_borrow_from[who] = np.where(
            draws.chance("again", 0.85)[who], week + 2 + tenor * 4 + 16 * draws.uniform("gap")[who], self.when.weeks + 1
        ).astype(np.int64)
        drawn = np.zeros(self.n, dtype=np.int64)
        drawn[who] = principal
        self._flow("loan_drawn", month, drawn)
        # The money is for something: machines and stock. A fraudster takes half of it away.
        spent = np.rint(drawn * (0.25 + 0.6 * draws.uniform("investment"))).astype(np.int64)
        honest = p.role != FRAUDSTER
        self._flow("investment", month, np.where(honest, spent, 0))
        self._flow("dividends", month, np.where(honest, 0, drawn // 2))

    def _instalment_falls_due(self, week: int) -> None:
        number, h = len(self.instalment_days), self.h
        self.instalment_days.append(int(self.when.instalment_day[week]))
        owing = self.instalments_left > 0
        part = np.where(owing, self.remaining // np.maximum(1, self.instalments_left), 0)
        interest = np.where(owing, np.rint(self.remaining * (ANNUAL_RATE / 12)).astype(np.int64), 0)
        h.due_principal[number], h.due_interest[number] = part, interest
        h.loan_of_instalment[number] = np.where(owing, self.loan, -1)
        self.remaining -= part
        self.instalments_left -= owing
        self.bank_due += part + interest
        self.bank_due_by[number] = self.bank_due

    def _repay(self, week: int, month: int) -> None:
        """Repay the bank, oldest instalment first, as far as cash goes."""
        self.bank_paid += self._pay("loan_repaid", month, self.bank_due - self.bank_paid)
        so_far = len(self.instalment_days)
        everyone = np.arange(self.n)
        for _ in range(so_far):
            index = np.minimum(self.next_instalment, so_far - 1)
            done = (self.next_instalment < so_far) & (self.bank_paid >= self.bank_due_by[index, everyone])
            done &= self.alive
            if not done.any():
                break
            paid = np.flatnonzero(done & (self.h.loan_of_instalment[index, everyone] >= 0))
            self.h.paid_week[index[paid], paid] = week
            self.next_instalment += done

    def _pay_suppliers(self, week: int, month: int) -> None:
        """Pay whole weekly batches of payables, oldest first, as many as cash covers; suppliers inside get theirs."""
        everyone, e = np.arange(self.n), self.network
        for _ in range(12):
            batch = np.minimum(self.next_batch, len(self.payable) - 1)
            owed = self.payable[batch, everyone]
            pays = self.alive & (self.next_batch + self.p.culture_weeks <= week) & (self.cash >= owed)
            if not pays.any():
                return
            self.h.settled_week[batch[pays], everyone[pays]] = week
            self._flow("suppliers", month, np.where(pays, owed, 0))
            edges = self.settling[pays[e.buyer[self.settling]]]
            made = batch[e.buyer[edges]] - e.terms[edges]
            edges, made = edges[made >= 0], made[made >= 0]
            money = self.h.deals_yuan[made, edges] * self.gross[edges]
            self.schedule[week + 1] += sum_by(e.seller[edges], money, self.n)
            self.next_batch += pays

    def _owners(self, draws: Draws, week: int, month: int) -> None:
        """Investors fund start-ups that convince them, owners sometimes help; surplus leaves the firm."""
        p, weekly = self.p, np.maximum(self.fixed_cost, 1) * 100
        startup = p.role == STARTUP
        appetite = 0.035 * (0.25 + 1.6 * p.technology) * self.when.macro[week] ** 4
        round_ = startup & (self.cash < 26 * weekly) & draws.chance("round", appetite)
        rescue = ~startup & (self.cash < weekly) & draws.chance("rescue", 0.02)
        rescue &= (self.bank_paid < self.bank_due) | (self.next_batch < week - 3)
        size = np.where(round_, 40 + 50 * draws.uniform("round size"), 3 + 9 * draws.uniform("rescue size"))
        money = np.where((round_ | rescue) & self.alive, np.rint(weekly * size / 1e6).astype(np.int64) * 1_000_000, 0)
        who = np.flatnonzero(money)
        self.equity.append((np.full(len(who), week), who, money[who]))
        self._flow("equity", month, money)
        if self.when.wage_weeks[week]:
            spend = (self.fixed_cost + p.variable_share * p.level) * 100
            surplus = np.where(startup | ~self.alive, 0, self.cash - np.rint(spend * p.buffer_weeks).astype(np.int64))
            self._flow("dividends", month, np.maximum(0, surplus) // 3)

    def _fail(self, week: int) -> None:
        """Default 90 days after an unpaid instalment; firms without a loan close when nobody supplies them."""
        last_day = int(self.when.monday(np.array(week))) + 6
        so_far = len(self.instalment_days)
        if so_far:
            days = np.array(self.instalment_days)
            unpaid = self.next_instalment < so_far
            day = days[np.minimum(self.next_instalment, so_far - 1)] + DEFAULT_DAYS
            failing = self.alive & unpaid & (day <= last_day)
            self.h.default_day[failing] = day[failing]
            self.alive &= ~failing
        stuck = week - self.next_batch - self.p.culture_weeks > CEASE_WEEKS
        closing = self.alive & stuck & (self.bank_due == self.bank_paid) & (self.instalments_left == 0)
        closing &= self.p.role != ANCHOR
        self.h.closed_week[closing] = week
        self.alive &= ~closing
