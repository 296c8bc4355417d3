"""truth.json's realised numbers equal a recount from the written files."""

from __future__ import annotations

import json
from decimal import Decimal

import pandas as pd
import pytest

from tests.simulate import recount
from tests.simulate.shops import SimulatedShop


@pytest.fixture(scope="module")
def events(shop: SimulatedShop) -> pd.DataFrame:
    return recount.stitched_events(shop)


@pytest.fixture(scope="module")
def sessions(events: pd.DataFrame) -> pd.DataFrame:
    return recount.sessions(events)


@pytest.fixture(scope="module")
def lines(shop: SimulatedShop) -> pd.DataFrame:
    return recount.lines(shop)


@pytest.mark.parametrize(
    ("key", "column"),
    [("by_device", "device"), ("by_source", "traffic_source"), ("by_country", "country")],
)
def test_funnel(shop: SimulatedShop, sessions: pd.DataFrame, key: str, column: str) -> None:
    told = {label: row for label, row in shop.realised["funnel"][key].items() if row["sessions"]}
    assert recount.funnel(sessions, column) == told


def test_funnel_by_month_and_in_all(shop: SimulatedShop, sessions: pd.DataFrame) -> None:
    by_month = sessions.assign(month=sessions["created_at"].dt.strftime("%Y-%m"))
    assert recount.funnel(by_month, "month") == shop.realised["funnel"]["by_month"]
    assert recount.funnel(sessions.assign(every="all"), "every")["all"] == shop.realised["funnel"]["all"]


def test_funnel_by_device_and_source(shop: SimulatedShop, sessions: pd.DataFrame) -> None:
    for device, rows in shop.realised["funnel"]["by_device_and_source"].items():
        assert recount.funnel(sessions[sessions["device"] == device], "traffic_source") == rows


def test_sessions_visitors_and_events(shop: SimulatedShop, events: pd.DataFrame) -> None:
    told = shop.realised["sessions"]
    assert told["source_sessions"] == events["session_id"].nunique()
    assert told["sessions"] == events["session"].nunique()
    assert told["source_sessions_cut_by_pause"] == told["sessions"] - told["source_sessions"] > 0
    assert told["visitors"] == events["visitor"].nunique()
    assert told["events"] == len(events)
    assert told["events_with_user"] == events["user_id"].notna().sum()
    assert told["events_by_type"] == events["event_type"].value_counts().to_dict()
    known = events.groupby("session_id")["user_id"].agg(["size", "count"])
    first_known = events.sort_values("id").drop_duplicates("session_id")["user_id"].notna().sum()
    assert told["never_identified"] == (known["count"] == 0).sum()
    on_the_way = (known["count"] > 0).sum() - first_known
    told_on_the_way = told["log_in_on_the_way"] + told["sign_up_on_the_way"]
    # A visit of one event in which somebody logs in is known from its first event.
    assert 0 <= told_on_the_way - on_the_way < 0.25 * told_on_the_way
    assert on_the_way > 0


def test_visits_of_one_visitor_are_well_apart(events: pd.DataFrame) -> None:
    """Inside a source session no gap is near the limit, and between two every gap is far above it."""
    known = events[events["user"].notna()]
    same_visitor = known["visitor"].eq(known["visitor"].shift())
    gap = known["created_at"].diff()[same_visitor].dt.total_seconds() / 60
    new_visit = known["session_id"].ne(known["session_id"].shift())[same_visitor]
    assert gap[new_visit].min() > 60
    within = gap[~new_visit]
    assert not within.between(21, 39).any()


def test_revenue_to_the_cent(shop: SimulatedShop, lines: pd.DataFrame) -> None:
    told = shop.realised["revenue"]
    assert recount.totals(lines) == recount.as_numbers(told["total"])
    for device, entry in told["by_device"].items():
        sessions = shop.query(
            f"""
            select distinct orders.order_id from orders
            join events on events.user_id = orders.user_id and events.event_type = 'purchase'
                and orders.created_at - events.created_at between interval 0 second and interval 90 second
            where events.device = '{device}'
            """
        )
        assert recount.totals(lines[lines["order_id"].isin(sessions["order_id"])]) == recount.as_numbers(
            entry
        )


