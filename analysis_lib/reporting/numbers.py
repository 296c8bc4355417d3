"""How numbers are written: one place for every page, brief and chart.

Rounded at the end, with a unit; "–" where there is nothing to say; a rate never without its count; a
change with its sign and a word, in points where the thing that changed is itself a percentage. Values
that pandas calls missing (NaN, NaT, NA) are missing here too.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

NOT_AVAILABLE = "–"
_MINUS = "−"
NO_BREAK = "\u00a0"  # a number and its unit stay on one line
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$", "KRW": "₩", "CNY": "CN¥"}
_WITHOUT_CENTS = frozenset({"JPY", "KRW"})
_CENTS_BELOW = 1000  # the cents of a thousand are noise


def number_or_none(value: Any) -> float | None:
    """The value as a float, or None for everything that means "not available".

    Examples
    --------
    >>> number_or_none(float("nan")) is None, number_or_none(Decimal("1.5"))
    (True, 1.5)
    """
    if value is None or isinstance(value, str):
        return None
    try:
        converted = float(value)
    except (TypeError, ValueError):  # pandas.NA and NaT do not convert
        return None
    return converted if math.isfinite(converted) else None


def count(value: Any, decimals: int = 0) -> str:
    """A count with thousands separators.

    Examples
    --------
    >>> count(1234567), count(None), count(-1200)
    ('1,234,567', '–', '−1,200')
    """
    known = number_or_none(value)
    if known is None:
        return NOT_AVAILABLE
    return _signed(known, f"{_rounded(abs(known), decimals):,.{decimals}f}")


def money(value: Any, currency: str, decimals: int | None = None) -> str:
    """An amount with its currency; cents below a thousand.

    Examples
    --------
    >>> money(12345.6, "USD"), money(86.4, "EUR"), money(-1200, "CHF"), money(5000.4, "JPY")
    ('$12,346', '€86.40', '−CHF\\xa01,200', '¥5,000')
    >>> money(None, "USD"), money(0.001, "USD"), money(0, "USD")
    ('–', 'under\\xa0$0.01', '$0')
    """
    known = number_or_none(value)
    if known is None:
        return NOT_AVAILABLE
    if decimals is None:
        cents = abs(known) < _CENTS_BELOW and currency not in _WITHOUT_CENTS and known != 0
        decimals = 2 if cents else 0
        if cents and abs(known) < 0.005:
            return f"under{NO_BREAK}{_prefix(currency)}0.01" if known > 0 else f"{_prefix(currency)}0.00"
    return _signed(known, f"{_prefix(currency)}{_rounded(abs(known), decimals):,.{decimals}f}")


def compact_money(value: Any, currency: str, is_round: bool = True) -> str:
    """A short amount with three digits at most: for an axis, or (not `is_round`) for bars side by side.

    Examples
    --------
    >>> compact_money(1234, "USD"), compact_money(2_500_000, "EUR"), compact_money(0, "USD")
    ('$1.2k', '€2.5M', '$0')
    >>> compact_money(32_000, "USD"), compact_money(32_000, "USD", is_round=False)
    ('$32k', '$32.0k')
    """
    known = number_or_none(value)
    if known is None:
        return NOT_AVAILABLE
    return _signed(known, _prefix(currency) + _compact(abs(known), is_round))


def compact_count(value: Any) -> str:
    """A short count for an axis.

    Examples
    --------
    >>> compact_count(15000), compact_count(800)
    ('15k', '800')
    """
    known = number_or_none(value)
    return NOT_AVAILABLE if known is None else _signed(known, _compact(abs(known)))


def percent(share: Any, decimals: int | None = None) -> str:
    """A share of 0–1 as a percentage, with a decimal where it says something.

    A share that is not 0 never reads as 0 %, one that is not 1 never as 100 %.

    Examples
    --------
    >>> percent(0.1234), percent(0.0056), percent(0.00001), percent(0.99999), percent(1), percent(0)
    ('12.3\\xa0%', '0.56\\xa0%', 'under\\xa00.01\\xa0%', 'over\\xa099.9\\xa0%', '100\\xa0%', '0\\xa0%')
    >>> percent(None)
    '–'
    """
    known = number_or_none(share)
    if known is None:
        return NOT_AVAILABLE
    size = abs(known) * 100
    if size in (0.0, 100.0):
        return _signed(known, f"{size:.0f}{NO_BREAK}%")
    if decimals is None:
        decimals = 2 if size < 1 else 1
    smallest = 10.0**-decimals
    if size < smallest / 2:
        return f"under{NO_BREAK}{smallest:.{decimals}f}{NO_BREAK}%"
    if 100 - smallest / 2 <= size < 100:
        return f"over{NO_BREAK}{100 - smallest:.{decimals}f}{NO_BREAK}%"
    return _signed(known, f"{_rounded(size, decimals):,.{decimals}f}{NO_BREAK}%")


def signed_percent(share: Any) -> str:
    """A share with its sign, for a change in percent.

    Examples
    --------
    >>> signed_percent(0.123), signed_percent(-0.05)
    ('+12.3\\xa0%', '−5.0\\xa0%')
    """
    known = number_or_none(share)
    text = percent(share, 1)
    return f"+{text}" if known is not None and known > 0 else text


def percent_range(low: float, high: float) -> str:
    """Two shares as a range, with the decimals of the smaller.

    Examples
    --------
    >>> percent_range(0.0268, 0.0483), percent_range(0.0001, 0.0009), percent_range(0.2, 1)
    ('2.7–4.8\\xa0%', '0.01–0.09\\xa0%', '20.0–100.0\\xa0%')
    """
    decimals = 2 if high < 0.01 else 1
    ends = (f"{_rounded(end * 100, decimals):.{decimals}f}" for end in (low, high))
    return f"{'–'.join(ends)}{NO_BREAK}%"


def points(difference: Any, decimals: int = 1) -> str:
    """A difference of two shares in percentage points, signed.

    Examples
    --------
    >>> points(0.2), points(-0.0123), points(0.0004)
    ('+20.0\\xa0points', '−1.2\\xa0points', '+0.04\\xa0points')
    """
    known = number_or_none(difference)
    if known is None:
        return NOT_AVAILABLE
    if 0 < abs(known) < 0.00005:
        return f"under{NO_BREAK}0.01{NO_BREAK}points"
    if 0 < abs(known) * 100 < 0.1**decimals:
        decimals = 2
    return f"{signed(known * 100, decimals)}{NO_BREAK}points"


def signed(value: Any, decimals: int = 0) -> str:
    """A number with its sign; nothing changed has none.

    Examples
    --------
    >>> signed(1200), signed(-0.5, 1), signed(0)
    ('+1,200', '−0.5', '0')
    """
    known = number_or_none(value)
    if known is None:
        return NOT_AVAILABLE
    text = f"{_rounded(abs(known), decimals):,.{decimals}f}"
    return ("+" if known > 0 else "") + _signed(known, text)


def signed_money(value: Any, currency: str, decimals: int | None = None) -> str:
    """An amount with its sign, for a change.

    Examples
    --------
    >>> signed_money(1200, "USD"), signed_money(-3.5, "EUR"), signed_money(0, "USD")
    ('+$1,200', '−€3.50', '$0')
    """
    known = number_or_none(value)
    text = money(value, currency, decimals)
    return f"+{text}" if known is not None and known > 0 else text


def ratio(value: Any) -> str:
    """A ratio of two amounts, such as the return on ad spend.

    Examples
    --------
    >>> ratio(4.236), ratio(None)
    ('4.24', '–')
    """
    return count(value, 2)


def duration(seconds: Any) -> str:
    """A length of time in the unit that a reader would use.

    Examples
    --------
    >>> duration(42), duration(150), duration(7500), duration(260_000)
    ('42\\xa0s', '2.5\\xa0min', '2.1\\xa0h', '3.0\\xa0days')
    """
    known = number_or_none(seconds)
    if known is None:
        return NOT_AVAILABLE
    for limit, size, unit, decimals in ((60, 1, "s", 0), (3600, 60, "min", 1), (86400, 3600, "h", 1)):
        if abs(known) < limit:
            return f"{count(known / size, decimals)}{NO_BREAK}{unit}"
    return f"{count(known / 86400, 1)}{NO_BREAK}days"


def days(value: Any) -> str:
    """A number of days; decimals only for a few.

    Examples
    --------
    >>> days(3.24), days(123.4), days(1), days(None)
    ('3.2\\xa0days', '123\\xa0days', '1\\xa0day', '–')
    """
    known = number_or_none(value)
    if known is None:
        return NOT_AVAILABLE
    if known == 1:
        return f"1{NO_BREAK}day"
    return f"{count(known, 1 if abs(known) < 10 and known % 1 else 0)}{NO_BREAK}days"


def p_value(p: float) -> str:
    """A p-value as it stands in a sentence.

    Examples
    --------
    >>> p_value(0.0314), p_value(0.00001)
    ('p\\xa0=\\xa00.031', 'p\\xa0<\\xa00.001')
    """
    text = "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
    return text.replace(" ", NO_BREAK)


def plural(number: Any, one: str, many: str = "") -> str:
    """A count with its noun.

    Examples
    --------
    >>> plural(1, "order"), plural(1200, "order"), plural(2, "category", "categories")
    ('1 order', '1,200 orders', '2 categories')
    """
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def is_reliable(trials: Any, min_sample: int) -> bool:
    """Whether a rate on so many units may stand without a warning."""
    known = number_or_none(trials)
    return known is not None and known >= min_sample


def rate(successes: Any, trials: Any, min_sample: int) -> str:
    """A rate with its count; on few units the count stands in its place.

    Examples
    --------
    >>> rate(45, 1234, 30)
    '3.6\\xa0% (n = 1,234)'
    >>> rate(2, 2, 30)
    '2 of 2: too few to show a rate (n < 30)'
    >>> rate(0, 0, 30)
    '–'
    """
    numerator, denominator = number_or_none(successes), number_or_none(trials)
    if numerator is None or not denominator:
        return NOT_AVAILABLE
    if is_reliable(denominator, min_sample):
        return f"{percent(numerator / denominator)} (n = {count(denominator)})"
    return f"{count(numerator)} of {count(denominator)}: {too_few(min_sample)}"


def rate_or_count(successes: Any, trials: Any, min_sample: int, limits: tuple[Any, Any] | None = None) -> str:
    """A rate for a table whose note says what its counts are for: on few units, the count alone.

    Parameters
    ----------
    successes, trials
        The counts; both may be missing.
    min_sample
        The least number of trials that a rate is shown for.
    limits
        The ends of its interval, where it stands beside the rate.

    Examples
    --------
    >>> rate_or_count(45, 1234, 30), rate_or_count(2, 2, 30), rate_or_count(0, 0, 30)
    ('3.6\\xa0%', '2\\xa0of\\xa02', '–')
    >>> rate_or_count(45, 1234, 30, (0.027, 0.048))
    '3.6\\xa0% (2.7–4.8\\xa0%)'
    """
    numerator, denominator = number_or_none(successes), number_or_none(trials)
    if numerator is None or not denominator:
        return NOT_AVAILABLE
    if not is_reliable(denominator, min_sample):
        return f"{count(numerator)} of {count(denominator)}".replace(" ", NO_BREAK)
    interval = f" ({percent_range(*limits)})" if limits is not None else ""
    return f"{percent(numerator / denominator)}{interval}"


def rate_with_counts(successes: Any, trials: Any, min_sample: int) -> str:
    """A rate with both of its counts, for a chart; on few units, the counts alone.

    Examples
    --------
    >>> rate_with_counts(45, 1234, 30), rate_with_counts(2, 2, 30)
    ('3.6\\xa0% (45 of 1,234)', '2 of 2')
    """
    counts = f"{count(successes)} of {count(trials)}"
    return f"{percent(successes / trials)} ({counts})" if is_reliable(trials, min_sample) else counts


def too_few(min_sample: int) -> str:
    """Why a count stands where a rate would.

    Examples
    --------
    >>> too_few(30)
    'too few to show a rate (n < 30)'
    """
    return f"too few to show a rate (n < {count(min_sample)})"


def _rounded(value: float, decimals: int) -> float:
    # Half up, as people round; through Decimal's text, so that 2.675 is not 2.67. Beyond 15 digits a float
    # has no decimals to round.
    if value >= 1e15:
        return value
    step = Decimal(1).scaleb(-decimals)
    return float(Decimal(repr(value)).quantize(step, rounding="ROUND_HALF_UP"))


def _signed(value: float, text: str) -> str:
    shows_something = any(digit in text for digit in "123456789")
    return f"{_MINUS}{text}" if value < 0 and shows_something else text


def _prefix(currency: str) -> str:
    return _SYMBOLS.get(currency, f"{currency}{NO_BREAK}")


def _compact(size: float, is_round: bool = True) -> str:
    scaled, unit = size, ""
    for limit, name in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= limit * 0.9995:
            scaled, unit = size / limit, name
            break
    decimals = 0 if scaled >= 100 or size == 0 else 1 if unit or scaled >= 10 else 2
    text = f"{_rounded(scaled, decimals):,.{decimals}f}"
    return f"{text.rstrip('0').rstrip('.') if is_round and '.' in text else text}{unit}"
