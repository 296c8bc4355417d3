"""The rules of words, product addresses and referrers: what is refused, by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_lib.computed import RULES
from analysis_lib.contracts import read_contract
from analysis_lib.errors import RuleError
from analysis_lib.models import PACKAGE
from analysis_lib.rules.event_types import EVENT_TYPES
from analysis_lib.rules.read import RuleRow, read_rules

HEADERS = {
    "event_types": "word,event_type,is_cart_emptied",
    "product_urls": "rule_order,place,name,id_part",
    "referrers": "rule_order,host,source_name,medium",
}


def read(tmp_path: Path, table: str, *lines: str) -> list[RuleRow]:
    """The rules of a file with these lines under the header."""
    path = tmp_path / f"{table}.csv"
    path.write_text("\n".join([HEADERS[table], *lines]), encoding="utf-8")
    return read_rules(path, read_contract(RULES / f"{table}.yml"))


@pytest.mark.parametrize("table", HEADERS)
def test_the_rules_that_come_with_the_project_hold_together(table: str) -> None:
    assert read_rules(RULES / f"{table}.csv", read_contract(RULES / f"{table}.yml"))


@pytest.mark.parametrize(
    ("table", "lines", "said"),
    [
        (
            "event_types",
            ["buy,purchase,false", "buy,click,false"],
            "line 3: the word 'buy' stands in line 2 too",
        ),
        ("event_types", ["Buy Now,purchase,false"], "line 2: the word 'Buy Now' is never found"),
        ("event_types", ["buy,purchased,false"], "no event type 'purchased'"),
        ("event_types", ["buy,purchase,true"], "what empties the cart is a remove_from_cart"),
        ("product_urls", ["2,path,a,whole", "1,path,b,whole"], "line 3: rule_order is 1"),
        ("product_urls", ["1,header,a,whole"], "no place 'header'"),
        ("product_urls", ["1,path,a,first"], "no id_part 'first'"),
        ("product_urls", ["1,path,/product/,whole"], "the name '/product/' is never found"),
        ("product_urls", ["1,parameter,sku=,whole"], "the name 'sku=' is never found"),
        ("product_urls", ["1,path,a,whole", "2,path,A,leading_number"], "line 3: the rule is never reached"),
        ("referrers", ["1,google.com,google,organic", "1,bing.com,bing,organic"], "line 3: rule_order is 1"),
        ("referrers", ["1,www.google.com,google,organic"], "is never found"),
        ("referrers", ["1,Google.com,google,organic"], "is never found"),
        ("referrers", ["1,*.google.com,google,organic"], "is never found"),
        (
            "referrers",
            ["1,x.com,twitter,social", "2,m.x.com,twitter,social"],
            "never reached, because x.com of line 2",
        ),
    ],
)
def test_a_rule_that_means_nothing_is_refused_with_its_line(
    tmp_path: Path, table: str, lines: list[str], said: str
) -> None:
    with pytest.raises(RuleError) as error:
        read(tmp_path, table, *lines)
    assert said in error.value.message


def test_the_narrower_rule_first_is_no_contradiction(tmp_path: Path) -> None:
    assert read(tmp_path, "product_urls", "1,path,a,leading_number", "2,path,a,whole", "3,parameter,a,whole")
    assert read(tmp_path, "referrers", "1,mail.google.com,gmail,email", "2,google.*,google,organic")


def test_the_event_types_are_those_of_the_contract() -> None:
    checks = read_contract(PACKAGE / "sources" / "contract" / "stg_events.yml").columns["event_type"].checks
    assert {"accepted": list(EVENT_TYPES)} in checks
