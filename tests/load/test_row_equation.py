"""Whatever a file holds: rows read = rows staged + rejected + duplicates, in any order of the files."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_lib.errors import BadDataError
from tests.load.shop import ROWS, Shop, assert_row_equation

HEADER = [*ROWS["orders"], "extra"]
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

_times = st.sampled_from(
    ["2024-03-01 10:00:00 UTC", "2024-03-02T10:00:00Z", "2024-03-03", "", "null", "soon", "9999-12-31"]
)
_fields = {
    "order_id": st.sampled_from(["1", "2", "3", "4", "5.0", "", "x", "99999999999999999999"]),
    "user_id": st.sampled_from(["7", "8", "NaN", "1.5"]),
    "status": st.sampled_from(["Shipped", "complete", "CANCELLED", "Lost", ""]),
    "created_at": _times,
    "returned_at": _times,
    "shipped_at": _times,
    "delivered_at": _times,
    "extra": st.sampled_from(["", "a", '"q, ""x""\nnext"', "ü", '5" pipe', " "]),
}
_row = st.fixed_dictionaries(_fields).map(lambda row: ",".join(row[name] for name in HEADER))
_broken = st.sampled_from(["1,2", '9,"open', "\0", '"a"b,1', ",,,,,,,,,,", "   ", ""])
_line = st.one_of(_row, _row, _row, _broken)
_file = st.tuples(
    st.lists(_line, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.integers(0, 12),
)


def _bytes(file: tuple[list[str], str, str, int]) -> bytes:
    lines, end, encoding, cut = file
    text = end.join([",".join(HEADER), *lines, ""])
    data = text.encode(encoding)
    header = len(",".join(HEADER).encode(encoding)) + 4
    return data[: max(header, len(data) - cut)]


def _load(shop: Shop, name: str, data: bytes) -> bool:
    try:
        shop.load_text(name, data, max_rejected_share=1.0)
    except BadDataError:
        return False
    return True


@FEW
@given(st.lists(_file, min_size=1, max_size=3))
def test_the_row_equation_holds_and_the_order_of_files_does_not_matter(
    files: list[tuple[list[str], str, str, int]],
) -> None:
    named = {f"orders_{number}.csv": _bytes(file) for number, file in enumerate(files)}
    with tempfile.TemporaryDirectory() as folder:
        forwards, backwards = Shop(Path(folder) / "f"), Shop(Path(folder) / "b")
        loaded = [_load(forwards, name, data) for name, data in named.items()]
        assert [_load(backwards, name, data) for name, data in reversed(named.items())] == loaded[::-1]
        if not any(loaded):
            return
        for shop in (forwards, backwards):
            assert_row_equation(shop, ["orders"])
        assert forwards.content("orders") == backwards.content("orders")
        assert forwards.counts("orders") == backwards.counts("orders")
        keys = forwards.query("select order_id from raw_orders where not is_duplicate")
        assert len(keys) == len(set(keys))


@FEW
@given(st.lists(_row, min_size=1, max_size=12), st.booleans())
def test_the_fast_and_the_careful_way_read_the_same(rows: list[str], blank_first: bool) -> None:
    plain = "\n".join([",".join(HEADER), *rows, ""])
    careful = plain.replace("\n", "\n\n", 1) if blank_first else plain + "\n"
    with tempfile.TemporaryDirectory() as folder:
        shops = [Shop(Path(folder) / name) for name in ("plain", "careful")]
        for shop, text in zip(shops, (plain, careful), strict=True):
            shop.load_text("orders.csv", text, max_rejected_share=1.0)
        assert shops[0].counts("orders") == shops[1].counts("orders")
        columns = "* exclude (load_file_id)"
        query = f"select {columns} from raw_orders order by load_row_number"
        assert shops[0].query(query) == shops[1].query(query)
        assert shops[0].rejects() == shops[1].rejects()
