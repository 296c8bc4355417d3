"""SQL that reads numbers as people and programs write them, with a decimal point or a decimal comma.

Digits may be grouped in threes by a comma (or point), a space of any kind or an apostrophe; the first
group has no leading zero. Amounts of money may have one currency, and a minus behind or brackets around
them when they are negative. Nothing else is read: no percent, no fraction, no groups of two.
"""

from __future__ import annotations

import re

from analysis_lib.sources.calendars import BLANKS

DECIMALS = {"decimal_point": ("[.]", ","), "decimal_comma": (",", "[.]")}
# Symbols that mean one currency; the dollar, yen and crown signs mean several and stand for themselves.
CURRENCIES = {
    "€": "EUR", "£": "GBP", "US$": "USD", "CA$": "CAD", "C$": "CAD", "AU$": "AUD", "A$": "AUD",
    "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "R$": "BRL", "NT$": "TWD", "MX$": "MXN", "$": "$",
    "¥": "¥", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "₪": "ILS", "₫": "VND", "₴": "UAH",
    "₱": "PHP", "฿": "THB", "₦": "NGN", "₸": "KZT", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "kr": "kr",
    "kr.": "kr", "lei": "RON", "лв": "BGN", "лв.": "BGN", "Fr.": "CHF", "SFr.": "CHF",
    "Rs": "Rs", "Rs.": "Rs",
}  # fmt: skip
_CODES = tuple(
    re.findall(
        "[A-Z]{3}",
        "COD AED ALL AMD ARS AUD AZN BAM BDT BGN BHD BOB BRL BYN CAD CHF CLP CNY COP CRC CZK DKK DOP DZD EGP "
        "ETB EUR GBP GEL GHS GTQ HKD HNL HRK HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KRW KWD KZT LBP LKR "
        "MAD MDL MKD MMK MUR MXN MYR NAD NGN NIO NOK NPR NZD OMR PAB PEN PHP PKR PLN PYG QAR RON RSD RUB SAR "
        "SEK SGD THB TND TRY TWD TZS UAH UGX USD UYU UZS VES VND XAF XOF XPF YER ZAR ZMW ",
    )
)

_SPACES = BLANKS + "\u2212\u2019"
_PLAIN = "[+-]?[0-9]{1,18}"
_GROUPS = ("o", "s1", "c1", "s2", "w", "f", "e", "c2", "s3", "k")


def _escaped(spelling: str) -> str:
    return "".join(f"[{letter}]" if letter in "$." else letter for letter in spelling)


def _currency(only: str | None) -> str:
    """A pattern of the ways to write any currency, or the one; nothing where it is empty."""
    spellings = [sign for sign, code in CURRENCIES.items() if only is None or code == only]
    spellings += [code for code in _CODES if only is None or code == only]
    # The longest first: US$ is not U, S and a dollar.
    return "|".join(_escaped(spelling) for spelling in sorted(spellings, key=len, reverse=True))


def tidy(text: str) -> str:
    """SQL: the text with plain spaces, minus signs and apostrophes, and none of them around it."""
    return f"trim(translate({text}, '{_SPACES}', '{' ' * len(BLANKS)}-'''))"


def currency_of(text: str) -> str:
    """SQL: the currency sign or code in a text, as written; empty where there is none."""
    return f"regexp_extract({text}, '(?i:{_currency(None)})')"


def currency_name(sign: str) -> str:
    """What a sign or code stands for.

    Examples
    --------
    >>> currency_name("€"), currency_name("eur"), currency_name("$")
    ('EUR', 'EUR', '$')
    """
    names = {spelling.upper(): code for spelling, code in CURRENCIES.items()}
    return names.get(sign.upper(), sign.upper())


def number(text: str, wanted: str, reading: str, currency: str | None = "") -> str:
    """SQL: a text's reading as INT64, FLOAT64 or NUMERIC; NULL where it has none.

    Parameters
    ----------
    text
        The column.
    wanted
        The type; whole numbers and numbers have neither a currency nor a minus behind nor brackets.
    reading
        decimal_point or decimal_comma.
    currency
        The one that an amount may have; None for any.
    """
    decimal, comma = DECIMALS[reading]
    is_money = wanted == "NUMERIC"
    money = _currency(currency) if is_money and currency != "" else ""
    sign = f"({money})?" if money else "()"
    grouped = "|".join(f"[1-9][0-9]{{0,2}}(?:{by}[0-9]{{3}})+" for by in (comma, " ", "''"))
    exponent = "()" if wanted == "INT64" else "(?:[eE]([+-]?[0-9]{1,3}))?"
    pattern = (
        f"^{'([(]?)' if is_money else '()'} ?([+-]?) ?(?i:{sign}) ?{'([+-]?)' if is_money else '()'} ?"
        f"({grouped}|[0-9]*)({decimal}{'0*' if wanted == 'INT64' else '[0-9]*'})?{exponent}"
        f" ?(?i:{sign}) ?{'(-?)([)]?)' if is_money else '()()'}$"
    )
    groups = ", ".join(f"'{name}'" for name in _GROUPS)
    found = f"regexp_extract({tidy(text)}, '{pattern}', [{groups}])"
    return f"list_transform([{found}], lambda g: {_value(wanted)})[1]"


def _value(wanted: str) -> str:
    """SQL: the number of the groups `g`."""
    signs = " + ".join(f"strlen(g.{name})" for name in ("o", "s1", "s2", "s3"))
    is_one = (
        # 5,- is five and not minus five.
        "(strlen(g.w) > 0 or strlen(g.f) > 1) and (g.s3 = '' or strlen(g.f) <> 1) "
        f"and {signs} <= 1 and strlen(g.o) = strlen(g.k) "
        "and (g.c1 = '' or g.c2 = '') and (g.e = '' or not regexp_matches(g.w, '[^0-9]'))"
    )
    minus = "case when g.o <> '' or contains(g.s1 || g.s2 || g.s3, '-') then '-' else '' end"
    digits = "'0' || regexp_replace(g.w, '[^0-9]', '', 'g')"
    text = f"{minus} || {digits}"
    if wanted != "INT64":
        text += " || '.' || substr(g.f, 2) || '0' || case when g.e = '' then '' else 'e' || g.e end"
    if wanted == "FLOAT64":
        real = f"try_cast({text} as double)"
        return f"case when {is_one} and isfinite({real}) then {real} end"
    cast = {"INT64": "bigint", "NUMERIC": "decimal(38, 9)"}[wanted]
    return f"case when {is_one} then try_cast({text} as {cast}) end"


def numbers(text: str, wanted: str) -> str:
    """SQL: a structure of a text's reading with a decimal point (`a`) and with a decimal comma (`b`)."""
    point, comma = (number(text, wanted, reading, None) for reading in DECIMALS)
    same = number_type(wanted)
    whole = f"try_cast({text} as {same})"
    return (
        f"case when regexp_full_match({text}, '{_PLAIN}') then {{'a': {whole}, 'b': {whole}}} "
        f"else {{'a': {point}, 'b': {comma}}} end"
    )


def number_type(wanted: str) -> str:
    """DuckDB's name of a number's type."""
    return {"INT64": "bigint", "NUMERIC": "decimal(38, 9)", "FLOAT64": "double"}[wanted]