def test_profit_and_loss_by_month_books_returns_on_their_day(
    shop: SimulatedShop, lines: pd.DataFrame
) -> None:
    sold, back = lines["ordered_at"].dt.strftime("%Y-%m"), lines["returned_at"].dt.strftime("%Y-%m")
    spend = shop.query("select strftime(date, '%Y-%m') as month, sum(round(spend * 100)) as cents from "
                       "marketing_spend group by 1").set_index("month")["cents"]  # fmt: skip
    returned = lines["is_returned"]
    for month, entry in shop.realised["revenue"]["pnl_by_month"].items():
        of_month, came_back = lines[sold == month], lines[returned & (back == month)]
        net = of_month[["gross_sales"]].sum().iloc[0] - of_month["discounts"].sum()
        net -= of_month["cancellations"].sum() + came_back["returns"].sum()
        cost = of_month["cost_sold"].sum() - came_back["cost_sold"].sum()
        assert Decimal(entry["returns"]) == recount.dollars(came_back["returns"].sum())
        assert Decimal(entry["net_revenue"]) == recount.dollars(net)
        assert Decimal(entry["gross_profit"]) == recount.dollars(net - cost)
        assert Decimal(entry["ad_spend"]) == recount.dollars(spend.get(month, 0))
        assert Decimal(entry["contribution"]) == Decimal(entry["gross_profit"]) - Decimal(entry["ad_spend"])
        assert entry["orders"] == of_month.loc[of_month["is_counted"], "order_id"].nunique()
        assert entry["items"] == of_month.loc[~of_month["is_cancelled"], "quantity"].sum()


def test_months_add_up_to_the_total(shop: SimulatedShop) -> None:
    told = shop.realised["revenue"]
    for name in ("gross_sales", "discounts", "cancellations", "returns", "net_revenue", "gross_profit"):
        months = sum(Decimal(entry[name]) for entry in told["pnl_by_month"].values())
        assert months == Decimal(told["total"][name]), name


def test_fulfilment(shop: SimulatedShop, lines: pd.DataFrame) -> None:
    told, kept = shop.realised["revenue"]["fulfilment"], lines[~lines["is_cancelled"]]
    assert told == {
        "units": kept["quantity"].sum(),
        "delivered_units": kept.loc[kept["delivered_at"].notna(), "quantity"].sum(),
        "returned_units": kept.loc[kept["is_returned"], "quantity"].sum(),
        "orders_placed": lines["order_id"].nunique(),
        "orders_cancelled": lines.loc[~lines["is_counted"], "order_id"].nunique(),
        "lines_cancelled": lines["is_cancelled"].sum(),
    }


def test_statuses_fit_their_times(shop: SimulatedShop) -> None:
    wrong = """
        select count(*) from {table}
        where not case status
            when 'Processing' then shipped_at is null and delivered_at is null and returned_at is null
            when 'Cancelled' then shipped_at is null and delivered_at is null and returned_at is null
            when 'Shipped' then created_at < shipped_at and delivered_at is null and returned_at is null
            when 'Complete' then shipped_at < delivered_at and returned_at is null
            when 'Returned' then delivered_at < returned_at
        end
    """
    for table in ("orders", "order_items"):
        assert shop.value(wrong.format(table=table)) == 0
        assert shop.value(f"select count(distinct status) from {table}") == 5


def test_one_purchase_event_for_every_order(shop: SimulatedShop) -> None:
    """The order comes 1 to 90 seconds after the purchase event of its user."""
    matched = """
        select count(*), count(distinct order_id), count(distinct events.id) from orders
        join events on events.user_id = orders.user_id and event_type = 'purchase'
            and orders.created_at - events.created_at between interval 1 second and interval 90 second
    """
    orders = shop.truth["rows"]["orders"]
    assert shop.query(matched).iloc[0].tolist() == [orders] * 3
    assert shop.value("select count(*) from events where event_type = 'purchase'") == orders


def test_customers(shop: SimulatedShop, lines: pd.DataFrame) -> None:
    told = shop.realised["customers"]
    counted = lines[lines["is_counted"]].drop_duplicates("order_id")
    orders = counted.groupby("user_id").size().reindex(shop.query("select id from users")["id"], fill_value=0)
    assert told["users"] == len(orders)
    assert told["with_0_orders"] == told["lifecycle"]["prospect"] == (orders == 0).sum()
    assert told["with_1_order"] == told["lifecycle"]["first_time"] == (orders == 1).sum()
    assert told["with_2_or_more_orders"] == (orders > 1).sum()
    assert told["lifecycle"]["loyal"] == (orders >= 4).sum()
    last = counted.groupby("user_id")["ordered_at"].max().dt.normalize()
    recency = (pd.Timestamp(shop.truth["end_date"]) - last).dt.days
    status = pd.cut(recency, [-1, 29, 59, 89, 10_000], labels=["active", "declining", "at_risk", "churned"])
    assert status.value_counts().to_dict() == {
        name: count for name, count in told["status"].items() if name != "prospect"
    }


