"""Drafts the staging tables other than orders and their lines: spend, users, products, events, stock."""

from __future__ import annotations

from analysis_lib.sources.draft import expressions as write
from analysis_lib.sources.draft.context import Context, fill, mail_notes, notes_of, words_note
from analysis_lib.sources.draft.layout import Drafted, Filled, columns_sql, cte, model, raw
from analysis_lib.sources.draft.names import meaning_of
from analysis_lib.sources.draft.shape import Part

_PLACE = "The events have no key of their own: one is known by its place in its file."


def draft_spend(context: Context) -> Drafted | None:
    """stg_marketing_spend: one row a day, campaign and platform, whatever the rows of the files are."""
    part = context.shape.get("marketing_spend")
    if part is None:
        return None
    columns = fill(context, part, "stg_marketing_spend", {})
    if not part.has("campaign_id") and part.has("platform"):
        columns["campaign_id"] = Filled(
            columns["platform"].sql, ("No column names a campaign: a platform is one.",)
        )
    if not part.has("platform"):
        said = (
            "check: no column says the platform; write its name, as a source of visits is called, if it is"
            " one alone."
        )
        columns["platform"] = Filled("cast(null as string)", (said,))
    if part.picks["spend"].profile.missing:
        amount = columns["spend"].sql
        columns["spend"] = Filled(
            f"coalesce({amount}, 0)", (*columns["spend"].notes, "Days without a figure cost nothing.")
        )
    final = {
        column: Filled(column if column in ("date", "campaign_id", "platform") else f"sum({column})")
        for column in columns
    }
    table = part.table.name
    return model(
        "stg_marketing_spend",
        f"the ad spend of {context.name} in the words of the staging contract.",
        "one row a day, campaign and platform",
        [f"raw_{table}"],
        [
            raw(table),
            cte("days", f"select\n{columns_sql(columns, 4)}\nfrom raw"),
            cte("final", f"select\n{columns_sql(final, 4)}\nfrom days\ngroup by date, campaign_id, platform"),
        ],
        f"Ad spend of {context.name}, from {table}.",
    )


def draft_users(context: Context) -> Drafted | None:
    """stg_users: from a table of customers, else what the orders say about who ordered."""
    part = context.shape.get("users")
    if part is not None:
        words = "in the words of the staging contract, without names and addresses"
        purpose = f"the customers of {context.name} {words}."
        return _as_it_is(context, part, "stg_users", purpose, "one row a user", "Customers")
    part = context.shape.get("orders") or context.shape.get("order_items")
    if part is None or not part.has("user_id", "created_at") or not part.any("country", "region", "city"):
        return None
    places = {
        column: Filled(write.text(part.picks[column]) if part.has(column) else "cast(null as string)")
        for column in ("country", "region", "city")
    }
    named = {
        "user_id": Filled(write.key(part.picks["user_id"]), mail_notes(part.picks["user_id"])),
        **places,
        "place": Filled(
            f"row_number() over (\n    partition by {write.name(part.picks['user_id'].name)}\n    order by"
            f" {write.instant(part.picks['created_at'], context.zone)} desc, load_row_number desc,"
            " load_file_id desc\n)"
        ),
    }
    final = {
        "user_id": Filled("user_id"),
        "created_at": Filled("cast(null as timestamp)", ("The files do not say when a customer signed up.",)),
        "traffic_source": Filled("cast(null as string)"),
        "age": Filled("cast(null as int64)"),
        "gender": Filled("cast(null as string)"),
        **{column: Filled(column) for column in places},
    }
    table = part.table.name
    where = f"{write.name(part.picks['user_id'].name)} is not null"
    return model(
        "stg_users",
        f"who ordered at {context.name}, and where they were at their last order.",
        "one row a user",
        [f"raw_{table}"],
        [
            raw(table),
            cte(
                "orders_of_users",
                f"select\n{columns_sql(named, 4)}\nfrom raw\nwhere {where}",
                [
                    "The files have no table of customers: the place of the last order is that of the"
                    " customer."
                ],
            ),
            cte("final", f"select\n{columns_sql(final, 4)}\nfrom orders_of_users\nwhere place = 1"),
        ],
        f"Customers of {context.name} as their last order in {table} knows them.",
    )


