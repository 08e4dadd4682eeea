"""The family network again: dictionaries, loops and brute force over small economies, from the definitions."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from itertools import permutations, product
from typing import Any

from tests.models.features.kind_rows import Books, frames_of
from tests.models.features.oracle_settlement import rows_of
from tests.models.features.oracles import Values, begins_after, divided

SHARED = {"shareholder", "controller", "representative", "director", "family", "phone", "address", "device", "account"}
GRAVE = {
    *("judgment_debtor", "dishonest_debtor", "consumption_limit", "asset_freeze", "tax_abnormal", "tax_arrears"),
    *("serious_violation", "bill_overdue", "duplicate_pledge", "founder_unreachable", "bankruptcy"),
}
Net = dict[str, int]


class Economy:
    """The books of everyone as seen on a day."""

    def __init__(self, rows: Books, as_of: date) -> None:
        self.as_of = as_of
        who = {row["enterprise_id"] for of in rows.values() for row in of}
        seen = {e: frames_of(rows, e, as_of) for e in who}
        self.invoices = {e: rows_of(frames["invoice"]) for e, frames in seen.items()}
        self.ties = {
            e: [r for r in rows_of(frames["relation"]) if r.until_on is None or r.until_on > as_of]
            for e, frames in seen.items()
        }
        self.events = {e: rows_of(frames["risk_event"]) for e, frames in seen.items()}
        self.everyone = {e for e, of in self.invoices.items() if of}

    def slot(self, day: date) -> int | None:
        """Which of the last 12 months a day lies in."""
        for age in range(12):
            if begins_after(self.as_of, age + 1) < day <= begins_after(self.as_of, age):
                return age
        return None

    def book(self, e: str, direction: str) -> Net:
        """Positive net trade by party over 12 months."""
        net: Net = defaultdict(int)
        for row in self.invoices.get(e, ()):
            if row.direction == direction and row.status == "valid" and self.slot(row.issued_on) is not None:
                net[row.counterparty_id] += row.amount_fen
        return {party: fen for party, fen in net.items() if fen > 0}

    def links(self) -> dict[tuple[str, str, int], int]:
        books: dict[tuple[str, str, str, int], int] = defaultdict(int)
        for e, of in self.invoices.items():
            for row in of:
                age, party = self.slot(row.issued_on), row.counterparty_id
                if age is not None and row.status == "valid" and party in self.everyone and party != e:
                    pair = (e, party) if row.direction == "sales" else (party, e)
                    books[e, *pair, age] += row.amount_fen
        found: dict[tuple[str, str, int], int] = defaultdict(int)
        for (_, seller, buyer, age), fen in books.items():
            if fen > 0:
                found[seller, buyer, age] = max(found[seller, buyer, age], fen)
        return found

    def circular(self) -> Net:
        """What each sold on links of any qualifying cycle, by trying every ring of enterprises and every slot."""
        links = self.links()
        slots: dict[tuple[str, str], list[int]] = defaultdict(list)
        for seller, buyer, age in links:
            slots[seller, buyer].append(age)
        lit: set[tuple[str, str, int]] = set()
        for k in range(2, 6):
            for ring in permutations(sorted(self.everyone), k):
                if ring[0] != min(ring):
                    continue
                pairs = [(ring[i], ring[(i + 1) % k]) for i in range(k)]
                for ages in product(*(slots.get(pair, []) for pair in pairs)):
                    fens = [links[(*pair, age)] for pair, age in zip(pairs, ages, strict=True)]
                    near = all(8 * sum(fens) <= 10 * k * fen <= 12 * sum(fens) for fen in fens)
                    if near and max(ages) - min(ages) <= 1:
                        lit |= {(*pair, age) for pair, age in zip(pairs, ages, strict=True)}
        sold: Net = defaultdict(int)
        for link in lit:
            sold[link[0]] += links[link]
        return sold

    def related(self, e: str, party: str) -> bool:
        if any(r.party_id == party for r in self.ties.get(e, ())) or any(
            r.party_id == e for r in self.ties.get(party, ())
        ):
            return True
        mine, theirs = ({r.party_id for r in self.ties.get(x, ()) if r.relation in SHARED} for x in (e, party))
        return e != party and bool(mine & theirs)

    def troubled(self, e: str) -> bool:
        return any(
            row.event in GRAVE
            and begins_after(self.as_of, 24) < row.happened_on <= self.as_of - timedelta(days=30)
            and (row.resolved_on is None or row.resolved_on > self.as_of)
            for row in self.events.get(e, ())
        )

    def shares(self, e: str) -> Net:
        """Millionths of the whole trade by partner."""
        trade: Net = defaultdict(int)
        for direction in ("sales", "purchase"):
            for party, fen in self.book(e, direction).items():
                if party != e:
                    trade[party] += fen
        total = sum(trade.values())
        return {party: fen * 1_000_000 // total for party, fen in trade.items()}

    def rank(self, e: str, steps: int) -> int:
        if steps == 0:
            return 1_000_000
        flow = 0
        for buyer in self.everyone:
            paid = self.book(buyer, "purchase")
            if e in paid:
                flow += paid[e] * 1_000_000 // sum(paid.values()) * self.rank(buyer, steps - 1) // 1_000_000
        return 150_000 + flow * 85 // 100

    def partners(self, e: str) -> set[str]:
        return ({*self.book(e, "sales"), *self.book(e, "purchase")} & self.everyone) - {e}

    def core(self, e: str) -> int:
        degrees = [len(self.partners(x)) for x in self.partners(e)]
        return max((h for h in range(1, len(degrees) + 1) if sum(d >= h for d in degrees) >= h), default=0)


def network(rows: Books, enterprise: str, as_of: date) -> Values:
    """Every feature of the family."""
    economy = Economy(rows, as_of)
    sold, bought = economy.book(enterprise, "sales"), economy.book(enterprise, "purchase")
    own: list[Any] = economy.invoices.get(enterprise, [])
    both_sides = {row.direction for row in own} == {"sales", "purchase"}
    back = sum(min(fen, bought.get(party, 0)) for party, fen in sold.items())
    values: Values = {"reciprocal_share_12m": divided(back, sum(sold.values())) if both_sides else None}
    if not own:
        names = ("circular_share", "related_sales_share", "neighbour_trouble", "neighbour_trouble_two_steps")
        return values | {f"{name}_12m": None for name in (*names, "payment_rank", "core_index")}
    total = sum(sold.values())
    shares = economy.shares(enterprise)
    near = sum(share for party, share in shares.items() if economy.troubled(party))
    far = sum(
        share * theirs
        for party, share in shares.items()
        for other, theirs in economy.shares(party).items()
        if other != enterprise and economy.troubled(other)
    )
    return values | {
        "circular_share_12m": divided(min(economy.circular()[enterprise], total), total),
        "related_sales_share_12m": divided(sum(f for p, f in sold.items() if economy.related(enterprise, p)), total),
        "neighbour_trouble_12m": near / 10**6 if shares else None,
        "neighbour_trouble_two_steps_12m": far / 10**12 if shares else None,
        "payment_rank_12m": economy.rank(enterprise, 2) / 10**6,
        "core_index_12m": float(economy.core(enterprise)),
    }
