"""JSON lines and lists of objects: the same rows as the same table in CSV, every value as it was written."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.errors import BadDataError, ColumnError
from analysis_lib.sources import json_lines, streams
from tests.load.shop import Shop, assert_row_equation, csv_text, rows_of


def lines(table: str, *changes: dict[str, str]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows_of(table, *changes))


def test_json_lines_give_the_rows_of_the_same_csv(tmp_path: Path) -> None:
    changes: list[dict[str, str]] = [
        {"id": "1"},
        {"id": "2", "sale_price": "0.10"},
        {"id": "3", "returned_at": ""},
    ]
    by_format = []
    for name, text in (
        ("order_items.csv", csv_text("order_items", *changes)),
        ("order_items.jsonl", lines("order_items", *changes)),
    ):
        shop = Shop(tmp_path / name)
        shop.load_text(name, text)
        by_format.append(shop.content("order_items"))
    assert by_format[0] == by_format[1]
    assert len(by_format[0]) == 3


def test_numbers_keep_what_was_written(shop: Shop) -> None:
    line = (
        '{"id": 9007199254740993, "cost": 0.123456789, "retail_price": 1234567890123.10, "name": 1.10, '
        '"sku": 123456789012345678901, '
    )
    shop.load_text("products.jsonl", line + '"category": "a", "brand": null, "department": true}\n')
    assert shop.query("select id, cost, retail_price, name, sku, brand, department from raw_products") == [
        (
            9007199254740993,
            Decimal("0.123456789"),
            Decimal("1234567890123.1"),
            "1.10",
            "123456789012345678901",
            None,
            "true",
        )
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"id": "8", ', "it is no JSON"),
        ('{"id": "8"} and more', "text follows the object"),
        ('["8"]', "it is no object"),
        ('{"id": "8", "id": "9"}', "it names id twice"),
        ('{"id": NaN}', "NaN is no number of JSON"),
        ('{"id": "\\u0000"}', "it holds a NUL or half a character"),
        ('{"id": "\\ud800"}', "it holds a NUL or half a character"),
        (b'{"id": "\xff"}', "it holds bytes that are not UTF-8"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_a_line_that_is_no_object_is_rejected_as_it_was_read(shop: Shop, line: str | bytes, why: str) -> None:
    broken = line.encode() if isinstance(line, str) else line
    good = lines("users", {"id": "7"}).encode()
    outcome = shop.load_text("users.jsonl", good + broken + b"\n\n" + good.replace(b'"7"', b'"9"'))
    assert (outcome.rows_read, outcome.rows_rejected) == (3, 1)
    [(number, reason, read)] = shop.rejects("row_number", "reason", "row_as_read")
    assert number == 2
    assert why in reason
    assert read[:20] == broken.decode("utf-8", "backslashreplace")[:20]
    assert_row_equation(shop, ["users"])


def test_a_list_of_objects_is_read_like_lines(shop: Shop) -> None:
    shop.load_text("users.json", json.dumps(rows_of("users", {"id": "1"}, {"id": "2"}), indent=2))
    assert shop.values("users", "id") == [1, 2]


def test_an_object_of_a_list_that_names_a_value_twice_is_rejected(shop: Shop) -> None:
    row = lines("users", {"id": "1"}).strip()
    shop.load_text("users.json", "[" + row + ", " + row.replace("{", '{"id": 2, ') + "]")
    assert shop.values("users", "id") == [1]
    assert "it names id twice" in shop.rejects("reason")[0]


def test_a_carriage_return_in_a_value_is_kept(shop: Shop) -> None:
    shop.load_text("users.jsonl", lines("users", {"id": "1", "city": "a\rb"}, {"id": "2", "city": "\r"}))
    assert shop.values("users", "city") == ["a\rb", "\r"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_json_that_is_cut_in_the_middle_of_a_character(shop: Shop, encoding: str) -> None:
    shop.load_text("users.jsonl", lines("users", {"id": "1"}, {"id": "2"}).encode(encoding)[:-3])
    assert shop.counts("users") == (2, 1, 1, 0, 0)


def test_a_list_that_is_cut_off_is_an_error(shop: Shop) -> None:
    with pytest.raises(BadDataError, match="a list of JSON that cannot be read"):
        shop.load_text("users.json", json.dumps(rows_of("users", {"id": "1"}))[:-5])


def test_packed_and_in_other_encodings(tmp_path: Path) -> None:
    text = lines("users", {"id": "1", "city": "Zürich"}).replace("\\u00fc", "ü")
    contents = {
        "users.jsonl": text.encode(),
        "users.jsonl.gz": gzip.compress(text.encode()),
        "users.ndjson": text.encode("utf-16"),
    }
    for name, content in contents.items():
        shop = Shop(tmp_path / name)
        shop.load_text(name, content)
        assert shop.values("users", "city") == ["Zürich"], name


def test_a_cut_gzip_is_an_error_and_nothing_was_changed(shop: Shop) -> None:
    with pytest.raises(BadDataError, match="gzip packing ends"):
        shop.load_text("users.jsonl.gz", gzip.compress(lines("users", {"id": "1"}).encode() * 50)[:-20])
    assert "raw_users" not in shop.tables()


def test_a_column_that_first_comes_late_is_found_and_one_that_never_comes_is_missed(shop: Shop) -> None:
    first = lines("users", {"id": "1"})
    shop.load_text("users.jsonl", first * 1 + lines("users", {"id": "2", "age": "33"}))
    assert shop.values("users", "age") == [None, 33]
    with pytest.raises(ColumnError, match="created_at"):
        shop.load_text("more_users.jsonl", first.replace('"created_at"', '"made_at"'))


def test_objects_inside_a_record_are_kept_as_json(shop: Shop) -> None:
    shop.load_text(
        "users.jsonl", lines("users", {"id": "1"}).replace('"Japan"', '{"name": "Japan", "parts": [1, 2.50]}')
    )
    assert "2.50" in shop.values("users", "country")[0]
    assert json.loads(shop.values("users", "country")[0]) == {"name": "Japan", "parts": [1, 2.5]}


def test_settings_that_lie_about_are_left_alone_and_not_spoken_of(shop: Shop) -> None:
    shop.write("truth.json", '{\n "seed": 7\n}\n')
    shop.write("users.jsonl", lines("users", {"id": "1"}))
    assert [file.path for file in shop.load().files] == ["users.jsonl"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
VALUES = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False, places=9).map(str),
)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "c d"]), VALUES, min_size=1), min_size=1, max_size=6
    ),
    ends=st.sampled_from(["\n", "\r\n"]),
)
def test_every_value_comes_back_as_it_was_written(
    rows: list[dict[str, Any]], ends: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("json") / "x.jsonl"
    path.write_text(
        ends.join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8", newline=""
    )
    found = [dict(record.values) for record in json_lines.records(path, streams.Text())]
    assert found == [
        {name: str(value) if type(value) is int else value for name, value in row.items()} for row in rows
    ]
    assert set(json_lines.columns_of(path, streams.Text())) == {name for row in rows for name in row}