def draft_products(context: Context) -> Drafted | None:
    """stg_products: from a catalogue, else the most frequent names that the order lines give a product."""
    part = context.shape.get("products")
    if part is not None:
        purpose = f"the catalogue of {context.name} in the words of the staging contract."
        return _as_it_is(context, part, "stg_products", purpose, "one row a product", "Products")
    part = context.shape.get("order_items")
    if part is None or not part.any("product_id", "product_name"):
        return None
    pick = part.picks["product_id"] if part.has("product_id") else part.picks["product_name"]
    product = write.key(pick) if part.has("product_id") else write.text(pick)
    said = {"name": "product_name", "brand": "brand", "category": "category"}
    texts = {
        column: write.text(part.picks[meaning]) if part.has(meaning) else "cast(null as string)"
        for column, meaning in said.items()
    }
    counted = {
        "product_id": Filled(product),
        **{column: Filled(sql) for column, sql in texts.items()},
        "lines": Filled("count(*)"),
    }
    ranked = {
        **{column: Filled(column) for column in ("product_id", *said)},
        "place": Filled(
            "row_number() over (\n    partition by product_id\n    order by lines desc, name, brand,"
            " category\n)"
        ),
    }
    final = {
        **{column: Filled(column) for column in ("product_id", *said)},
        "department": Filled("cast(null as string)"),
        "retail_price": Filled(
            "cast(null as numeric)", ("A price of today stands in a catalogue, which the files have not.",)
        ),
        "cost": Filled("cast(null as numeric)"),
    }
    table = part.table.name
    where = f"{write.name(pick.name)} is not null"
    return model(
        "stg_products",
        f"the products that the order lines of {context.name} name.",
        "one row a product",
        [f"raw_{table}"],
        [
            raw(table),
            cte(
                "named",
                f"select\n{columns_sql(counted, 4)}\nfrom raw\nwhere {where}\ngroup by product_id, name,"
                " brand, category",
            ),
            cte(
                "ranked",
                f"select\n{columns_sql(ranked, 4)}\nfrom named",
                ["The files have no catalogue: what most lines of a product say is taken."],
            ),
            cte("final", f"select\n{columns_sql(final, 4)}\nfrom ranked\nwhere place = 1"),
        ],
        f"Products of {context.name}, named by the lines in {table}.",
    )


def draft_stock(context: Context) -> Drafted | None:
    """stg_inventory_items."""
    part = context.shape.get("inventory_items")
    if part is None:
        return None
    purpose = f"the stock of {context.name} in the words of the staging contract."
    return _as_it_is(context, part, "stg_inventory_items", purpose, "one row a stocked item", "Stock")


def _as_it_is(
    context: Context, part: Part, name: str, purpose: str, grain: str, what: str, **columns: Filled
) -> Drafted:
    """A staging table whose rows are those of a loaded one; `columns` are filled in another way."""
    filled = fill(context, part, name, {}) | columns
    table = part.table.name
    final = cte("final", f"select\n{columns_sql(filled, 4)}\nfrom raw")
    return model(
        name,
        purpose,
        grain,
        [f"raw_{table}"],
        [raw(table), final],
        f"{what} of {context.name}, from {table}.",
    )


def draft_events(context: Context) -> Drafted | None:
    """stg_events."""
    part = context.shape.get("events")
    if part is None:
        return None
    columns: dict[str, Filled] = {}
    event = Filled("concat(cast(load_file_id as string), '-', cast(load_row_number as string))", (_PLACE,))
    if part.key:
        event = Filled(write.key(part.picks["event_id"]), notes_of(part.picks["event_id"], "event_id"))
    columns["event_id"] = event
    columns["visitor_id"] = _visitor(part, event.sql)
    columns["event_order"] = Filled("load_row_number")
    columns["event_type"] = _event_type(part)
    purpose = f"the events of {context.name} in the words of the staging contract."
    return _as_it_is(context, part, "stg_events", purpose, "one row an event", "Events", **columns)


def _visitor(part: Part, event: str) -> Filled:
    keys = [write.key(part.picks[m]) for m in ("visitor_key", "source_session_id") if part.has(m)]
    fallback = f"concat('s:', coalesce({', '.join([*keys, event])}))"
    said = (
        (
            "A visitor is the user where known, else the key of the browser or the session, else the event"
            " alone."
        ),
    )
    if not part.has("user_id"):
        return Filled(fallback, said)
    user = write.key(part.picks["user_id"])
    return Filled(
        f"case\n    when {user} is not null then concat('u:', {user})\n    else {fallback}\nend", said
    )


def _event_type(part: Part) -> Filled:
    profile = part.picks["event_type"].profile
    by_meaning: dict[str, list[str]] = {}
    notes = [words_note(profile)]
    for value, count in profile.values:
        meaning = meaning_of("event_type", value)
        by_meaning.setdefault(meaning, []).append(value.strip().lower())
        if not meaning:
            notes.append(f"check: {value!r} ({count:,} events) is not known, and becomes other.")
    head = f"case lower(trim({write.name(profile.name)}))"
    whens = [
        f"    when {write.literal(word)} then '{meaning}'"
        for meaning, words in sorted(by_meaning.items())
        if meaning
        for word in sorted(set(words))
    ]
    return Filled("\n".join([head, *whens, "    else 'other'", "end"]), tuple(notes))
