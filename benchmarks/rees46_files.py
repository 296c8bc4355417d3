"""Files of the shape of REES46's multi-category store: one a month, written by DuckDB piece by piece.

Its shape and its faults are the documented ones: 94.5 % views, a skewed popularity of users and products,
sessions of 4.6 events, session keys used again in later months, products under two brands, category codes
that mean other things from December on, prices of 0, rows that are there twice, now and then a row without
its user.
Nothing is drawn from a clock or a seedless generator: each value is a hash of its place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

COLUMNS = (
    "event_time",
    "event_type",
    "product_id",
    "category_id",
    "category_code",
    "brand",
    "price",
    "user_id",
    "user_session",
)
_SESSION_EVENTS = 4.66
_CATEGORIES = (
    *("electronics.smartphone", "electronics.clocks", "computers.notebook", "electronics.audio.headphone"),
    *("appliances.kitchen.refrigerators", "appliances.environment.vacuum", "furniture.living_room.sofa", ""),
    *("construction.tools.drill", "apparel.shoes", "auto.accessories.player", ""),
    *("sport.bicycle", "kids.carriage", "construction.tools.light", "", "", ""),
)
_BRANDS = (
    *(
        "samsung",
        "apple",
        "xiaomi",
        "huawei",
        "bosch",
        "lucente",
        "lg",
        "acer",
        "elenberg",
        "santeri",
        "aqua",
    ),
    *("lenovo", "hp", "", ""),
)
_MACROS = """
-- A number in [0, 1) for a place; parts are told apart by a text.
create or replace temp macro u(part, place) as
    (hash(part, place, getvariable('seed')) >> 11)::double / 9007199254740992;
create or replace temp macro pick(values_, share) as values_[1 + floor(share * len(values_))::integer];
create or replace temp macro key_of(place) as
    regexp_replace(md5(place), '(.{8})(.{4})(.{4})(.{4})(.{12})', '\\1-\\2-\\3-\\4-\\5');
