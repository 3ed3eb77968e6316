"""The other side of payments: merchants, cash machines, employers, landlords, utilities, suppliers, family abroad."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final

from .entities import Entity
from .names import latin_name
from .parts import OtherSide
from .trades import CASH_CATEGORY, CATEGORIES_BOUGHT, EPITHETS

# Banks that do not exist: X is no letter of a BIC's country that a bank could have.
HOME_BANKS: Final = {"US": ("First Sample Bank", "Specimen Savings"), "DE": ("Muster Sparkasse", "Probebank")}
FOREIGN_SHOPS: Final = ("IE", "NL", "GB", "SE", "LU")
ABROAD: Final = ("MX", "PL", "TR", "NG", "VN", "UA", "BG", "GR", "EG", "CN", "KR", "IN", "US", "DE")


INSTITUTIONS: Final = ("pensions", "acquirer", "tax", "lender", "card_issuer")


@dataclass(slots=True)
class Neighbourhood:
    """Whom the customers of one entity pay and are paid by. desks: cash counters by the code of their branch, which are
    no counterparties: what is paid in there has none."""

    merchants: list[OtherSide] = field(default_factory=list)
    employers: list[OtherSide] = field(default_factory=list)
    landlords: list[OtherSide] = field(default_factory=list)
    utilities: list[OtherSide] = field(default_factory=list)
    telecoms: list[OtherSide] = field(default_factory=list)
    insurers: list[OtherSide] = field(default_factory=list)
    buyers: list[OtherSide] = field(default_factory=list)
    suppliers: list[OtherSide] = field(default_factory=list)
    families: list[OtherSide] = field(default_factory=list)
    elsewhere: list[OtherSide] = field(default_factory=list)
    desks: dict[str, OtherSide] = field(default_factory=dict)
    further: list[OtherSide] = field(default_factory=list)
    lender: OtherSide = field(default_factory=lambda: OtherSide("LENDER", "Home loans", "organisation", "US"))
    card_issuer: OtherSide = field(default_factory=lambda: OtherSide("CARDS", "Card services", "organisation", "US"))
    pensions: OtherSide = field(
        default_factory=lambda: OtherSide("PENSION", "State pension fund", "organisation", "US")
    )
    acquirer: OtherSide = field(default_factory=lambda: OtherSide("ACQUIRER", "Card settlement", "organisation", "US"))
    tax: OtherSide = field(default_factory=lambda: OtherSide("TAX", "Tax office", "organisation", "US"))

    def everybody(self) -> list[OtherSide]:
        named = (self.employers, self.landlords, self.utilities, self.telecoms, self.insurers, self.buyers)
        more = (self.suppliers, self.families, self.elsewhere, self.further)
        groups = [*self.merchants, *(each for group in (*named, *more) for each in group)]
        return [*groups, *(getattr(self, name) for name in INSTITUTIONS)]


def make_neighbourhood(rng: Random, entity: Entity, customers: int) -> Neighbourhood:
    """As many of each as so many customers need."""
    maker, country = _Maker(rng, entity), entity.country
    some = max(3, customers // 100)
    result = Neighbourhood(
        merchants=[maker.merchant(number) for number in range(max(30, customers // 12))],
        employers=[maker.firm("EMPL", number, country) for number in range(max(6, customers // 40))],
        landlords=[maker.landlord(number) for number in range(max(6, customers // 50))],
        utilities=[maker.firm("UTIL", number, country, noun) for number, noun in enumerate(_UTILITIES)],
        telecoms=[maker.firm("TEL", number, country, noun) for number, noun in enumerate(_TELECOMS)],
        insurers=[maker.firm("INS", number, country, noun) for number, noun in enumerate(_INSURERS)],
        buyers=[maker.firm("BUY", number, country) for number in range(some * 2)],
        suppliers=[maker.firm("SUPP", number, rng.choice((country, *FOREIGN_SHOPS[:2]))) for number in range(some * 2)],
        families=[
            maker.person("FAM", number, ABROAD[number % len(ABROAD)]) for number in range(max(len(ABROAD), some * 2))
        ],
        elsewhere=[maker.person("STAFF", number, country) for number in range(some * 3)],
        desks={
            branch.code: OtherSide("", f"Cash desk, {branch.name}", "terminal", country)
            for branch in entity.branches
        },
    )  # fmt: skip
    for name in INSTITUTIONS:
        side = getattr(result, name)
        setattr(result, name, OtherSide(side.external_id, side.name, side.kind, country, home_bank(rng, country)))
    return result


def home_bank(rng: Random, country: str) -> str:
    """A bank of the country, which does not exist."""
    return rng.choice(HOME_BANKS.get(country, (f"Example Bank {country}", f"Placeholder Bank {country}")))


_TELECOMS: Final = ("Mobile", "Fibre", "Telecom")
_INSURERS: Final = ("Mutual", "Insurance", "Life")
_UTILITIES: Final = ("Energy", "Power & Light", "Gas", "City Heating", "Electric")


class _Maker:
    def __init__(self, rng: Random, entity: Entity) -> None:
        self.rng, self.entity = rng, entity

    def merchant(self, number: int) -> OtherSide:
        # The first ones are of every kind, so that a small demo has them all.
        shares = [each.share for each in CATEGORIES_BOUGHT]
        places = range(len(CATEGORIES_BOUGHT))
        category = number if number < len(shares) else self.rng.choices(places, shares)[0]
        kind, town = CATEGORIES_BOUGHT[category], self.rng.choice(self.entity.towns)[0]
        if category == CASH_CATEGORY:
            return OtherSide(f"ATM-{number:04d}", f"Cash machine {number:04d}, {town}", "terminal", self.entity.country,
                             category=category)  # fmt: skip
        is_foreign = kind.channel == "ecommerce" and self.rng.random() < 0.3
        country = self.rng.choice(FOREIGN_SHOPS) if is_foreign else self.entity.country
        name = self.rng.choice(kind.names)
        name = name if kind.channel == "ecommerce" else f"{name}, {town}"
        return OtherSide(f"SHOP-{number:04d}", name, "merchant", country, category=category)

    def firm(self, prefix: str, number: int, country: str, noun: str = "") -> OtherSide:
        noun = noun or self.rng.choice(
            ("Industries", "Services", "Logistics", "Foods", "Works", "Health", "Systems", "Supply")
        )
        return OtherSide(
            f"{prefix}-{number:04d}", f"{self.rng.choice(EPITHETS)} {noun}", "organisation", country,
            home_bank(self.rng, country), self.number(),
        )  # fmt: skip

    def landlord(self, number: int) -> OtherSide:
        country = self.entity.country
        return (
            self.person("LAND", number, country)
            if self.rng.random() < 0.5
            else self.firm("LAND", number, country, "Homes")
        )

    def person(self, prefix: str, number: int, country: str) -> OtherSide:
        name = latin_name(self.rng, country, self.entity.country)
        return OtherSide(f"{prefix}-{number:04d}", name, "person", country, home_bank(self.rng, country), self.number())

    def number(self) -> str:
        # No check digits, and no country: no real account has such a number.
        return f"SYN{self.rng.randrange(10**12):012d}"
