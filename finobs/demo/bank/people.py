"""Persons: who they are, what they live from, and how the bank rates them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any, Final

from transactions.choices import CustomerKind

from .entities import Entity
from .names import COUNTRY_NAMES, Culture, culture_of, full_name
from .parts import BankCustomer
from .trades import LEGISLATOR, OCCUPATIONS, RETIRED, STUDENT, Occupation

# QUIET: wages go to an account at another bank, from which this one is topped up.
EMPLOYED, RETIREE, STUDYING, QUIET = "employed", "retired", "student", "quiet"
AGES: Final = {STUDYING: (18, 26), RETIREE: (66, 88)}
WORKING_AGES: Final = (23, 64)
# A month's pension, and what parents give, in dollars.
INCOMES: Final = {STUDYING: (650, 1150), RETIREE: (1300, 2700)}
MANAGERS: Final = {
    "northwind": ("Team Retail Northwind", "J. Ashdown (synthetic)", "M. Everett (synthetic)"),
    "southgate": ("Team Privatkunden Südtor", "K. Lindenau (synthetic)", "B. Ostermann (synthetic)"),
}  # fmt: skip
SEGMENTS: Final = {STUDYING: "Student", QUIET: "Second account"}
FOREIGN_SHARE: Final = 0.7
REMITTING_SHARE: Final = 0.3
# Couples: how many come from the same country, how many of these have one name, and how many years are between them.
SAME_CULTURE, ONE_NAME, MAX_YEARS_BETWEEN = 0.75, 0.65, 7
# Whoever needs years of training or of work for it is no beginner.
LATER_IN_LIFE: Final = ("1111", "1120", "2211", "2611")
LATER_AGE: Final = 33
EU_CULTURES: Final = ("DE", "PL", "BG", "GR")
# Of the cultures' countries, those that were under increased monitoring by the FATF while the demo's people joined.
MONITORED: Final = ("BG", "NG", "VN")
NEW_DAYS: Final = 500


def make_person(
    rng: Random,
    entity: Entity,
    external_id: str,
    archetype: str,
    today: date,
    family: BankCustomer | None = None,
    *,
    born: date | None = None,
    culture: Culture | None = None,
    occupation: str = "",
) -> BankCustomer:
    """family: with whom they live, whose address they share. culture: they are a national of its country."""
    born = born or _birth_date(rng, archetype, today, family)
    is_foreign = culture is not None or rng.random() < FOREIGN_SHARE
    culture = culture or _culture(rng, entity, family)
    surname = rng.randrange(len(culture.families))
    if family and family.culture is culture and rng.random() < ONE_NAME:
        surname = family.family
    # Nobody opened an account before they were 16, and none after the payments begin.
    latest, earliest = (today - born).days - 16 * 365, 260
    onboarded = today - timedelta(days=rng.randrange(earliest, max(earliest + 1, min(latest, 22 * 365))))
    nationality = culture.country if is_foreign else entity.country
    work = _occupation(rng, archetype, occupation, (today - born).days // 365)
    profile: dict[str, Any] = full_name(rng, culture, born.year, surname) | {
        "date_of_birth": born.isoformat(),
        "country_of_residence": entity.country,
        "nationalities": [nationality],
        "addresses": family.profile["addresses"] if family else [address(rng, entity, "residence")],
        "identifiers": identity_documents(rng, nationality, entity.country, today),
        "segment": SEGMENTS.get(archetype, "Retail"),
        "occupation": work.code,
        "onboarded_on": onboarded.isoformat(),
        "relationship_manager": rng.choice(MANAGERS[entity.code]),
    }
    person = BankCustomer(
        external_id, entity, CustomerKind.PERSON.value, profile, archetype, culture=culture, family=surname,
        income=rng.uniform(work.low, work.high),
    )  # fmt: skip
    can_remit = nationality != entity.country and family is None and archetype != STUDYING
    person.is_remitting = can_remit and rng.random() < REMITTING_SHARE
    _rate(rng, person, nationality, onboarded, today)
    return person


def address(rng: Random, entity: Entity, kind: str) -> dict[str, str]:
    town, code = rng.choice(entity.towns)
    street, number = rng.choice(entity.streets), rng.randrange(1, 240)
    line = f"{number} {street}" if entity.country == "US" else f"{street} {number}"
    return {"line": line, "city": town, "postal_code": code, "country": entity.country, "type": kind}


def identity_documents(rng: Random, nationality: str, home: str, today: date) -> list[dict[str, str]]:
    """What somebody of this nationality shows who lives at `home`: foreigners with the permit that they need."""
    is_card = nationality == home == "DE"
    documents = [_document(rng, "identity card" if is_card else "passport", nationality, today)]
    if nationality != home and not (home in EU_CULTURES and nationality in EU_CULTURES):
        documents.append(_document(rng, "residence permit", home, today))
    return documents


def minor(dollars: float, entity: Entity, step: int = 1) -> int:
    """Minor units in the entity's currency of so many dollars, rounded to `step` of them."""
    return max(step, round(dollars * entity.weight * 100 / step) * step)


