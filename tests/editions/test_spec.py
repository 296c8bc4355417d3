"""What an edition is called, where it lives, and what readers are told of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.editions.spec import DIMENSIONS, NOT_SET, Edition, slugs
from analysis_lib.warehouse.names import check_shop_name


@given(st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=8))
def test_no_two_values_have_one_address_and_each_can_stand_in_one(values: list[str]) -> None:
    found = slugs(values)
    assert len(set(found.values())) == len(values)
    for slug in found.values():
        assert slug.strip("-") == slug != ""
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_values_that_differ_in_case_or_accents_alone_keep_addresses_of_their_own() -> None:
    found = slugs(["Côte", "Cote", "COTE", "United States"])
    assert found["United States"] == "united-states"
    assert len({*found.values()}) == 4


@given(
    st.from_regex(r"[a-z][a-z0-9_]{0,62}", fullmatch=True),
    st.from_regex(r"[a-z][a-z0-9-]{0,80}", fullmatch=True),
)
def test_the_schema_of_an_edition_can_be_one_on_every_engine(shop: str, name: str) -> None:
    schema = Edition(name, "T").schema(shop)
    assert check_shop_name(schema) == schema
    assert Edition(name + "x", "T").schema(shop) != schema


def test_editions_with_the_same_parameters_share_the_shop_that_they_are_cut_from() -> None:
    past = {"as_of": "2026-03-31", "window_days": 90}
    one = Edition("a", "A", parameters=past, dimension="country", value="X")
    turned = dict(reversed(past.items()))
    same = Edition("b", "B", parameters=turned, dimension="device", value="Y")
    other = Edition("c", "C", parameters={"as_of": "2026-03-31"})
    assert one.base_schema("demo") == same.base_schema("demo") != other.base_schema("demo")


def test_every_dimension_says_whom_an_edition_holds_also_those_without_a_value() -> None:
    for dimension in DIMENSIONS:
        assert "people" in Edition("a", "A", dimension=dimension, value=NOT_SET).restriction
        assert Edition("a", "A", dimension=dimension, value="Germany").restriction.endswith("Germany")
    assert Edition("q", "First quarter").label == "Edition First quarter: the whole shop"
