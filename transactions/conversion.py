"""Amounts in another currency, at rates of a day, with the day said.

A rate is looked for on the day that is asked for, and on days before it, at most so many. The newest is taken: a rate
of the pair itself, else one of the pair the other way round, else two over a currency in common. Of several that
publish a rate of one day, the first by name: the same question has the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final

from django.db.models import Q

from finobs.core import money

from .models import ExchangeRate

# Over a weekend and two holidays.
MAX_RATE_AGE_DAYS: Final = 7
# Enough that two rates of 24 digits and an amount of 18 are multiplied without a loss.
_DIGITS: Final = 80


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of a currency in another. date: of the older of the rates that it was made of."""

    value: Decimal
    date: date
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conversion:
    """amount_minor: whole minor units of `currency`, rounded half to even. date: of the rate."""

    amount_minor: int
    currency: str
    date: date


@dataclass(frozen=True, slots=True)
class ConvertedTotal:
    """A sum over currencies. date: of the oldest rate in it; None where none was needed. missing: currencies without a
    rate, and then there is no sum."""

    amount_minor: int | None
    currency: str
    date: date | None
    missing: tuple[str, ...] = field(default=())


def convert(
    amount_minor: int, currency: str, to: str, on: date, max_age_days: int = MAX_RATE_AGE_DAYS
) -> Conversion | None:
    """The amount in `to`, by the newest rate on or before `on`; None where there is none so young.

    Raises Invalid for an unknown currency.
    """
    return RateTable.of([currency], to, on, max_age_days).convert(amount_minor, currency)


class RateTable:
    """The rates that turn some currencies into one, read at once."""

    def __init__(self, to: str, on: date, rates: Iterable[tuple[str, str, date, Decimal]]) -> None:
        self.to, self.on = to, on
        # Newest first; of one day the first by the name of its source. The first of each pair counts.
        self.direct: dict[tuple[str, str], tuple[date, Decimal]] = {}
        for base, quote, day, rate in rates:
            self.direct.setdefault((base, quote), (day, rate))

    @classmethod
    def of(cls, currencies: Iterable[str], to: str, on: date, max_age_days: int = MAX_RATE_AGE_DAYS) -> RateTable:
        """For these currencies. Raises Invalid for an unknown one."""
        for code in (to, *(currencies := set(currencies))):
            money.exponent(code)
        codes = {*currencies, to}
        # Of the other end any: it may be the one in common.
        rows = ExchangeRate.objects.filter(
            Q(base__in=codes) | Q(quote__in=codes), date__range=(on - timedelta(days=max_age_days), on)
        ).order_by("-date", "source", "id")
        return cls(to, on, rows.values_list("base", "quote", "date", "rate"))

    def convert(self, amount_minor: int, currency: str) -> Conversion | None:
        """The amount in the currency of the table; None without a rate."""
        rate = self.rate(currency)
        if rate is None:
            return None
        with localcontext() as context:
            context.prec = _DIGITS
            exact = money.to_decimal(amount_minor, currency) * rate.value
            minor = exact.scaleb(money.exponent(self.to)).quantize(Decimal(1), ROUND_HALF_EVEN)
        return Conversion(int(minor), self.to, rate.date)

    def rate(self, currency: str) -> Rate | None:
        """Of a unit of `currency`, the newest; a direct one of the same day goes before one over two."""
        if currency == self.to:
            return Rate(Decimal(1), self.on, (currency,))
        candidates = [*self._between(currency, self.to), *self._over_two(currency)]
        return max(candidates, key=lambda rate: (rate.date, -len(rate.path)), default=None)

    def _between(self, base: str, quote: str) -> list[Rate]:
        """The rate of the pair, and that of the pair the other way round where the first is missing or older."""
        rates = []
        if (base, quote) in self.direct:
            day, value = self.direct[base, quote]
            rates.append(Rate(value, day, (base, quote)))
        if (quote, base) in self.direct:
            day, value = self.direct[quote, base]
            if not rates or day > rates[0].date:
                with localcontext() as context:
                    context.prec = _DIGITS
                    rates.insert(0, Rate(1 / value, day, (base, quote)))
        return rates[:1]

    def _over_two(self, currency: str) -> list[Rate]:
        others = sorted({code for pair in self.direct for code in pair} - {currency, self.to})
        rates = []
        for other in others:
            first, second = self._between(currency, other), self._between(other, self.to)
            if first and second:
                with localcontext() as context:
                    context.prec = _DIGITS
                    value = first[0].value * second[0].value
                rates.append(Rate(value, min(first[0].date, second[0].date), (currency, other, self.to)))
        return rates


def converted_total(
    sums: Mapping[str, int], to: str, on: date, max_age_days: int = MAX_RATE_AGE_DAYS
) -> ConvertedTotal:
    """The sum of amounts in minor units by currency, in `to` at the rates of `on`, or what has no rate."""
    table = RateTable.of(sums, to, on, max_age_days)
    converted = {currency: table.convert(minor, currency) for currency, minor in sorted(sums.items())}
    if missing := tuple(currency for currency, each in converted.items() if each is None):
        return ConvertedTotal(None, to, None, missing)
    parts = [(currency, each) for currency, each in converted.items() if each is not None]
    days = [each.date for currency, each in parts if currency != to]
    return ConvertedTotal(sum(each.amount_minor for _, each in parts), to, min(days, default=None))
