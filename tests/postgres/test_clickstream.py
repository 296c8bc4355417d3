"""A clickstream whose bodies are PostgreSQL's JSON is the one of the same rows in a file."""

from __future__ import annotations

import json
from pathlib import Path

from analysis_lib.sources.definition import read_source
from tests.load.clicks import Clicks, as_json_lines
from tests.load.shop import Shop, assert_row_equation
from tests.postgres.conftest import Pull
from tests.postgres.server import Database

COLUMNS = ", ".join(read_source("clickstream").tables["events"].columns)


def test_bodies_of_json_give_the_raw_table_of_the_same_rows_in_a_file(
    pull: Pull, shop: Shop, database: Database, tmp_path: Path
) -> None:
    rows = Clicks(2).visits(30)
    rows[5]["body"] = {"customer_id": "7"}
    values = ", ".join(
        f"('{row['id']}', '{row['type']}', '{json.dumps(row['body'])}', 'note')" for row in rows
    )
    database.run(
        "create table events_raw (id text, type text, body jsonb, note text)",
        f"insert into events_raw values {values}",
    )
    pull(source="clickstream")
    of_file = Shop(tmp_path / "file")
    of_file.load(of_file.write("events.jsonl", as_json_lines(rows)), source="clickstream")
    select = f"select {COLUMNS} from raw_events order by id"
    assert shop.query(select) == of_file.query(select)
    assert shop.rejects("reason") == ["missing event_time"]
    assert_row_equation(shop, ["events"])
