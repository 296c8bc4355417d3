"""What is read of a table in BigQuery: the rows that are kept, those that are rejected, and how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis_lib.errors import BadDataError
from analysis_lib.sources.bigquery.judging import first_rule, reasons, table_rules, text, value_sql
from analysis_lib.sources.bigquery.there import Part
from analysis_lib.warehouse.bigquery import BigQueryWarehouse

# Rows of one instant get numbers side by side: as many as fit into a microsecond's place.
_PLACES = 1000
INSTANT = "event_timestamp"


@dataclass
class Judged:
    """What was found in a table there: rows kept and rejected, and kept rows that equal another one."""

    part: Part
    kept: int = 0
    rejected: int = 0
    identical: int = 0


def judge(cloud: BigQueryWarehouse, part: Part, most_rejected: float) -> Judged:
    """Count the rows of a table there by the rule that rejects them, in one pass.

    Raises
    ------
    BadDataError
        One rule rejects more than this share of them.
    """
    rules = table_rules(part.table, part.columns)
    judged = Judged(part)
    rows = cloud.rows_as_written(
        f"select {first_rule(rules)} as rule, count(*) as n from `{part.address}` group by rule"
    )
    whole = sum(int(n) for _, n in rows)
    for rule, n in rows:
        if rule is None:
            judged.kept = int(n)
            continue
        judged.rejected += int(n)
        if n > most_rejected * whole and (n >= 10 or n == whole):
            raise BadDataError(
                f"{part.shown} has another format than expected: {n:,} of {whole:,} rows would be "
                f"rejected for the reason “{rules[int(rule)].words}”.",
                "Mend the table, or raise --max-rejected-share; nothing was changed.",
            )
    if part.table.keyless and judged.kept:
        values = ", ".join(f"`{name}`" for name in part.table.columns if name in part.columns)
        [(most, identical)] = cloud.rows_as_written(
            "select max(most) as most, sum(n - kinds) as identical from (select count(*) as most, "
            "count(*) as n, count(distinct value) as kinds from (select "
            f"`{INSTANT}` as instant, to_json_string(struct({values})) as value from `{part.address}` "
            f"where {first_rule(rules)} is null) group by instant)"
        )
        judged.identical = int(identical)
        if most > _PLACES:
            raise BadDataError(
                f"{part.shown} has {most:,} events of one microsecond; {_PLACES:,} can be told apart."
            )
    return judged


def rejects_sql(source: str, part: Part) -> str:
    """The rows that are rejected, as `rejected_rows` has them; empty where nothing can be wrong."""
    rules = table_rules(part.table, part.columns)
    if not rules:
        return ""
    return (
        f"select {text(source)} as source, {text(part.table.name)} as table_name, {part.file_id} as file_id, "
        f"{text(part.name)} as file_name, cast(null as int64) as row_number, {reasons(rules)} as reason, "
        f"to_json_string(t) as row_as_read from `{part.address}` as t where {first_rule(rules)} is not null"
    )


def rows_sql(parts: Sequence[Part], *, is_copied: bool) -> str:
    """The rows of some tables there that are kept, typed, with the number of their file and their own.

    A row that is copied is known by its number, so that two with one key have two; a view only orders by it.
    Tables of the same columns are read together: a view on a thousand days must not be too long.
    """
    alike: dict[tuple[tuple[str, str], ...], list[Part]] = {}
    for part in parts:
        used = tuple((name, part.columns[name]) for name in part.table.columns if name in part.columns)
        alike.setdefault(used, []).append(part)
    return "\nunion all\n".join(_alike_sql(same, is_copied) for same in alike.values())


def _alike_sql(parts: Sequence[Part], is_copied: bool) -> str:
    table, columns = parts[0].table, parts[0].columns
    used = ", ".join(f"`{name}`" for name in table.columns if name in columns)
    union = "\nunion all\n".join(
        f"select {used}, {part.file_id} as load_file_id from `{part.address}`" for part in parts
    )
    values = [f"{value_sql(one, columns.get(name))} as `{name}`" for name, one in table.columns.items()]
    key = ", ".join(f"`{name}`" for name in table.key)
    if table.keyless:
        number = (
            f"`{INSTANT}` * {_PLACES} + row_number() over (partition by load_file_id, `{INSTANT}` "
            "order by to_json_string(t)) - 1"
        )
    elif is_copied:
        place = f"row_number() over (partition by load_file_id, {key} order by to_json_string(t))"
        known = f"concat(to_json_string(struct({key})), '-', cast({place} as string))"
        number = f"farm_fingerprint({known})"
    elif len(table.key) == 1 and table.columns[table.key[0]].type == "INT64":
        number = key
    else:
        number = f"farm_fingerprint(to_json_string(struct({key})))"
    values += ["load_file_id", f"{number} as load_row_number"]
    rules = table_rules(table, columns)
    kept = f" where {first_rule(rules)} is null" if rules else ""
    return f"select {', '.join(values)} from ({union}) as t{kept}"