"""
_EVENTS = """
with sessions as (
    select
        range as session,
        -- Few users come often; every month brings new ones and some of the months before.
        floor(getvariable('users') * pow(u('user', [month, range]), 1.6))::bigint as person,
        u('start', [month, range]) * seconds as started,
        1 + floor(-ln(1 - u('length', [month, range])) * 4.15)::integer as views,
        u('cart', [month, range]) < 0.155 as has_cart,
        u('cart', [month, range]) < 0.083 as has_purchase,
        u('removed', [month, range]) < 0.02 as has_removed,
        u('key', [month, range]) < 0.05 as key_comes_again,
        month,
    from range(getvariable('sessions')), (select {month}::integer as month, {seconds}::integer as seconds)
),
steps as (
    select
        * exclude (started),
        unnest(
            list_transform(range(views), lambda i: {{'place': i, 'type': 'view'}})
            || if(has_cart or has_removed, [{{'place': views, 'type': 'cart'}}], [])
            || if(has_removed, [{{'place': views + 1, 'type': 'remove_from_cart'}}], [])
            || if(has_purchase, [{{'place': views + 2, 'type': 'purchase'}}], [])
        ) as step,
        started,
    from sessions
),
events as (
    select
        session,
        person,
        month,
        key_comes_again,
        step.type as event_type,
        -- Most steps follow within two minutes; one in 200 comes after a long pause in the same session key.
        started + step.place * (20 + floor(u('pace', [month, session]) * 100))
            + if(u('pause', [month, session]) < 0.005 and step.place > 1, 7200, 0) as second,
        -- Cart and purchase are of the last product that was looked at.
        floor(getvariable('products')
            * pow(u('product', [month, session, least(step.place, views - 1) // 2]), 3))::bigint as product,
        [month, session, step.place] as place,
    from steps
),
described as (
    select
        *,
        u('kind', [product]) as kind,
        u('brand', [product]) as maker,
        round(exp(5.0 + 1.25 * (u('a', [product]) + u('b', [product]) + u('c', [product]) - 1.5) * 2)
            * (1 + 0.01 * month * (u('drift', [product]) - 0.4)), 2) as list_price,
        -- Rows that are there twice: the same page sent twice, or two units of one product in one second.
        1 + (u('twice', place) < if(event_type = 'purchase', 0.01, 0.0003))::integer as rows,
    from events
),
repeated as (
    select *, unnest(range(rows)) as copy from described
),
final as (
    select
        strftime(timestamp '{first}' + to_seconds(second::bigint), '%Y-%m-%d %H:%M:%S UTC') as event_time,
        event_type,
        (1000000 + product * 37)::varchar as product_id,
        (2053013550000000000 + floor(kind * 600)::bigint * 1048576)::varchar as category_id,
        -- From December 2019 on a code stands for another category.
        nullif(pick({categories}, if({changed} and kind < 0.5, 1 - kind - 1e-9, kind)), '') as category_code,
        -- One product in 20 stands under a second brand now and then.
        nullif(pick({brands}, if(maker < 0.05 and u('other', place) < 0.2, maker + 0.3, maker)), '') as brand,
        printf('%.2f', if(u('free', place) < 0.001, 0, list_price)) as price,
        if(u('nobody', place) < 0.0001, null, (500000000 + person * 11)::varchar) as user_id,
        key_of(if(key_comes_again, person::varchar, concat_ws('-', month, session))) as user_session,
    from repeated
    order by second, session, place, copy
)
select * from final
"""


@dataclass(frozen=True)
class Shape:
    """How much is written: `rows` over all months (about), and for how many months from October 2019."""

    rows: int
    months: int
    seed: int = 7
    user_rows: float = 21.4
    products: int = 206_000


def month_start(month: int) -> dt.date:
    """The first day of a month, counted from October 2019.

    Examples
    --------
    >>> month_start(0), month_start(4)
    (datetime.date(2019, 10, 1), datetime.date(2020, 2, 1))
    """
    years, months = divmod(9 + month, 12)
    return dt.date(2019 + years, months + 1, 1)


def write(folder: Path, shape: Shape, formats: Sequence[str] = ("csv.gz",)) -> list[Path]:
    """Write the files; the formats (`csv.gz`, `csv`, `parquet`) take turns month by month.

    Parameters
    ----------
    folder
        Where to; files are named like `2019-Oct.csv.gz`.
    shape
        How much.
    formats
        In which format each month is written, from the first on again when months are left.

    Returns
    -------
    list of Path
        The files, in the order of their months.

    Examples
    --------
    >>> write(Path("build/rees46"), Shape(20_000_000, 5))  # doctest: +SKIP
    """
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"temp_directory": str(folder / "spill"), "memory_limit": "3GB"})
    connection.execute("set enable_progress_bar = false")
    connection.execute(_MACROS)
    variables = {
        "seed": shape.seed,
        "sessions": round(shape.rows / shape.months / _SESSION_EVENTS),
        "users": max(1, round(shape.rows / shape.user_rows)),
        "products": shape.products,
    }
    for name, value in variables.items():
        connection.execute(f"set variable {name} = {value}")
    files = []
    for month in range(shape.months):
        form = formats[month % len(formats)]
        path = folder / f"{month_start(month):%Y-%b}.{form}"
        connection.execute(f"copy ({_query(month)}) to '{path}' ({_options(form)})")
        files.append(path)
    connection.close()
    return files


def _query(month: int) -> str:
    first = month_start(month)
    days = (month_start(month + 1) - first).days
    return _EVENTS.format(
        month=month,
        seconds=days * 86_400 - 14_400,
        first=first,
        changed=first >= dt.date(2019, 12, 1),
        categories=list(_CATEGORIES),
        brands=list(_BRANDS),
    )


def _options(form: str) -> str:
    if form == "parquet":
        return "format parquet"
    return "format csv, header" + (", compression gzip" if form.endswith(".gz") else "")
