"""What every drafted model needs: the parts, what the figures said, the zone of times, words of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from analysis_lib.sources.draft import expressions as write
from analysis_lib.sources.draft.evidence import Prices, Returns
from analysis_lib.sources.draft.layout import Filled, contract_columns
from analysis_lib.sources.draft.names import meaning_of
from analysis_lib.sources.draft.pick import Pick, known_share
from analysis_lib.sources.draft.profile import Profile
from analysis_lib.sources.draft.shape import Part, Shape

STATES = ("cancelled", "returned", "complete", "shipped", "processing")


@dataclass(frozen=True)
class Context:
    """What every drafted model needs. `zone` is empty where times without a zone are taken as UTC."""

    connection: duckdb.DuckDBPyConnection
    name: str
    shape: Shape
    prices: Prices
    returns: Returns
    zone: str = ""


def notes_of(pick: Pick, what: str) -> tuple[str, ...]:
    """What is said about a column that was taken: nothing where the header says it."""
    found = []
    if not pick.is_sure:
        found.append(f"check: {pick.why}, so {pick.profile.header} was taken for {what}.")
    if pick.others:
        found.append(f"check: {', '.join(pick.others)} could be {what}, too.")
    return tuple(found)


def time_notes(pick: Pick, zone: str) -> tuple[str, ...]:
    """What is said about a time: its layout where two are possible, and its zone where none is written."""
    profile = pick.profile
    if profile.is_ambiguous:
        first, second = (write.literal(layout) for layout in profile.style.split("|"))
        function = "parse_date" if profile.kind == "DATE" else "parse_timestamp"
        column = write.name(profile.name)
        return (
            f"check: {profile.header} is either {first} or {second}, and no row tells which; write "
            f"{function}({first}, trim({column})) or {function}({second}, trim({column}))"
            + (", inside timestamp(…)." if profile.kind == "DATE" else "."),
        )
    if profile.has_time and not profile.has_zone and not zone:
        return (
            "check: times are written without a zone and taken as UTC; if they are local, draft again with "
            "--timezone, for example --timezone Europe/Berlin.",
        )
    return ()


def fill(
    context: Context, part: Part, model: str, meanings: Mapping[str, str], table: str = ""
) -> dict[str, Filled]:
    """The columns of a staging table that are taken from a table as they are; the others stay empty.

    `meanings` maps columns of the contract to meanings where they differ.
    """
    found: dict[str, Filled] = {}
    for column, type_ in contract_columns(model).items():
        meaning = meanings.get(column, column)
        if not part.has(meaning):
            found[column] = Filled(
                f"cast(null as {type_.lower()})", (f"{part.table.name} has no column for it.",)
            )
            continue
        pick = part.picks[meaning]
        notes = notes_of(pick, column)
        if type_ == "TIMESTAMP":
            found[column] = Filled(
                write.instant(pick, context.zone, table), notes + time_notes(pick, context.zone)
            )
        elif type_ == "DATE":
            ambiguous = time_notes(pick, "UTC") if pick.profile.is_ambiguous else ()
            found[column] = Filled(write.day(pick, table), notes + ambiguous)
        elif type_ == "NUMERIC":
            found[column] = Filled(write.amount(pick, table), notes + money_notes(pick))
        elif type_ == "INT64":
            found[column] = Filled(write.whole(pick, table), notes)
        else:
            is_key = column.endswith("_id")
            found[column] = Filled(
                write.key(pick, table) if is_key else write.text(pick, table), notes + mail_notes(pick)
            )
    return found


def mail_notes(pick: Pick) -> tuple[str, ...]:
    """Why an address is hashed."""
    return (
        "An e-mail address tells customers apart, and is hashed: no address reaches a page.",
    ) * pick.profile.is_mail


def money_notes(pick: Pick) -> tuple[str, ...]:
    """What is said about an amount that can be read in two ways."""
    if not pick.profile.is_ambiguous:
        return ()
    column = write.name(pick.name)
    return (
        (
            f"check: in {pick.profile.header}, comma and point may part thousands or decimals, and no row"
            f" tells which; write cast(replace({column}, ',', '') as numeric) or"
            f" cast(replace(replace({column}, '.', ''), ',', '.') as numeric)."
        ),
    )


def words_note(profile: Profile) -> str:
    """The words of a column with their counts."""
    shown = ", ".join(f"{value} {count:,}" for value, count in profile.values)
    return f"{profile.header} holds: {shown}."


def state_columns(part: Part) -> list[Profile]:
    """The columns that say what became of an order: the one that was picked, and others of that name."""
    if not part.has("status"):
        return []
    first = part.picks["status"].profile
    others = [
        profile
        for profile in part.table.columns.values()
        if profile.name != first.name and "status" in profile.name and known_share(profile, "status") >= 0.5
    ]
    return [first, *others]


def state_sql(
    columns: Sequence[Profile], cancelled_at: str = "", blank: str = "'processing'"
) -> tuple[str, tuple[str, ...]]:
    """The case that makes the contract's states of a shop's words, and what is to be said about it.

    `blank` is the state where no column states one; empty for none.
    """
    lines = ["case"]
    if cancelled_at:
        lines.append(f"    when {cancelled_at} is not null then 'cancelled'")
    unknown: list[str] = []
    for state in STATES:
        tests = []
        for profile in columns:
            words = sorted(
                {value.strip().lower() for value, _ in profile.values if meaning_of("status", value) == state}
            )
            if words:
                listed = ", ".join(write.literal(word) for word in words)
                tests.append(f"lower(trim({write.name(profile.name)})) in ({listed})")
        if tests:
            lines.append(f"    when {' or '.join(tests)} then '{state}'")
    notes = [words_note(profile) for profile in columns]
    for profile in columns:
        for value, count in profile.values:
            if not meaning_of("status", value):
                unknown.append(value)
                notes.append(
                    f"check: what does {value!r} in {profile.header} mean ({count:,} rows)? Its orders have"
                    " no status, which stops a report, until a line of the case names it."
                )
    empty = [profile for profile in columns if profile.missing]
    if blank and empty and len(empty) == len(columns):
        tests = [f"{write.name(profile.name)} is null" for profile in empty]
        lines.append(f"    when {' and '.join(tests)} then {blank}")
    return "\n".join([*lines, "end"]), tuple(notes)
