"""The two legal entities of the demo and their branches. Every name says that they are synthetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Branch:
    code: str
    name: str
    town: str


@dataclass(frozen=True, slots=True)
class Entity:
    """prefix: of the ids of its customers and accounts. share: of all customers. towns: where they live; none exists.
    weight: what one unit of its currency is worth, against a dollar."""

    code: str
    prefix: str
    name: str
    country: str
    currency: str
    time_zone: str
    share: float
    weight: float
    branches: tuple[Branch, ...]
    towns: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]


ENTITIES: Final = (
    Entity(
        "northwind", "NW", "Northwind Bank (synthetic)", "US", "USD", "America/New_York", 0.6, 1.0,
        (
            Branch("harbor", "Harbor Street", "Northwind Harbor"), Branch("lakeside", "Lakeside", "Lakeside Falls"),
            Branch("millroad", "Mill Road", "Old Mill Town"), Branch("airport", "Airport", "Northwind Harbor"),
        ),
        (
            ("Northwind Harbor", "00001"), ("Lakeside Falls", "00002"), ("Old Mill Town", "00003"),
            ("Cedar Crossing", "00004"), ("Prairie Ferry", "00005"),
        ),
        ("Sample Street", "Placeholder Avenue", "Example Road", "Specimen Lane", "Mockup Court", "Test Hill Drive"),
    ),
    Entity(
        "southgate", "SG", "Southgate Bank (synthetic)", "DE", "EUR", "Europe/Berlin", 0.4, 0.92,
        (
            Branch("suedtor", "Südtor", "Musterstadt am Südtor"), Branch("hafen", "Hafen", "Beispielhafen"),
            Branch("altmarkt", "Altmarkt", "Probenheim"),
        ),
        (("Musterstadt am Südtor", "00101"), ("Beispielhafen", "00102"), ("Probenheim", "00103")),
        ("Musterweg", "Beispielstraße", "Probengasse", "Am Platzhalter", "Testallee"),
    ),
)  # fmt: skip
NORTHWIND, SOUTHGATE = ENTITIES