def _birth_date(rng: Random, archetype: str, today: date, family: BankCustomer | None) -> date:
    low, high = AGES.get(archetype, WORKING_AGES)
    earliest, latest = today - timedelta(days=high * 365 + 364), today - timedelta(days=low * 366)
    if family:
        between = timedelta(days=rng.randrange(-MAX_YEARS_BETWEEN * 365, MAX_YEARS_BETWEEN * 365))
        return min(latest, max(earliest, date.fromisoformat(family.profile["date_of_birth"]) + between))
    return earliest + timedelta(days=rng.randrange((latest - earliest).days))


def _culture(rng: Random, entity: Entity, family: BankCustomer | None) -> Culture:
    if family and family.culture and rng.random() < SAME_CULTURE:
        return family.culture
    return culture_of(rng, entity.country)


def _occupation(rng: Random, archetype: str, code: str, age: int) -> Occupation:
    """That of the code, whose income is usual where it is none of those that are listed."""
    if archetype in INCOMES:
        return Occupation(code or {STUDYING: STUDENT, RETIREE: RETIRED}[archetype], *INCOMES[archetype])
    if code:
        return next((each for each in (*OCCUPATIONS, LEGISLATOR) if each.code == code), Occupation(code, 1800, 2600))
    possible = [each for each in OCCUPATIONS if age >= LATER_AGE or not each.code.startswith(LATER_IN_LIFE)]
    return rng.choice(possible)


def _document(rng: Random, kind: str, country: str, today: date) -> dict[str, str]:
    until = today + timedelta(days=rng.randrange(-40, 9 * 365))
    number = f"SYN{rng.randrange(10**8):08d}"
    return {"type": f"synthetic {kind}", "number": number, "country": country, "valid_until": until.isoformat()}


def _rate(rng: Random, person: BankCustomer, nationality: str, onboarded: date, today: date) -> None:
    """By what the bank knows of them: each reason is one that the rest of the profile bears out."""
    profile, chance, home = person.profile, rng.random(), person.entity.country
    country = COUNTRY_NAMES[nationality]
    rating, reason = "low", "Simple products, income explained, no ties abroad."
    if person.archetype == QUIET:
        reason = "Second account; wages go to another bank."
    elif nationality != home:
        reason = f"Simple products, income explained; national of {country}, lives here."
    if chance < 0.008 and person.archetype == EMPLOYED and person.income > LEGISLATOR.low / 2:
        profile["is_pep"], profile["occupation"] = True, LEGISLATOR.code
        person.income = rng.uniform(LEGISLATOR.low, LEGISLATOR.high)
        was = "member of a regional parliament" if nationality == home else f"deputy minister of {country} once"
        rating, reason = "high", f"Politically exposed: {was}."
    elif person.is_remitting:
        rating, reason = "medium", f"Supports family in {country} by wire; income explained."
        if nationality in MONITORED and chance < 0.3:
            rating = "high"
            reason = f"Regular wires to {country}, which has strategic deficiencies; source of funds documented."
    elif (today - onboarded).days < NEW_DAYS and chance < 0.6:
        rating, reason = "medium", "New customer; to be reviewed after two years."
    elif chance > 0.97:
        rating, reason = "medium", "Onboarded by video only."
    since = onboarded + timedelta(days=rng.randrange(0, 200))
    profile |= {"risk_rating": rating, "risk_reason": reason, "risk_since": since.isoformat()}
