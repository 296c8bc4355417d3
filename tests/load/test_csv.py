"""How a text file may be written, and what becomes of its faults."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pyarrow
import pytest

from analysis_lib.errors import BadDataError, ColumnError, MissingInputError
from tests.load.shop import Shop, assert_row_equation, csv_text

CENTERS = "id,name,latitude,longitude\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_told_from_the_file(shop: Shop, delimiter: str, end: str) -> None:
    text = csv_text("events", {"id": "1"}, {"id": "2"}, delimiter=delimiter, end=end)
    assert shop.load_text("events.csv", text).rows_read == 2
    assert shop.values("events", "id", "city", "load_row_number") == [(1, "Kyoto", 1), (2, "Kyoto", 2)]


def test_mixed_line_ends(shop: Shop) -> None:
    shop.load_text("c.csv", CENTERS + "1,Rome,1,2\r\n2,Oslo,3,4\n3,Bern,5,6\r\n")
    assert shop.values("distribution_centers", "id", "name") == [(1, "Rome"), (2, "Oslo"), (3, "Bern")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_old_line_ends_in_every_encoding_and_what_stands_in_quotes_stays(shop: Shop, encoding: str) -> None:
    text = 'id,name,latitude,longitude\r1,"Ro\rme",1,2\r2,"Os\nlo",3,4\r'
    assert shop.load_text("centers.csv", text.encode(encoding)).rows_read == 2
    assert shop.values("distribution_centers", "name") == ["Ro\rme", "Os\nlo"]


def test_the_first_rows_are_not_lost_where_only_the_header_ends_in_the_old_way(shop: Shop) -> None:
    shop.load_text("centers.csv", "\n" + CENTERS.replace("\n", "\r") + "1,Rome,1,2\n2,Oslo,3,4\n")
    assert shop.values("distribution_centers", "id") == [1, 2]


def test_a_carriage_return_in_quotes_is_part_of_the_value(shop: Shop) -> None:
    shop.load_text("centers.csv", CENTERS + '1,"\r",1,2\n2,"a\rb",3,4\n')
    assert shop.values("distribution_centers", "name") == ["\r", "a\rb"]


def test_utf16_of_which_a_byte_was_lost_is_refused(shop: Shop) -> None:
    text = CENTERS + "1,Rome,1,2\n" * 9
    data = text.encode("utf-16-le")
    with pytest.raises(BadDataError, match="UTF-16 of which a byte was lost"):
        shop.load_text("centers.csv", data[:130] + data[131:])


def test_a_file_with_the_mark_of_utf8_is_utf8_whatever_its_characters(shop: Shop) -> None:
    shop.load_text("centers.csv", b"\xef\xbb\xbf" + CENTERS.encode() + b"1,K\xf6ln,1,2\n2,Bern,1,2\n")
    assert shop.values("distribution_centers", "name") == ["Bern"]
    assert shop.rejects("row_as_read") == ["1,K\\xf6ln,1,2"]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
        ("latin-1", "windows-1252, because it is not UTF-8"),
        ("cp1252", "windows-1252, because it is not UTF-8"),
    ],
)
def test_encodings_are_told_from_the_bytes(shop: Shop, encoding: str, said: str) -> None:
    text = CENTERS + "1,São Paulo,1,2\n2,Zürich,3,4\n"
    loaded = shop.load_text("centers.csv", text.encode(encoding))
    assert shop.values("distribution_centers", "id", "name") == [(1, "São Paulo"), (2, "Zürich")]
    assert loaded.decisions["encoding"] == said


def test_bytes_that_are_no_text_in_any_encoding(shop: Shop) -> None:
    text = CENTERS.encode() + b"1,\x81\x8d\x8f,1,2\n" * 3
    with pytest.raises(BadDataError, match=r"centers\.csv is not text: it is neither UTF-8"):
        shop.load_text("centers.csv", text)


def test_one_broken_character_in_an_utf8_file_costs_one_line(shop: Shop) -> None:
    text = (CENTERS + "1,Zürich,1,2\n2,Malmö,1,2\n").encode() + b"3,K\xf6ln,1,2\n4,Oslo,1,2\n"
    shop.load_text("centers.csv", text)
    assert shop.values("distribution_centers", "id", "load_row_number") == [(1, 1), (2, 2), (4, 4)]
    assert shop.rejects("row_number", "reason", "row_as_read") == [
        (3, "line could not be read: it holds bytes that are not UTF-8", "3,K\\xf6ln,1,2")
    ]


@pytest.mark.parametrize("name", ["events.csv.gz", "events.csv"])
def test_gzip_is_told_from_the_bytes(shop: Shop, name: str) -> None:
    packed = gzip.compress(csv_text("events", {"id": "1"}).encode())
    assert shop.load_text(name, packed).decisions["packing"] == "gzip"
    assert shop.values("events", "id") == [1]


def test_gzip_of_several_members_as_bucket_exports_write_them(shop: Shop) -> None:
    text = csv_text("events", {"id": "1"}, {"id": "2"}).encode()
    shop.load_text("events.csv.gz", gzip.compress(text[:150]) + gzip.compress(text[150:]))
    assert shop.values("events", "id") == [1, 2]


def test_gzip_with_a_fault_inside(shop: Shop) -> None:
    text = csv_text("events", {"id": "1"}, {"id": "2"}) + "3,cut"
    loaded = shop.load_text("events.csv.gz", gzip.compress(text.encode()))
    assert (loaded.rows_read, loaded.rows_kept, loaded.rows_rejected) == (3, 2, 1)


def test_gzip_that_is_cut_off(shop: Shop) -> None:
    packed = gzip.compress(csv_text("events", *({"id": str(i)} for i in range(500))).encode())
    with pytest.raises(BadDataError, match="cut off or damaged"):
        shop.load_text("events.csv.gz", packed[:-20])


def test_zstd(shop: Shop) -> None:
    path = shop.folder / "events.csv.zst"
    with pyarrow.output_stream(str(path), compression="zstd") as out:
        out.write(csv_text("events", {"id": "1"}).encode())
    shop.load(path)
    assert shop.values("events", "id") == [1]


def test_bzip2_is_refused_with_what_to_do(shop: Shop) -> None:
    with pytest.raises(MissingInputError, match="unpack it, or pack it with gzip"):
        shop.load_text("events.csv.bz2", bz2.compress(b"id\n1\n"))


def test_quotes_commas_and_line_breaks_inside_a_value(shop: Shop) -> None:
    shop.load_text(
        "centers.csv",
        CENTERS + '1,"New York, ""NY""\nUSA",1,2\n2,"",3,4\n3,5" pipe,5,6\n4, "x, y" ,7,8\n5,"a\r\nb",9,10',
    )
    assert shop.values("distribution_centers", "id", "name") == [
        (1, 'New York, "NY"\nUSA'), (2, None), (3, '5" pipe'), (4, "x, y"), (5, "a\r\nb"),
    ]  # fmt: skip


def test_quotes_written_as_the_standard_says_go_the_fast_way(shop: Shop) -> None:
    text = '"id","name","latitude","longitude"\r\n"1","a ""b"", c\r\nd","1","2"\r\n"2","","3","4"\r\n'
    loaded = shop.load_text("centers.csv", text)
    assert "read_line_by_line_because" not in loaded.decisions
    assert shop.values("distribution_centers", "id", "name") == [(1, 'a "b", c\r\nd'), (2, None)]


def test_blank_lines_are_no_rows(shop: Shop) -> None:
    shop.load_text("centers.csv", "\n" + CENTERS + "\n1,Rome,1,2\n\n  \n2,Oslo,3,4\n\n\n")
    assert shop.values("distribution_centers", "id", "load_row_number") == [(1, 1), (2, 2)]
    assert shop.counts("distribution_centers") == (2, 2, 0, 0, 0)


def test_a_line_of_empty_values_is_a_row_without_a_key(shop: Shop) -> None:
    shop.load_text("centers.csv", CENTERS + "1,Rome,1,2\n,,,\n")
    assert shop.rejects() == [(2, "missing key id")]


def test_the_line_that_tells_excel_the_delimiter(shop: Shop) -> None:
    shop.load_text("centers.csv", "sep=;\n" + CENTERS.replace(",", ";") + "1;Rome;1;2\n")
    assert shop.values("distribution_centers", "id", "name") == [(1, "Rome")]


def test_a_cut_last_line_is_rejected_and_not_filled_up(shop: Shop) -> None:
    shop.load_text("centers.csv", CENTERS + "1,Rome,1,2\n2,Oslo")
    assert shop.values("distribution_centers", "id") == [1]
    assert shop.rejects("row_number", "reason", "row_as_read") == [
        (2, "line could not be read: it has 2 values and the header has 4", "2,Oslo")
    ]


def test_a_large_file_that_is_cut_off_is_still_read_the_fast_way(shop: Shop) -> None:
    text = CENTERS + "".join(f"{i},Rome,1,2\n" for i in range(1, 200_001)) + "200001,Os"
    loaded = shop.load_text("centers.csv", text)
    assert loaded.decisions["cut_off"]
    assert "read_line_by_line_because" not in loaded.decisions
    assert shop.counts("distribution_centers") == (200_001, 200_000, 1, 0, 0)
    assert shop.query("select count(*) from raw_distribution_centers where id <> load_row_number") == [(0,)]
    assert shop.rejects("row_number", "row_as_read") == [(200_001, "200001,Os")]


def test_a_last_line_that_is_cut_inside_a_quote(shop: Shop) -> None:
    shop.load_text("centers.csv", CENTERS + '1,"Rome",1,2\n2,"Os')
    assert shop.values("distribution_centers", "id") == [1]
    assert shop.rejects() == [(2, "line could not be read: a quote is never closed")]


def test_a_last_line_that_is_cut_inside_a_character(shop: Shop) -> None:
    shop.load_text("centers.csv", b"name,id,latitude,longitude\nRome,1,1,2\nZ\xc3")
    assert shop.values("distribution_centers", "id") == [1]
    assert shop.rejects("row_number") == [2]


def test_wherever_a_file_is_cut_no_row_is_lost_or_made_up(tmp_path: Path) -> None:
    data = (CENTERS + '1,"Zü, ""rich""",1.5,2.5\n2,Oslo,3.5,4.5\n').encode()
    whole = {(1, 'Zü, "rich"'), (2, "Oslo")}
    for cut in range(len(CENTERS) + 1, len(data)):
        shop = Shop(tmp_path / str(cut))
        loaded = shop.load_text("centers.csv", data[:cut], max_rejected_share=1.0)
        assert_row_equation(shop, ["distribution_centers"])
        assert loaded.rows_read in (1, 2)
        assert set(shop.values("distribution_centers", "id", "name")) <= whole


