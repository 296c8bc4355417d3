"""Rules on function calls and operators, read from the tokens of a query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import Token, TokenType

Found = Iterator[tuple[int, str, str]]

REASONS = {
    "clock": "a model never asks the clock or chance: same input, same marts",
    "approximate": "marts are exact, and the reference engine cannot run these",
    "not-bigquery": "BigQuery, or Google's analyser, does not have it",
    "text-format": "texts of numbers and instants are made in Python, where both engines agree",
    "instr": "instr with a position or occurrence has no translation",
    "like-escape": "a backslash in a like pattern escapes in BigQuery only",
    "substr-zero": "positions start at 1",
    "division": "x / 0 is an error in BigQuery and infinite in DuckDB",
    "week": "a bare week starts on Sunday; say which day is meant",
    "date-diff-week": "date_diff counts week boundaries, not weeks",
    "elapsed-unit": "elapsed times are taken in microseconds, so that no fraction is lost",
    "percentile-over": "BigQuery has percentile_cont and percentile_disc as window functions only",
    "window-order": "without an order the engine picks one, another on each run",
    "aggregate-order": "without an order the elements come in another order on each run",
    "any-value": "any_value may pick another row on each run",
    "safe-offset": "a missing element is an error in BigQuery and NULL in DuckDB",
    "comma-join": "the kind of a join is said",
    "day-zone": "where a day begins is a parameter of the run",
}


@dataclass(frozen=True)
class Call:
    """A function call: its name, line, the tokens of each argument, and what follows it."""

    name: str
    line: int
    arguments: list[list[Token]]
    after: list[Token]


def calls(tokens: Sequence[Token]) -> Iterator[Call]:
    """Every `name(…)` in the tokens, inner ones too."""
    for place, token in enumerate(tokens[:-1]):
        opens = tokens[place + 1]
        if opens.token_type != TokenType.L_PAREN or not token.text.replace("_", "a").isalnum():
            continue
        depth, end = 0, place + 1
        arguments: list[list[Token]] = [[]]
        for end in range(place + 1, len(tokens)):
            inner = tokens[end]
            if depth == 1 and inner.token_type == TokenType.COMMA:
                arguments.append([])
                continue
            depth += _depth(inner)
            if depth == 0:
                break
            if end > place + 1:
                arguments[-1].append(inner)
        yield Call(token.text.lower(), token.line, [a for a in arguments if a], list(tokens[end + 1 :][:40]))


def _depth(token: Token) -> int:
    if token.token_type in (TokenType.L_PAREN, TokenType.L_BRACKET):
        return 1
    return -1 if token.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET) else 0


_BANNED = {
    "rand": ("clock", "{} is not allowed: same input, same marts"),
    "generate_uuid": ("clock", "{} is not allowed: same input, same marts"),
    **dict.fromkeys(
        ("approx_quantiles", "approx_count_distinct", "approx_top_count", "approx_top_sum"),
        ("approximate", "{} is approximate: count(distinct …), or percentile_cont … over"),
    ),
    "max_by": ("not-bigquery", "write any_value(x having max y)"),
    "min_by": ("not-bigquery", "write any_value(x having min y)"),
    "contains_substr": ("not-bigquery", "write strpos(lower(x), 'y') > 0"),
    "session_user": ("clock", "{} is not allowed: a mart does not depend on who builds it"),
    "format": ("text-format", "format numbers and texts in Python"),
    "format_timestamp": ("text-format", "write format_date(…, date(ts, @timezone)), or format in Python"),
    "offset": ("safe-offset", "write [safe_offset(n)]"),
    "ordinal": ("safe-offset", "write [safe_ordinal(n)]"),
}
_CLOCKS = frozenset(["current_date", "current_timestamp", "current_datetime", "current_time"])
_ORDERED_WINDOWS = frozenset(
    [
        "row_number",
        "rank",
        "dense_rank",
        "ntile",
        "lag",
        "lead",
        "first_value",
        "last_value",
        "nth_value",
        "percent_rank",
        "cume_dist",
    ]
)
_DATE_PARTS = frozenset(
    ["date_trunc", "timestamp_trunc", "datetime_trunc", "date_diff", "datetime_diff", "last_day"]
)
_WEEKS = ("week", "isoweek")


def _words(tokens: Sequence[Token]) -> list[str]:
    return [token.text.lower() for token in tokens]


def _banned(call: Call) -> Found:
    if call.name in _BANNED:
        rule, message = _BANNED[call.name]
        yield call.line, rule, message.format(call.name)


def _text(call: Call) -> Found:
    arguments = [_words(argument) for argument in call.arguments]
    if call.name == "instr" and len(arguments) > 2:
        yield call.line, "instr", "instr takes two arguments here: use strpos, or regexp_extract"
    if call.name in ("substr", "substring") and len(arguments) > 1 and arguments[1] == ["0"]:
        yield call.line, "substr-zero", "positions start at 1: write substr(x, 1, n)"
    if call.name in ("cast", "safe_cast") and _is_amount_as_text(arguments[0] if arguments else []):
        yield call.line, "text-format", "numbers become text in Python, not in SQL"


def _is_amount_as_text(words: list[str]) -> bool:
    """Whether something computed or fractional is cast to string; an id may be."""
    if words[-2:] != ["as", "string"]:
        return False
    computed = {"sum", "avg", "safe_divide", "round", "numeric", "float64", "*", "/", "-", "+"}
    return bool(computed & set(words)) or any(
        "." in word and word.replace(".", "").isdigit() for word in words
    )


def _weeks(call: Call) -> Found:
    if call.name not in _DATE_PARTS and call.name != "extract":
        return
    words = [_words(argument) for argument in call.arguments]
    if call.name in ("date_diff", "datetime_diff") and len(words) > 2 and words[2][0] in _WEEKS:
        yield call.line, "date-diff-week", "write date_diff(date_trunc(a, …), date_trunc(b, …), day) / 7"
        return
    part = words[0][:1] if call.name == "extract" else words[1] if len(words) == 2 else words[-1]
    is_bare = part == ["week"] and not (call.name == "extract" and words[0][1:2] == ["("])
    if is_bare or any(argument == ["week"] for argument in words[1:]):
        yield call.line, "week", "write week(monday) or isoweek"


def _elapsed(call: Call) -> Found:
    if call.name == "timestamp_diff" and len(call.arguments) > 2:
        unit = "".join(_words(call.arguments[2]))
        if unit != "microsecond":
            yield call.line, "elapsed-unit", "write timestamp_diff(a, b, microsecond) and divide"
    if call.name == "date" and len(call.arguments) == 1:
        yield call.line, "day-zone", "write date(ts, @timezone), or cast(x as date) for what is no instant"


def _over(call: Call) -> list[str] | None:
    """The words of the window that follows the call: a name or what its brackets hold; None without one."""
    after = _words(call.after)
    skip = 2 if after[1:2] == ["nulls"] else 0
    after = after[skip:]
    if after[:1] != ["over"]:
        return None
    return after[1:2] if after[1:2] != ["("] else after[2:]


def _windows(call: Call) -> Found:
    window = _over(call)
    inside = [word for argument in call.arguments for word in _words(argument)]
    if call.name in ("percentile_cont", "percentile_disc") and window is None:
        yield call.line, "percentile-over", f"write {call.name}(x, p) over (partition by …)"
    if call.name in _ORDERED_WINDOWS and window is not None and not _is_ordered(call):
        yield call.line, "window-order", f"give {call.name} an order by with a tie-breaker"
    if call.name in ("array_agg", "string_agg") and "order by" not in inside:
        yield call.line, "aggregate-order", f"give {call.name} an order by"
    if call.name == "any_value" and "having" not in inside:
        yield call.line, "any-value", "write max(x), or any_value(x having max y)"


def _is_ordered(call: Call) -> bool:
    """Whether the window has an order; a named window is taken to have one."""
    words = _words(call.after)
    start = words.index("over") + 1
    if words[start : start + 1] != ["("]:
        return True
    depth = 0
    for token in call.after[start:]:
        depth += _depth(token)
        if depth == 1 and token.token_type == TokenType.ORDER_BY:
            return True
        if depth == 0:
            return False
    return True


def _operators(tokens: Sequence[Token]) -> Found:
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        if token.token_type == TokenType.SLASH:
            number = following is not None and following.token_type == TokenType.NUMBER
            if not (number and following is not None and float(following.text) != 0):
                message = "write safe_divide(x, y): x / 0 is an error in BigQuery and infinite in DuckDB"
                yield token.line, "division", message
        if (
            token.token_type == TokenType.LIKE
            and following is not None
            and following.token_type in (TokenType.STRING, TokenType.RAW_STRING)
            and "\\" in following.text
        ):
            yield token.line, "like-escape", "write strpos, starts_with or regexp_contains"
        if token.text.lower() in _CLOCKS:
            yield token.line, "clock", f"{token.text.lower()} is not allowed: pass the day as @as_of"


_CLAUSES = frozenset(
    {
        TokenType.WHERE,
        TokenType.GROUP_BY,
        TokenType.HAVING,
        TokenType.QUALIFY,
        TokenType.WINDOW,
        TokenType.ORDER_BY,
        TokenType.LIMIT,
        TokenType.UNION,
        TokenType.EXCEPT,
        TokenType.INTERSECT,
        TokenType.SELECT,
    }
)


def _comma_joins(tokens: Sequence[Token]) -> Found:
    """Commas in a from clause, at the depth of its `from`."""
    for place, token in enumerate(tokens):
        if token.token_type != TokenType.FROM:
            continue
        depth = 0
        for inner in tokens[place + 1 :]:
            depth += _depth(inner)
            if depth < 0 or (depth == 0 and inner.token_type in _CLAUSES):
                break
            if depth == 0 and inner.token_type == TokenType.COMMA:
                yield inner.line, "comma-join", "write cross join, or join … on"


_CHECKS: tuple[Callable[[Call], Found], ...] = (_banned, _text, _weeks, _elapsed, _windows)


def check(tokens: Sequence[Token]) -> Found:
    """Every finding on calls and operators."""
    yield from _operators(tokens)
    yield from _comma_joins(tokens)
    for call in calls(tokens):
        for rule in _CHECKS:
            yield from rule(call)
