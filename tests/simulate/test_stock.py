"""Stock: every sale takes a unit that was there, and the truth's counts are those of the files."""

from __future__ import annotations

import pytest

from tests.simulate.shops import SimulatedShop

END_OF_SALES = "(select max(created_at)::date from order_items)"


def test_no_unit_is_sold_before_it_arrives(shop: SimulatedShop) -> None:
    assert shop.value("select count(*) from inventory_items where sold_at <= created_at") == 0


def test_stock_is_never_negative(shop: SimulatedShop) -> None:
    """Arrivals and sales of every product in order of time, sales first where two fall together."""
    lowest = """
        with moves as (
            select product_id, created_at as moved_at, 1 as change from inventory_items
            union all
            select product_id, sold_at, -1 from inventory_items where sold_at is not null
        )
        select min(on_hand) from (
            select sum(change) over (
                partition by product_id order by moved_at, change rows unbounded preceding
            ) as on_hand
            from moves
        )
    """
    assert shop.value(lowest) == 0


def test_every_sold_unit_belongs_to_exactly_one_line(shop: SimulatedShop) -> None:
    sold = shop.query(
        """
        select product_id, sold_at, count(*) as units from inventory_items
        where sold_at is not null
        group by all
        """
    )
    lines = shop.query(
        """
        select items.product_id, items.created_at as sold_at, sum(quantity)::bigint as units
        from order_items as items
        join orders using (order_id)
        where items.status <> 'Cancelled' and orders.status <> 'Cancelled'
        group by all
        """
    )
    keys = ["product_id", "sold_at"]
    assert sold.sort_values(keys, ignore_index=True).equals(lines.sort_values(keys, ignore_index=True))


def test_a_line_names_a_unit_of_its_product_that_was_on_hand(shop: SimulatedShop) -> None:
    wrong = """
        select count(*) from order_items as items
        join inventory_items as units on units.id = items.inventory_item_id
        where units.product_id <> items.product_id
            or units.created_at >= items.created_at
            or (items.status <> 'Cancelled' and units.sold_at is distinct from items.created_at)
            or (items.status = 'Cancelled' and units.sold_at < items.created_at)
    """
    assert shop.value(wrong) == 0


def test_units_on_hand_and_sold(shop: SimulatedShop) -> None:
    told = shop.realised["stock"]
    counted = shop.query(
        """
        select
            products.id,
            count(units.id) filter (where units.sold_at is null) as on_hand,
            count(units.sold_at) as sold,
            coalesce(sum(cost_cents) filter (where units.sold_at is null), 0) as value_cents
        from products
        left join (select *, round(cost * 100)::bigint as cost_cents from inventory_items) as units
            on units.product_id = products.id
        group by 1
        order by 1
        """
    )
    assert counted["id"].tolist() == told["product_id"]
    assert counted["on_hand"].tolist() == told["on_hand"]
    assert counted["sold"].tolist() == told["units_sold_ever"]
    assert counted["on_hand"].sum() == told["units_on_hand"]
    assert counted["sold"].sum() == told["units_sold"]
    assert f"{counted['value_cents'].sum() / 100:.2f}" == told["stock_value"]
    assert told["units_received"] == told["units_sold"] + told["units_on_hand"]
    assert told["products_out_at_end"] == (counted["on_hand"] == 0).sum()


def test_units_sold_in_the_last_thirty_days_and_states(shop: SimulatedShop) -> None:
    told, end = shop.realised["stock"], shop.truth["end_date"]
    counted = shop.query(
        f"""
        select products.id, coalesce(sum(quantity), 0)::bigint as units
        from products
        left join (
            select items.product_id, items.quantity from order_items as items
            join orders using (order_id)
            where items.status <> 'Cancelled' and orders.status <> 'Cancelled'
                and items.created_at::date > date '{end}' - 30
        ) as sold on sold.product_id = products.id
        group by 1 order by 1
        """
    )["units"].tolist()
    assert counted == told["units_sold_last_30_days"]

    def status(on_hand: int, sold: int) -> str:
        if not on_hand:
            return "out_of_stock"
        if not sold:
            return "dead"
        days = on_hand / (sold / 30)
        bounds = ((7, "critical"), (14, "low"), (30, "normal"), (180.000001, "healthy"))
        return next((name for bound, name in bounds if days < bound), "overstocked")

    found = [status(*pair) for pair in zip(told["on_hand"], counted, strict=True)]
    assert {name: found.count(name) for name in told["products_by_status"]} == told["products_by_status"]


def test_stock_outs_happen_and_dead_products_stay(shop: SimulatedShop) -> None:
    told, policy = shop.realised["stock"], shop.planted["stock"]["policy"]
    assert told["stock_out_episodes"] > 0
    assert told["lines_substituted"] > 0
    for product, kind, sold in zip(told["product_id"], policy, told["units_sold_ever"], strict=True):
        assert kind != "dead" or sold == 0, product


@pytest.mark.parametrize("policy", ["normal", "thin"])
def test_what_is_reordered_arrives_in_batches_over_the_period(shop: SimulatedShop, policy: str) -> None:
    ids = [
        number
        for number, kind in zip(
            shop.planted["stock"]["product_id"], shop.planted["stock"]["policy"], strict=True
        )
        if kind == policy
    ]
    batches = shop.query("select product_id, count(distinct created_at) as n from inventory_items group by 1")
    assert batches.set_index("product_id")["n"].reindex(ids).max() >= 3