def test_users_sign_up_with_their_first_known_event(shop: SimulatedShop) -> None:
    off = """
        select count(*) from users
        join (
            select user_id, min(created_at) as seen from events where user_id is not null group by 1
        ) as known on known.user_id = users.id
        where seen <> users.created_at
    """
    assert shop.value(off) == 0
    ordered = "select count(*) from orders join users on users.id = user_id"
    assert shop.value(f"{ordered} where orders.created_at < users.created_at") == 0


def test_days_to_the_first_purchase_of_users(shop: SimulatedShop, events: pd.DataFrame) -> None:
    told = shop.realised["first_purchase"]["users"]
    known = events[events["user"].notna()].assign(buys=events["event_type"] == "purchase")
    visits = known.groupby(["user", "session_id"]).agg(start=("created_at", "min"), buys=("buys", "any"))
    visits = visits.reset_index()
    bought = visits[visits["buys"]].groupby("user")["start"].min()
    visits["bought"] = visits["user"].map(bought)
    earlier = visits[visits["start"] < visits["bought"]]
    before = earlier.groupby("user").size().reindex(bought.index, fill_value=0)
    counts = before.value_counts().reindex(range(before.max() + 1), fill_value=0)
    assert told["buyers"] == len(bought)
    assert told["sessions_before"] == counts.tolist()
    days = (bought - visits.groupby("user")["start"].min()[bought.index]).dt.total_seconds() / 86_400
    assert told["days_quartiles"] == pytest.approx(days.quantile([0.25, 0.5, 0.75]).tolist(), abs=1e-5)


def test_marketing(shop: SimulatedShop) -> None:
    told = shop.realised["marketing"]
    spend = shop.query(
        "select platform, campaign_id, sum(round(spend * 100)) as cents from marketing_spend group by all"
    )
    assert Decimal(told["spend"]) == recount.dollars(spend["cents"].sum())
    sessions = shop.query("select campaign_id, count(distinct session_id) as n from events group by 1")
    counted = sessions.set_index("campaign_id")["n"]
    for campaign, entry in told["by_campaign"].items():
        rows = spend[spend["campaign_id"] == campaign]
        assert Decimal(entry["spend"]) == recount.dollars(rows["cents"].sum())
        assert entry["sessions"] == counted.get(campaign, 0)
        assert entry["incremental_sessions"] >= entry["incremental_visitors"]
    for name in ("orders", "items"):
        parts = sum(entry["incremental"][name] for entry in told["by_channel"].values())
        assert parts + told["baseline"][name] == shop.realised["revenue"]["total"][name]
    net = sum(Decimal(entry["incremental"]["net_revenue"]) for entry in told["by_channel"].values())
    total = Decimal(shop.realised["revenue"]["total"]["net_revenue"])
    assert net + Decimal(told["baseline"]["net_revenue"]) == total


def test_clicks_are_no_fewer_than_sessions(shop: SimulatedShop) -> None:
    short = """
        select count(*) from marketing_spend as paid
        left join (
            select campaign_id, started::date as date, count(*) as sessions
            from (select campaign_id, session_id, min(created_at) as started from events group by all)
            group by all
        ) as seen using (date, campaign_id)
        where clicks < coalesce(sessions, 0) or impressions < clicks or spend < 0
    """
    assert shop.value(short) == 0


def test_affinities(shop: SimulatedShop, lines: pd.DataFrame) -> None:
    kept = lines[lines["is_counted"] & ~lines["is_cancelled"]]
    told = shop.realised["affinities"]
    total = kept["order_id"].nunique()
    assert told["orders"] == total
    for entry in told["products"]:
        one, other = (set(kept.loc[kept["product_id"] == number, "order_id"]) for number in entry["products"])
        assert (entry["orders_with_first"], entry["orders_with_second"]) == (len(one), len(other))
        assert entry["orders_with_both"] == len(one & other)
        if one and other:
            assert entry["lift"] == pytest.approx(len(one & other) * total / len(one) / len(other), abs=1e-6)


def test_the_truth_is_strict_json(shop: SimulatedShop) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    text = (shop.folder / "truth.json").read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=refuse) == shop.truth
