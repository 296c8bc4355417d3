"""Marts for other parameters on BigQuery: in a dataset of their own beside the shop's, which empties itself.

The dataset `<shop>__explore_…` is found again by the parameters. Loaded tables, and every mart that the
parameters do not touch, are views on the shop's dataset; the rest is built there, and expires after a week.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Mapping

from analysis_lib.checks import DQ_CHECKS
from analysis_lib.editions.spec import schema_name
from analysis_lib.errors import SettingsError
from analysis_lib.explore.apart import Apart, key_of
from analysis_lib.schedule import run_graph
from analysis_lib.state import LINKED_LEDGER, META_MODELS
from analysis_lib.warehouse.base import NEXT_SUFFIX
from analysis_lib.warehouse.bigquery import BigQueryWarehouse
from analysis_lib.warehouse.bigquery_shops import forget_empty

_MARK = "explore_"


class ApartOnBigQuery(Apart):
    """The marts of one shop for one set of parameters, in a dataset."""

    @property
    def name(self) -> str:
        """The schema that the dataset stands for."""
        return schema_name(self.shop, f"{_MARK}{key_of(self.wanted)[:12]}")

    def _open(self, read_only: bool = True) -> BigQueryWarehouse:
        return BigQueryWarehouse(self.settings, self.shop, read_only, beside=self.name)

    def is_ready(self) -> bool:
        """Whether the marts are there, not expired, and nothing of them is stale."""
        try:
            return super().is_ready()
        except (
            SettingsError
        ):  # a build was stopped while its tables took their places: the next one ends that
            return False

    def _link(self, warehouse: BigQueryWarehouse) -> None:  # type: ignore[override]
        """Views on the loaded tables and on the marts that are the same; the other views are forgotten."""
        links = {LINKED_LEDGER if name == "load_ledger" else name: name for name in self._loaded}
        links |= {name: name for name in self._shared}
        forgotten = sorted(warehouse.views() - links.keys())
        warehouse.drop(forgotten)
        self._link_all(warehouse, links)
        warehouse.append("meta_models", META_MODELS, [])
        noted = [name + end for name in [*forgotten, *self._shared] for end in ("", NEXT_SUFFIX)]
        if noted:
            places = ", ".join("?" for _ in noted)
            warehouse.execute(f"delete from meta_models where model in ({places})", noted)
        now = dt.datetime.now(dt.UTC)
        warehouse.append(
            "meta_models",
            META_MODELS,
            [
                (name, fingerprint, json.dumps(parts, sort_keys=True), rows, 0.0, now)
                for name, (fingerprint, parts, rows) in sorted(self._shared.items())
            ],
        )
        if self._has_checks and "dq_checks" not in warehouse.tables():
            with warehouse.at(self.shop) as own:
                rows = own.rows(f"select {', '.join(DQ_CHECKS)} from dq_checks")
            warehouse.append("dq_checks", DQ_CHECKS, rows)

    def _link_all(self, warehouse: BigQueryWarehouse, links: Mapping[str, str]) -> None:
        """Several views at a time: each is a job of a second."""

        def begin(name: str) -> Callable[[], None]:
            opened = contextlib.ExitStack()
            session = opened.enter_context(warehouse.session())

            def link() -> None:
                with opened:
                    session.link(name, self.shop, links[name])

            return link

        each: dict[str, list[str]] = {name: [] for name in sorted(links)}
        run_graph(each, begin, lambda _name, _nothing: None, warehouse.workers, warehouse.interrupt)

    def _forget_oldest(self) -> None:
        """Tables expire by themselves; datasets of other parameters that are left empty go here."""
        forget_empty(self.settings, schema_name(self.shop, _MARK), besides=self.name)

    def _own_fingerprints(self, warehouse: BigQueryWarehouse) -> dict[str, str]:
        """What the shop's own marts are made of now."""
        with warehouse.at(self.shop) as own:
            return dict(own.rows("select model, fingerprint from meta_models"))
