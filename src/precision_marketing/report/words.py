"""Texts, numbers, money and days as the report writes them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Number = int | float | Decimal
NONE = "–"
# No line ends between a number and its unit.
GAP = "\N{NO-BREAK SPACE}"
# The code for no currency at all: sums then count units, not money.
NO_CURRENCY = "XXX"


class Words:
    """The texts of one section in one language.

    Parameters
    ----------
    language : {"en", "zh"}
        Language of texts and days.
    currency : str
        Code that stands beside money.
    texts : mapping of str to str
        Texts by key, with named places for values.
    """

    def __init__(self, language: str, currency: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self._currency = "" if currency == NO_CURRENCY else currency
        self._texts = texts

    def __call__(self, key: str, /, **values: Any) -> str:
        """Text of a key with its values."""
        return self._texts[key].format(**values)

    def counted(self, key: str, number: Number) -> str:
        """Text of a key for so many; for one that of ``<key>_1``, if there is."""
        one = self._texts.get(f"{key}_1")
        text = one if one is not None and number == 1 else self._texts[key]
        return text.format(count=count(number))

    def of_code(self, prefix: str, code: str) -> str:
        """Text of a code out of a table; the code itself where it has none."""
        return self._texts.get(f"{prefix}_{code}", code)

    def sentences(self, *sentences: str) -> str:
        """Sentences after each other, with a blank between where it is usual."""
        return ("" if self.language == "zh" else " ").join(sentences)

    def listed(self, items: Sequence[str]) -> str:
        """Items that may have commas of their own, one after the other."""
        return ("；" if self.language == "zh" else "; ").join(items)

    def in_money(self, key: str, /, **values: Any) -> str:
        """Text of a key with the currency of numbers that stand without theirs."""
        text = self(key, **values)
        if not self._currency:
            return text
        if self.language == "zh":
            return f"{text}（{self._currency}）"
        return f"{text} ({self._currency})"

    def money(self, value: Number | None) -> str:
        """An amount without cents, unless it is small."""
        if value is None:
            return NONE
        digits = 0 if abs(value) >= 1000 or value == 0 else 2
        return f"{value:,.{digits}f}{GAP}{self._currency}".rstrip()

    def month(self, day: datetime.date) -> str:
        """A month, short enough for an axis."""
        if self.language == "zh":
            return f"{day.year}年{day.month}月"
        return f"{day:%b} {day.year}"

    def day(self, day: datetime.date) -> str:
        """A day in full."""
        if self.language == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {day:%B} {day.year}"


def count(value: Number | None) -> str:
    """A whole number."""
    return NONE if value is None else f"{value:,.0f}"


def decimals(value: Number | None, digits: int = 2) -> str:
    """A number with so many digits after the point."""
    return NONE if value is None else f"{value:,.{digits}f}"


def percent(value: Number | None, digits: int = 1) -> str:
    """A share as a percentage."""
    return NONE if value is None else f"{100 * float(value):,.{digits}f}{GAP}%"


def signed_percent(value: Number | None, digits: int = 1) -> str:
    """A change as a percentage with its sign."""
    return NONE if value is None else f"{100 * float(value):+,.{digits}f}{GAP}%"


def ratio(part: Number | None, whole: Number | None) -> float | None:
    """Part of a whole; none where the whole is nothing."""
    if part is None or not whole:
        return None
    return float(part) / float(whole)
