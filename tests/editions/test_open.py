"""An edition is opened by its name, is no shop of its own, and fits the parameters it was made with alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from analysis_lib.editions.build import Whole, build_edition, edition_parameters
from analysis_lib.editions.spec import Edition
from analysis_lib.errors import MissingInputError, ModelError, SettingsError
from analysis_lib.progress import Progress
from analysis_lib.reporting.stamp import stamp
from analysis_lib.settings import Settings
from analysis_lib.shop import open_shop
from analysis_lib.verbs.build import build
from analysis_lib.warehouse.opening import choose_shop, shops

FRANCE = Edition("fr", "France", dimension="country", value="France", entry="fr")


@pytest.fixture(scope="module")
def made(whole_of: Callable[[str], tuple[Settings, Whole]]) -> Settings:
    settings, whole = whole_of("one_customer")
    _, outcomes = build_edition(settings, whole, FRANCE, edition_parameters(FRANCE, {}, whole.parameters))
    assert not [outcome.check.brief for outcome in outcomes if outcome.status == "failed"]
    return settings


def test_it_is_opened_with_its_own_marts_and_says_what_it_holds(made: Settings) -> None:
    with open_shop("shop__fr", settings=made) as book:
        assert book.edition == FRANCE
        assert book.mart("fct_sessions")["country"].tolist() == ["France"]
        assert not book.available("fct_inventory_forecast")
        line = stamp(book).text
    assert "Shop <b>shop</b>" in line
    assert "<b>Edition France: people whose country is France</b>" in line


def test_with_other_parameters_it_says_what_it_was_made_with(made: Settings) -> None:
    with pytest.raises(ModelError, match=r"made as of 2024-01-31 .* 30 days.*shopbook report --edition fr"):
        open_shop("shop__fr", settings=made, window_days=7)


def test_it_is_no_shop_and_never_the_one_that_was_loaded_last(made: Settings) -> None:
    assert list(shops(made)) == ["shop"]
    assert choose_shop(made) == ("shop", "thelook")
    assert choose_shop(made, "shop__fr") == ("shop__fr", "thelook")
    with pytest.raises(MissingInputError, match="There is no shop shop__de"):
        choose_shop(made, "shop__de")
    with pytest.raises(SettingsError, match="shop__fr is an edition, which is built with its report"):
        build(made, Progress(quiet=True), "shop__fr")


def test_built_again_nothing_is_made(
    made: Settings, whole_of: Callable[[str], tuple[Settings, Whole]]
) -> None:
    _, whole = whole_of("one_customer")
    parameters = edition_parameters(FRANCE, {}, whole.parameters)
    summary, _ = build_edition(made, whole, FRANCE, parameters)
    assert summary.count("built") == 0
