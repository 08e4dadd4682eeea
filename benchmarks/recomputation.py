"""The limits of simulated firms against the plain second implementation: `python -m benchmarks.recomputation`."""

from __future__ import annotations

import sys

from models.limits import compute_limits
from tests.limit_firms import cases_of, random_firms
from tests.limit_oracle import whole_limit

FIRMS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000


def main() -> int:
    """Print how many agree to the fen; 1 where any differs."""
    firms = random_firms(FIRMS, seed=7)
    found = compute_limits(cases_of(firms)).limit_fen
    wrong = [row for row, firm in enumerate(firms) if int(found[row]) != whole_limit(firm)[1]]
    print(f"{FIRMS - len(wrong):,} of {FIRMS:,} recomputed limits agree to the fen")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
