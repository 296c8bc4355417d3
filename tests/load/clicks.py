"""A small shop's clickstream of the documented shape: visits with carts, as lines with a JSON body."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from collections.abc import Iterable, Mapping
from typing import Any

START = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.1 Mobile/15E148 Safari/604.1"
)
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0"
TABLET = (
    "Mozilla/5.0 (iPad; CPU OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.1 Mobile/15E148 Safari/604.1"
)
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
LANDINGS = [
    ("", "https://www.google.com/"),
    ("", "https://l.instagram.com/"),
    ("", "https://blog.example.org/gifts"),
    ("?utm_source=newsletter&utm_medium=email&utm_campaign=spring", ""),
    ("?gclid=abc", "https://www.google.com/"),
    ("", ""),
]
SHOP = "https://www.warm-socks.example"


class Clicks:
    """Draws visits; the same seed gives the same clicks."""

    def __init__(self, seed: int, customers: int = 400, products: int = 60) -> None:
        self.random = random.Random(seed)
        self.customers = customers
        self.prices = {str(100 + n): round(self.random.uniform(4, 60), 2) for n in range(products)}
        self.rows: list[dict[str, Any]] = []

    def visits(self, count: int, days: int = 150) -> list[dict[str, Any]]:
        """The clicks of that many visits within these days, by time."""
        for number in range(count):
            self._visit(number, START + dt.timedelta(minutes=self.random.randrange(days * 1440)))
        self.rows.sort(key=lambda row: (row["body"]["time"], row["id"]))
        return self.rows

    def _visit(self, number: int, at: dt.datetime) -> None:
        draw = self.random
        who = draw.randrange(self.customers)
        known = {"customer_id": str(who)} if draw.random() < 0.6 else {}
        query, referrer = draw.choice(LANDINGS)
        visit = {
            "session_id": f"s{number}",
            "anonymous_id": f"c{who}",
            "user_agent": (DESKTOP, PHONE, TABLET)[who % 3] if number % 50 else CRAWLER,
        }
        if not number % 50:
            visit["anonymous_id"], known = f"bot{number}", {}
        self._click(at, "page_view", visit | known, page_url=f"{SHOP}/{query}", referrer=referrer)
        in_cart = False
        for _ in range(draw.randrange(5)):
            at += dt.timedelta(seconds=draw.randrange(5, 200))
            product = draw.choice(list(self.prices))
            page = f"{SHOP}/product/{product}-sock"
            if draw.random() < 0.2:
                self._click(at, "search", visit | known, page_url=f"{SHOP}/search", query="wool sock")
            self._click(
                at,
                "product_view",
                visit | known,
                page_url=page,
                referrer=f"{SHOP}/",
                product={
                    "name": f"Sock {product}",
                    "category": f"Socks {int(product) % 3}",
                    "price": self.prices[product],
                },
            )
            if draw.random() < 0.4 and number % 50:
                in_cart = True
                at += dt.timedelta(seconds=20)
                self._click(at, "cart_add", visit | known, page_url=page, quantity=draw.randrange(1, 4))
                if draw.random() < 0.15:
                    self._click(at, "cart_remove", visit | known, page_url=f"{SHOP}/cart", product=product)
        if in_cart and draw.random() < 0.6:
            known = {"customer_id": str(who)}
            self._click(at + dt.timedelta(seconds=60), "checkout", visit | known, page_url=f"{SHOP}/checkout")
            if draw.random() < 0.8:
                order = {"order_id": f"O{number}"} if number % 2 else {}
                self._click(
                    at + dt.timedelta(seconds=150), "order", visit | known, page_url=f"{SHOP}/thanks", **order
                )

    def _click(self, at: dt.datetime, kind: str, visit: Mapping[str, Any], **more: Any) -> None:
        body = {
            "time": at.isoformat().replace("+00:00", "Z"),
            **visit,
            **{k: v for k, v in more.items() if v != ""},
        }
        self.rows.append({"id": f"e{len(self.rows)}", "type": kind, "body": body})


def as_json_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """One object a line, the body an object in it."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """A table with the body as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "type", "body"])
    writer.writerows([row["id"], row["type"], json.dumps(row["body"])] for row in rows)
    return out.getvalue()