@pytest.mark.parametrize("place", [0, 1, 250, 498, 499])
def test_a_stray_quote_costs_one_line_and_not_the_rest_of_the_file(shop: Shop, place: int) -> None:
    lines = [f"{i},Rome,1,2\n" for i in range(500)]
    lines[place] = f'{place},"Rome,1,2\n'
    shop.load_text("centers.csv", CENTERS + "".join(lines))
    assert shop.counts("distribution_centers") == (500, 499, 1, 0, 0)
    assert shop.rejects("row_number") == [place + 1]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("9,Rome,1", "it has 3 values and the header has 4"),
        ("9,Rome, Italy,1,2", "it has 5 values and the header has 4"),
        ("9,Rome,1,2,", "it has 5 values and the header has 4"),
        ('9,"Rome"x,1,2', "text follows a closing quote"),
        ("9,Ro\0me,1,2", "it holds NUL bytes"),
        ("\0" * 40, "it holds NUL bytes"),
        ("\x1a", "it has 1 value and the header has 4"),
        ("9," + "x" * (1 << 20) + ",1,2", "it is longer than a megabyte"),
    ],
)
def test_a_line_that_does_not_fit_is_rejected_with_the_reason(shop: Shop, line: str, why: str) -> None:
    shop.load_text("centers.csv", f"{CENTERS}1,Oslo,1,2\n{line}\n3,Bern,1,2\n")
    assert shop.values("distribution_centers", "id", "load_row_number") == [(1, 1), (3, 3)]
    assert shop.rejects() == [(2, f"line could not be read: {why}")]


