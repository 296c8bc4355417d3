"""How often does a page claim something on a shop in which there is nothing to claim?

    python -m benchmarks.false_claims [--shops 100] [--visitors 6000] [--months 16] [--first-seed 1001]
                                      [--workers 2] [--again] [--keep FOLDER]

Makes shops without effects (docs/simulator.md), builds each in a temporary warehouse, asks every page for its
claims (`benchmarks/page_claims.py`), and writes them to `benchmarks/results/false_claims.csv`: a row a claim,
and one without a page for a shop that was done. Shops that stand there are not done again, so that a run that
was stopped goes on; `--again` does them anew, which with `--keep` builds only what changed. Prints the shops
with a claim by page, with Wilson's interval.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from analysis_lib.statistics.proportions import wilson_interval
from benchmarks.page_claims import PAGES, Claim, simulated_claims

RESULTS = Path(__file__).parent / "results" / "false_claims.csv"
COLUMNS = ("visitors", "months", "seed", "page", "kind", "claim")
Row = tuple[int, int, int, str, str, str]


def one_shop(keep: Path | None, visitors: int, months: int, seed: int) -> list[Row]:
    """The rows of one shop; its warehouse stays in `keep`, where one is given."""
    with tempfile.TemporaryDirectory(prefix="shopbook-claims-") as temporary:
        folder = keep / f"{visitors}-{months}-{seed}" if keep else Path(temporary)
        found = [Claim("", "", ""), *simulated_claims(folder, visitors, months, seed)]
    return [(visitors, months, seed, claim.page, claim.kind, claim.name) for claim in found]


def read_results() -> list[Row]:
    """What was measured so far."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return [
            (
                int(row["visitors"]),
                int(row["months"]),
                int(row["seed"]),
                row["page"],
                row["kind"],
                row["claim"],
            )
            for row in csv.DictReader(file)
        ]


def write_results(rows: Sequence[Row]) -> None:
    """Write all rows, in order of the shop."""
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted(set(rows)))


def report(rows: Sequence[Row]) -> list[str]:
    """The rates by size of the shop and page, and the claims that were made."""
    lines = []
    for visitors, months in sorted({row[:2] for row in rows}):
        some = [row for row in rows if row[:2] == (visitors, months)]
        shops = len({row[2] for row in some})
        lines.append(f"{shops} shops of {visitors:,} visitors in {months} months")
        for page in PAGES:
            claiming = len({row[2] for row in some if row[3] == page})
            interval = wilson_interval(claiming, shops)
            assert interval is not None  # there are shops
            lines.append(
                f"  {page:<11} {claiming:>3} of {shops} = {claiming / shops:6.1%}"
                f"  (95 % {interval.low:.1%} to {interval.high:.1%})"
            )
        anywhere = len({row[2] for row in some if row[3]})
        lines.append(f"  any page    {anywhere:>3} of {shops}")
        made = Counter((row[3], row[4], row[5][:90]) for row in some if row[3])
        lines += [
            f"    {number} x {page} {kind}: {name}" for (page, kind, name), number in made.most_common()
        ]
    return lines


def main() -> None:
    """Measure what is missing, write it down, print the rates."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shops", type=int, default=100)
    parser.add_argument("--visitors", type=int, default=6000)
    parser.add_argument("--months", type=int, default=16)
    parser.add_argument("--first-seed", type=int, default=1001)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder for the built warehouses, used again if there")
    given = parser.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.shops)
    size = (given.visitors, given.months)
    rows = [row for row in read_results() if not given.again or row[:2] != size]
    done = {row[:3] for row in rows}
    wanted = [seed for seed in seeds if (*size, seed) not in done]
    with ProcessPoolExecutor(given.workers) as pool:
        running = {pool.submit(one_shop, given.keep, *size, seed): seed for seed in wanted}
        for number, future in enumerate(as_completed(running), start=1):
            made = future.result()
            rows += made
            write_results(rows)
            said = "; ".join(f"{row[3]} {row[4]}: {row[5]}" for row in made if row[3]) or "no claim"
            print(f"{number} of {len(wanted)}, seed {running[future]}: {said}", flush=True)
    print("\n".join(report(rows)))


if __name__ == "__main__":
    main()
