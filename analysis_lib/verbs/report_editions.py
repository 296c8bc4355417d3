"""Which editions a run makes: the entries of `reports.yml`, the largest values filled in, and the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis_lib.editions.spec import NOT_SET, Edition, slugs
from analysis_lib.errors import SettingsError, did_you_mean
from analysis_lib.publish.edition_entries import ALWAYS, EditionEntry
from analysis_lib.settings import Settings
from analysis_lib.verbs.report_choice import Choice
from analysis_lib.warehouse.opening import open_warehouse

EVERY = "all"
# Each person's value, as stg_edition_people takes it, with sessions and revenue; for people with a value.
_VALUES = {
    "country": (
        "coalesce(users.country, first_sessions.country)",
        ("stg_users", "fct_sessions"),
    ),
    "device": ("first_sessions.device", ("fct_sessions",)),
    "source": ("first_sessions.traffic_source", ("fct_sessions",)),
    "segment": ("segments.segment", ("dim_customer_segments",)),
}


@dataclass(frozen=True)
class Chosen:
    """An edition that a run makes, with the entry that it comes from."""

    edition: Edition
    entry: EditionEntry


def settle(
    settings: Settings, shop: str, entries: Sequence[EditionEntry]
) -> tuple[list[Chosen], dict[str, str]]:
    """Every edition that the entries stand for, in their order; what cannot be settled, with the reason.

    Parameters
    ----------
    shop
        The shop, whose marts say which values are the largest.

    Raises
    ------
    SettingsError
        Two editions have one id.
    """
    found: list[Chosen] = []
    open_: dict[str, str] = {}
    for entry in entries:
        if not entry.each:
            found.append(Chosen(entry.edition, entry))
            continue
        values = largest(settings, shop, entry.each)
        if not values:
            open_[entry.id] = f"no {entry.each} is known in the shop's marts"
        names = slugs(values)
        found += [Chosen(entry.edition_of(value, names[value]), entry) for value in values[: entry.most]]
    ids = [chosen.edition.id for chosen in found]
    for chosen in found:
        if ids.count(chosen.edition.id) > 1:
            raise SettingsError(
                f"reports.yml, edition {chosen.entry.id}: the id {chosen.edition.id} is that of another one.",
                "Give one of the entries another id.",
            )
    return found, open_


def choose(chosen: Sequence[Chosen], entries: Sequence[EditionEntry], choice: Choice) -> list[Chosen]:
    """The editions that a run makes: those that are always published, and those that are asked for by name.

    A preview of some pages makes only what is asked for.

    Raises
    ------
    SettingsError
        There is no edition of that name, with the nearest that there is.

    Examples
    --------
    >>> choose([], [], Choice())
    []
    """
    known = {EVERY, *(one.edition.id for one in chosen), *(entry.id for entry in entries)}
    for name in choice.editions:
        if name not in known:
            raise SettingsError(f"There is no edition {name} in reports.yml.", did_you_mean(name, known))
    asked = set(choice.editions)
    wanted = [
        one
        for one in chosen
        if asked & {EVERY, one.edition.id, one.entry.id} or (one.entry.publish == ALWAYS and not choice.only)
    ]
    return wanted[: choice.limit]


def largest(settings: Settings, shop: str, dimension: str) -> list[str]:
    """The values of a dimension, largest first: by net revenue of their people, then sessions, then name."""
    value, needed = _VALUES[dimension]
    with open_warehouse(settings, shop, read_only=True) as warehouse:
        there = warehouse.tables()
        if not set(needed) & there:
            return []
        rows = warehouse.rows(_query(value, there))
    return [name for name, _, _ in rows]


def _query(value: str, there: set[str]) -> str:
    """People with their value, sessions and net revenue, from the tables that the shop has."""
    empty: Mapping[str, str] = {
        "fct_sessions": "select '' as visitor_id, '' as country, '' as device, '' as traffic_source, "
        "false as is_first_session limit 0",
        "stg_users": "select '' as user_id, '' as country limit 0",
        "dim_customer_segments": "select '' as user_id, '' as segment limit 0",
        "int_orders": "select '' as visitor_id, cast(0 as numeric) as net_revenue limit 0",
    }

    def table(name: str) -> str:
        return f"select * from {name}" if name in there else empty[name]

    return f"""
with
sessions as ({table("fct_sessions")}),
users as (select concat('u:', user_id) as visitor_id, country from ({table("stg_users")})),
segments as (select concat('u:', user_id) as visitor_id, segment from ({table("dim_customer_segments")})),
orders as ({table("int_orders")}),
first_sessions as (select visitor_id, country, device, traffic_source from sessions where is_first_session),
counts as (select visitor_id, count(*) as sessions from sessions group by visitor_id),
revenue as (select visitor_id, sum(net_revenue) as net_revenue from orders group by visitor_id),
people as (
    select visitor_id from counts
    union distinct select visitor_id from users
    union distinct select visitor_id from revenue
),
valued as (
    select
        {value} as person_value,
        coalesce(counts.sessions, 0) as sessions,
        coalesce(revenue.net_revenue, 0) as net_revenue,
    from people
    left join users on people.visitor_id = users.visitor_id
    left join first_sessions on people.visitor_id = first_sessions.visitor_id
    left join segments on people.visitor_id = segments.visitor_id
    left join counts on people.visitor_id = counts.visitor_id
    left join revenue on people.visitor_id = revenue.visitor_id
)
select person_value, sum(net_revenue) as net_revenue, sum(sessions) as sessions
from valued
where person_value is not null and person_value != '{NOT_SET}'
group by person_value
order by net_revenue desc, sessions desc, person_value
"""
