"""Small shops made by hand, as theLook's tables: every awkward case of definitions.md once.

The last day is 2024-04-20. Days cross midnight in UTC and in Europe/Berlin at different events, and
Berlin's clocks go forward on 2024-03-31.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pandas as pd

from .raw_files import Rows, Shop


def awkward_shop(with_checkout: bool = False, with_spend: bool = True) -> Rows:
    """The awkward cases; `with_checkout` adds checkout events, `with_spend` ad spend."""
    shop = Shop()
    _catalogue(shop)
    _users(shop)
    _sessions(shop)
    _funnels(shop, with_checkout)
    _random_walks(shop, with_checkout)
    _orders(shop)
    _stock(shop)
    if with_spend:
        spend = [("2024-03-28", 12.5), ("2024-04-01", 3.333333333), ("2024-04-18", 0.0), ("2024-04-20", 7.0)]
        shop.rows["marketing_spend"] = [
            {"date": day, "campaign_id": "c1", "platform": "Google", "spend": amount, "clicks": 1}
            | {"impressions": 10}
            for day, amount in spend
        ] + [
            {"date": "2024-04-01", "campaign_id": "c2", "platform": "Meta", "spend": 0.1, "clicks": 0}
            | {"impressions": 0},
            {"date": "2024-04-25", "campaign_id": "c2", "platform": "Meta", "spend": 99.0, "clicks": 9}
            | {"impressions": 9},
        ]
    else:
        del shop.rows["marketing_spend"]
    for rows in shop.rows.values():
        rows.append(dict(rows[0]))  # read twice: one of them counts
    return shop.rows


def _catalogue(shop: Shop) -> None:
    categories = ["Jeans", "Socks", "Sweaters", None]
    shop.rows["products"] = [
        {
            "id": number,
            "name": f"Product {number}",
            "brand": None if number == 3 else f"Brand {number % 2}",
            "category": categories[number % 4],
            "department": "Women",
            "retail_price": 10.0 * number,
            "cost": 4.0 + number / 3,
        }
        for number in range(1, 19)
    ]


def _users(shop: Shop) -> None:
    for number in range(1, 16):
        shop.rows["users"].append(
            {
                "id": number,
                "age": 20 + number,
                "gender": "F" if number % 2 else "M",
                "country": ["Germany", "Japan", "null"][number % 3],
                "traffic_source": None if number in (2, 6) else "Search",
                "created_at": "2024-03-01 12:00:00" if number < 14 else "2024-04-30 12:00:00",
            }
        )
    # Signed up on the last day, and the day after; the other two buy once, 14 and 7 days before it.
    for number, day in [(16, "2024-04-20"), (17, "2024-04-21"), (18, "2024-04-01"), (19, "2024-04-01")]:
        shop.rows["users"].append({"id": number, "created_at": f"{day} 12:00:00"})


def _sessions(shop: Shop) -> None:
    # User 1: exactly 30 minutes is one session; a microsecond more, and 30:01, are not.
    for at in ["10:00:00", "10:30:00", "11:00:00.000001", "11:30:01.000001"]:
        shop.event(1, "one", f"2024-03-29 {at}", "home")
    # Ties: the order of ids decides (9 before 10 as numbers, after it as text).
    shop.event(1, "tie", "2024-03-30 09:00:00", "product/1", id=9)
    shop.event(1, "tie", "2024-03-30 09:00:00", "cart", id=10)
    shop.event(1, "tie", "2024-03-30 09:00:00", "purchase", id=11)
    shop.rows["events"][4:4] = [
        {
            "id": number,
            "user_id": 1,
            "session_id": "tie",
            "created_at": f"2024-03-30 08:5{number}:00",
            "event_type": "department",
            "uri": "/department/x",
            "traffic_source": "Facebook",
            "browser": "Safari",
        }
        for number in (5, 6, 7, 8)
    ]
    # Anonymous first, known later in the same source session, then anonymous again (logged out).
    more = {"device": "mobile", "traffic_source": "Adwords"}
    shop.event(None, "login", "2024-03-30 22:40:00", "product/2", **more)
    shop.event(None, "login", "2024-03-30 22:50:00", "cart", **more)
    shop.event(2, "login", "2024-03-30 23:10:00", "purchase", device="desktop")
    shop.event(None, "login", "2024-03-30 23:15:00", "home", **more)
    # Two users in one source session: the run goes to the next known one.
    shop.event(None, "shared", "2024-04-01 08:00:00", "home")
    shop.event(3, "shared", "2024-04-01 08:01:00", "home")
    shop.event(None, "shared", "2024-04-01 08:02:00", "product/3")
    shop.event(4, "shared", "2024-04-01 08:03:00", "cart")
    # Never known, twice: the same source session is cut by the gap, and the second is a return visit.
    for at in ["2024-04-02 07:00:00", "2024-04-02 07:10:00", "2024-04-05 07:00:00"]:
        shop.event(None, "ghost", at, "product/4", device="tablet", country="Peru", campaign_id="c1")
    # Two source sessions of one user within the gap are one session, of the first's source.
    shop.event(3, "s3a", "2024-04-03 20:00:00", "product/2", traffic_source=None, browser=None)
    shop.event(3, "s3b", "2024-04-03 20:20:00", "cart", traffic_source="YouTube", country="Chile")
    # Over the spring change of Berlin's clocks, and over midnight in Berlin but not in UTC.
    for at in ["2024-03-31 00:50:00", "2024-03-31 01:10:00", "2024-03-31 21:50:00", "2024-03-31 22:10:00"]:
        shop.event(5, "dst", at, "product/5", traffic_source="null")
    # On and after the last day: midnight in UTC cuts it off for as_of = 2024-04-20.
    shop.event(5, "last", "2024-04-20 23:59:59.999999", "product/5")
    shop.event(5, "last", "2024-04-21 00:00:00", "purchase")
    # Without a session key each anonymous event stands for itself.
    shop.event(None, None, "2024-04-09 10:00:00", "product/4")
    shop.event(None, None, "2024-04-09 10:05:00", "cart")
    shop.event(6, None, "2024-04-09 10:06:00", "cart")
    # A bounce on an unknown product, and an event of a kind that is none of ours.
    shop.event(6, "odd", "2024-04-06 10:00:00", "product/999")
    shop.event(6, "odd2", "2024-04-07 10:00:00", "home")


def _funnels(shop: Shop, with_checkout: bool) -> None:
    """Each of these users walks through the steps in another order."""
    walks = {
        7: ["product/1", "cart", "checkout", "purchase"],
        8: ["cart", "product/1", "purchase", "checkout"],
        9: ["product/1", "cart", "purchase", "checkout", "purchase"],
        10: ["purchase", "product/1", "cart"],
        11: ["product/1", "product/6", "cart", "product/7", "cart", "checkout", "purchase", "cancel"],
        12: ["cart", "cart", "checkout"],
        3: ["product/1", "cart", "checkout", "purchase", "checkout", "cart", "product/2", "purchase"],
    }
    for user, walk in walks.items():
        for day in (8, 8 + user, 18):
            for minute, kind in enumerate(walk):
                if kind == "checkout" and not with_checkout:
                    continue
                device = ["mobile", "desktop", None][user % 3]
                at = f"2024-{'04' if day <= 20 else '03'}-{day:02d} 1{user % 10}:{minute * 7:02d}:0{minute}"
                shop.event(user, f"f{user}-{day}", at, kind, device=device)


def _random_walks(shop: Shop, with_checkout: bool) -> None:
    """Sessions of every order of steps, one to three a day, some at the same time to the second."""
    random = Random(5)
    kinds = ["home", "product/1", "product/2", "cart", "checkout", "purchase"]
    for day in range(-3, 21):
        for hour in random.sample([0, 4, 22, 23], k=random.randint(1, 3)):
            user = random.choice([None, 3, 4, 12])
            at = pd.Timestamp("2024-03-31") + pd.Timedelta(days=day, hours=hour)
            traffic = {"traffic_source": random.choice(["Email", "Search"]), "country": random.choice("AB")}
            for kind in random.choices(kinds, k=random.randint(1, 9)):
                at += pd.Timedelta(seconds=random.choice([0, 0, 1, 60, 600]))
                if with_checkout or kind != "checkout":
                    shop.event(user, f"walk {day} {hour}", str(at), kind, **traffic)


def _orders(shop: Shop) -> None:
    def item(number: int, product: int | None, price: float, **more: Any) -> dict[str, Any]:
        return {"id": number, "product_id": product, "sale_price": price, **more}

    returned = {"status": "Returned"}
    # The purchase event of the tie, exactly 30 minutes before; the second line a microsecond later.
    shop.order(
        1,
        1,
        "2024-03-30 09:30:00",
        "Complete",
        [
            item(9, 1, 10.0, quantity=3, list_price=12.5, discount=2.5),
            item(10, 2, 24.989999771118164, created_at="2024-03-30 09:30:00.000001"),
        ],
        delivered_at="2024-04-02 10:00:00",
    )
    # Two lines in two sessions: one before any session of the day, one after it.
    shop.order(
        2,
        1,
        "2024-03-29 10:40:00",
        "Shipped",
        [item(11, 3, 5.0), item(12, 4, 7.0, created_at="2024-03-29 12:00:00")],
    )
    # Cancelled, with a purchase event; first by time, so never the user's first counted order.
    shop.order(3, 2, "2024-03-30 23:10:30", "Cancelled", [item(13, 2, 20.0), item(14, 5, 1.0)])
    shop.order(10, 2, "2024-04-04 23:30:00", "Complete", [item(15, 2, 20.0, quantity=2)])
    # Two orders at one time: 9 and 10 as text are the other way round.
    shop.order(9, 2, "2024-04-04 23:30:00", "Processing", [item(16, 6, 0.01, list_price=0.03)])
    # One line of two cancelled; then all of them, the order itself not.
    shop.order(
        11,
        7,
        "2024-04-08 17:30:00",
        "Shipped",
        [item(17, 1, 11.0, status="Cancelled"), item(18, 6, 13.0)],
        delivered_at="2024-04-21 00:00:00",
    )
    shop.order(12, 7, "2024-04-15 17:30:00", "Processing", [item(19, 1, 11.0, status="Cancelled")])
    # Returns: dated by the line, after the last day, by the order, by delivery, by the order's day.
    shop.order(
        13,
        9,
        "2024-04-08 19:21:30",
        "Complete",
        [
            item(20, 1, 30.0, quantity=2, discount=1.5, returned_at="2024-04-12 23:30:00", **returned),
            item(21, 6, 40.0, returned_at="2024-04-21 10:00:00", **returned),
            item(22, 7, 50.0),
        ],
        delivered_at="2024-04-10 10:00:00",
    )
    shop.order(
        14,
        10,
        "2024-03-28 23:30:00",
        "Returned",
        [item(23, 1, 10.0), item(24, 8, 10.0, status="Complete")],
        delivered_at="2024-04-01 10:00:00",
        returned_at="2024-04-05 10:00:00",
    )
    shop.order(
        15, 10, "2024-04-08 10:15:00", "Returned", [item(25, 1, 9.99)], delivered_at="2024-04-09 23:00:00"
    )
    shop.order(16, 11, "2024-04-19 11:50:00", "Returned", [item(26, 6, 33.0), item(27, 7, 44.0)])
    # Dated before its order; without an event of its user; after the last day in UTC, and in Berlin.
    shop.order(
        17, 13, "2024-04-11 10:00:00", "Returned", [item(28, 9, 60.0, returned_at="2024-04-10 10:00:00")]
    )
    shop.order(18, 13, "2024-04-12 10:00:00", "Complete", [item(29, 9, 60.0, inventory_item_id=2)])
    shop.order(19, 13, "2024-04-20 22:30:00", "Complete", [item(30, 9, 60.0, inventory_item_id=1)])
    shop.order(20, 13, "2024-04-21 00:30:00", "Complete", [item(31, 9, 60.0)])
    # Line dated after the last day in an order of the last day.
    shop.order(21, 5, "2024-04-20 10:00:00", "Shipped", [item(32, 5, 8.0, created_at="2024-04-23 10:00:00")])
    # Before the user's first event; given away; signed up after the last day.
    shop.order(22, 12, "2024-04-01 10:00:00", "Complete", [item(33, 10, 0.0, list_price=10.0)])
    shop.order(23, 15, "2024-04-02 10:00:00", "Complete", [item(34, 11, 15.0)])
    # Artefacts of binary floating point beyond the cent, of a product that the catalogue lacks.
    shop.order(
        24,
        3,
        "2024-04-03 20:25:00",
        "Complete",
        [
            item(900, 888, 19.994999885559082, list_price=25.00499916, inventory_item_id=999),
            item(901, 2, 19.985000610351562, quantity=7),
        ],
    )
    # An order without lines: it is one, in a session, with no money.
    shop.order(25, 9, "2024-04-17 20:00:00", "Processing", [])
    # Placed at the very moment a session starts.
    shop.order(26, 9, "2024-04-17 19:00:00", "Processing", [item(907, 14, 25.0)])
    # Lines whose order is missing make one.
    orphans = {"order_id": 500, "user_id": 7, "status": "Complete"}
    shop.rows["order_items"] += [
        item(902, 3, 12.0, created_at="2024-04-16 17:40:00", **orphans),
        item(903, 4, 14.0, created_at="2024-04-16 10:00:00", **orphans),
        item(904, 4, 16.0, created_at="2024-04-16 12:00:00", **orphans | {"status": "Returned"}),
        item(
            905,
            3,
            9.0,
            created_at="2024-04-16 11:00:00",
            **orphans | {"order_id": 501, "status": "Cancelled"},
        ),
        item(906, 3, 9.0, created_at="2024-04-21 09:00:00", **orphans | {"order_id": 502}),
    ]
    shop.order(27, 18, "2024-04-06 10:00:00", "Complete", [item(908, 10, 1.0)])
    shop.order(28, 19, "2024-04-13 10:00:00", "Complete", [item(909, 10, 1.0)])
    # Sold last exactly 30 days before the last day.
    shop.order(29, 18, "2024-03-21 10:00:00", "Complete", [item(910, 18, 70.0)])
    # Steady sellers for the stock: product 12 daily, 13 to 16 now and then.
    number = 35
    for day in range(1, 21):
        sold = [12] + [13] * (day % 2 == 0) + [14] * (day % 5 == 0) + [15] * (day == 20) + [16] * (day == 1)
        lines = [item(number + offset, product, 25.0) for offset, product in enumerate(sold)]
        shop.order(100 + day, 8, f"2024-04-{day:02d} 18:25:00", "Complete", lines)
        number += len(lines)


def _stock(shop: Shop) -> None:
    shop.stock(12, "2024-03-01 10:00:00", 3, cost=7.123456789)  # critical
    shop.stock(13, "2024-03-01 10:00:00", 4)  # low
    shop.stock(14, "2024-03-21 10:00:00", 2)  # normal
    shop.stock(14, "2024-03-20 10:00:00", 1)
    shop.stock(15, "2024-01-21 10:00:00", 6)  # healthy, at exactly 180 days
    shop.stock(16, "2024-01-20 10:00:00", 7)  # overstocked
    shop.stock(17, "2023-10-23 10:00:00", 1)  # dead: never sold
    shop.stock(17, "2023-10-22 10:00:00", 1)
    shop.stock(18, "2024-03-01 10:00:00", 1)  # dead: sold 30 days ago
    shop.stock(5, "2024-03-01 10:00:00", 2, sold="2024-04-20 10:00:00")  # out of stock
    shop.stock(9, "2024-03-01 10:00:00", 1, sold="2024-04-20 22:30:00", cost=3.0)
    shop.stock(9, "2024-03-01 10:00:00", 1, sold="2024-04-21 10:00:00", cost=5.5)
    shop.stock(1, "2024-04-20 23:30:00", 2)  # in Berlin it comes the day after
    shop.stock(2, "2024-04-21 10:00:00", 2)  # not yet there
    shop.stock(77, "2024-04-01 10:00:00", 1, cost=2.000000001)  # not in the catalogue
