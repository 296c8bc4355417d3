"""One month in two packings: rows without a key are not counted twice."""

from __future__ import annotations

import gzip

import pytest

from tests.load.shop import Shop, assert_row_equation

HEAD = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
ROWS = [
    "2019-10-01 00:00:00 UTC,view,5,1,phones.smart,apple,9.99,7,A\n",
    "2019-10-01 00:00:00 UTC,view,5,1,phones.smart,apple,9.99,7,A\n",
    "2019-10-01 00:00:09 UTC,purchase,5,1,phones.smart,,9.99,7,A\n",
]
TEXT = HEAD + "".join(ROWS)


def _packed(shop: Shop, how: str) -> None:
    csv = shop.write("plain/2019-Oct.csv", TEXT)
    if how == "gzip":
        shop.write("more/2019-Oct.csv.gz", gzip.compress(TEXT.encode()))
    elif how == "parquet":
        shop.parquet("more/2019-Oct.parquet", f"select * from '{csv}'")
    else:
        shop.write("more/2019-Oct.csv", HEAD + "".join(reversed(ROWS)))


@pytest.mark.parametrize("how", ["gzip", "parquet", "another order"])
def test_the_same_rows_in_another_file_are_left_alone_and_the_load_says_of_which(
    shop: Shop, how: str
) -> None:
    _packed(shop, how)
    shop.load(shop.folder / "plain", source="rees46")
    summary = shop.load(shop.folder / "more", source="rees46")
    assert not summary.is_changed
    [file] = summary.files
    assert (file.outcome, file.note) == ("unchanged", "its rows are those of plain/2019-Oct.csv")
    assert shop.query("select count(*) from raw_events") == [(3,)]
    assert_row_equation(shop, ["events"])


def test_within_one_load_as_well(shop: Shop) -> None:
    _packed(shop, "gzip")
    shop.load(shop.folder, source="rees46")
    assert shop.query("select count(*), count(distinct load_file_id) from raw_events") == [(3, 1)]


def test_one_row_more_is_another_file_whose_rows_all_count(shop: Shop) -> None:
    shop.load(shop.write("a.csv", TEXT), source="rees46")
    shop.load(shop.write("b.csv", TEXT + ROWS[0].replace(",7,", ",8,")), source="rees46")
    assert shop.query("select count(*) from raw_events") == [(7,)]
    assert shop.query("select identical_rows from load_counts") == [(4,)]