def test_rows_that_are_cut_and_rows_that_do_not_fit_keep_their_numbers(shop: Shop) -> None:
    shop.load_text("centers.csv", CENTERS + "1,a,1,2\nx,b,1,2\n3,c,1\n4,d,1,2\n5,e,one,2\n6,f,1,2\n")
    assert shop.values("distribution_centers", "id", "load_row_number") == [(1, 1), (4, 4), (6, 6)]
    assert shop.rejects("row_number") == [2, 3, 5]


def test_a_header_without_rows_is_fine_and_said(shop: Shop) -> None:
    shop.write("centers.csv", CENTERS)
    summary = shop.load()
    assert shop.counts("distribution_centers") == (0, 0, 0, 0, 0)
    assert "  it has a header and no rows" in summary.lines()


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"  \r\n", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_named(shop: Shop, content: bytes) -> None:
    with pytest.raises(BadDataError, match=r"events\.csv is empty"):
        shop.load_text("events.csv", content)


def test_a_file_without_a_header(shop: Shop) -> None:
    text = csv_text("events", {"id": "1"}, {"id": "2"}).split("\n", 1)[1]
    with pytest.raises(ColumnError, match="no header line that names the columns: it starts with"):
        shop.load_text("events.csv", text)


def test_a_value_that_is_too_long_for_the_rejects_is_shortened(shop: Shop) -> None:
    shop.load_text("centers.csv", CENTERS + "1,Oslo,1,2\n" + "y" * 20_000 + "\n")
    [shown] = shop.rejects("row_as_read")
    assert len(shown) == 10_001
