"""A load and a build on DuckDB, killed with SIGKILL at any point and repeated: the tables are the same."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.killing.shop import Project, Server, build, load, serving, write_delivery

pytestmark = pytest.mark.slow
# What tells when, and not what.
CLOCK = {"loaded_at", "built_at", "seconds"}
CHANCE = random.Random(2026)
Tables = dict[str, list[tuple[Any, ...]]]


def tables_of(shop: Project) -> Tables:
    """Every table and view of the shop with its rows, but for the times of the clock."""
    found: Tables = {}
    with duckdb.connect(str(shop.warehouse), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, list(column_name order by ordinal_position) from information_schema.columns "
            "where table_schema = 'killed' group by 1"
        ).fetchall()
        for table, names in columns:
            listed = ", ".join(f'"{name}"' for name in names if name not in CLOCK)
            found[table] = connection.execute(
                f'select {listed} from killed."{table}" order by all'
            ).fetchall()
    return found


def is_loaded(table: str) -> bool:
    """Whether loading makes it, not building."""
    return table.startswith(("raw_order", "load_", "rejected_"))


def part(tables: Tables, *, loaded: bool) -> Tables:
    """What was loaded, or what was built; a build's unfinished tables are seen by nobody.

    The staging table of the orders is a view on what was loaded, and shows it at once.
    """
    unseen = {name for name in tables if "__next" in name} | {"meta_models", "stg_orders"}
    return {name: rows for name, rows in tables.items() if is_loaded(name) == loaded and name not in unseen}


class Shops:
    """A shop before and after its second delivery was loaded and built, and the steps of that."""

    def __init__(self, root: Path, server: Server) -> None:
        self.root, self.server = root, server
        self.first = Project(root / "first")
        write_delivery(self.first.root / "files", 1)
        server.run_well(self.first, [load(self.first), build()])
        self.before = tables_of(self.first)
        undisturbed = self.copy("undisturbed")
        server.run_well(undisturbed, [load(undisturbed), build(7)])
        self.steps = undisturbed.steps()
        self.after = tables_of(undisturbed)

    def copy(self, name: str) -> Project:
        """The shop after its first delivery, with the files of the second."""
        shop = Project(self.root / name)
        shutil.copytree(self.first.root, shop.root, dirs_exist_ok=True)
        shop.log.unlink(missing_ok=True)
        write_delivery(shop.root / "files", 2)
        return shop

    def step(self, share: float, begin: str, end: str) -> int:
        """The number of a step, that share of the way between the first `begin` and the last `end`."""
        first = next(place for place, step in enumerate(self.steps, start=1) if step.startswith(begin))
        last = max(place for place, step in enumerate(self.steps, start=1) if step.startswith(end))
        return first + round(share * (last - first))


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shops]:
    with serving() as server:
        yield Shops(tmp_path_factory.mktemp("killed"), server)


LOAD = ("begin transaction", "checkpoint")
BUILD = ('create or replace view "stg_orders__next"', 'alter table "stg_order_items__next"')
SWAP = ('alter table "stg_order_items__next"', "insert into run_parameters")
POINTS = [
    *((stage, CHANCE.random(), 0.0) for stage in (LOAD, LOAD, BUILD, BUILD, BUILD, SWAP, SWAP)),
    *((stage, 1.0, 0.0) for stage in (LOAD, SWAP)),  # before the checkpoint, before the last of the swap
    # While a step runs, and at times that nothing but chance says.
    *((stage, CHANCE.random(), CHANCE.random() / 100) for stage in (LOAD, SWAP)),
    *((("set ", "set "), 0.0, 1.5 * CHANCE.random()) for _ in range(2)),
]


@pytest.mark.parametrize("number", range(len(POINTS)))
def test_killed_and_repeated_it_leaves_the_tables_of_an_undisturbed_run(shops: Shops, number: int) -> None:
    stage, share, late = POINTS[number]
    shop = shops.copy(f"killed_{number}")
    verbs = [load(shop), build(7)]
    code, _ = shops.server.run(shop, verbs, at=shops.step(share, *stage), late=late)
    assert code == -9 or late
    left = tables_of(shop)
    for loaded in (True, False):
        ends = [part(tables, loaded=loaded) for tables in (shops.before, shops.after)]
        assert part(left, loaded=loaded) in ends
    shops.server.run_well(shop, verbs)
    assert tables_of(shop) == shops.after


def test_the_two_deliveries_have_what_could_go_wrong(shops: Shops) -> None:
    """Otherwise equal tables would prove nothing."""
    assert shops.before != shops.after
    assert len(shops.after["rejected_rows"]) == 2
    assert any(row[-1] for row in shops.after["raw_orders"])  # a corrected order takes the place of another
    assert {"int_orders", "stg_orders", "rule_rfm_segments"} <= shops.after.keys()
    assert not [name for name in shops.after if "__next" in name]
    assert len(shops.after["meta_models"]) == len({row[0] for row in shops.after["meta_models"]}) == 7
