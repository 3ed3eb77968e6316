"""What people do, what organisations do, and what is bought: with codes of ISCO-08, NACE and merchant categories."""

from __future__ import annotations

from typing import Final, NamedTuple


class Occupation(NamedTuple):
    """low, high: of a month's pay after tax, in dollars."""

    code: str
    low: int
    high: int


class Trade(NamedTuple):
    """A line of business. takings: of a usual day by card; cash: of a usual week at the branch; invoices: what
    customers pay by transfer in a month; all in dollars. suppliers: how many."""

    code: str
    noun: str
    takings: int
    cash: int
    invoices: int
    suppliers: int
    weekend: float


class Category(NamedTuple):
    """What is bought. usual: in dollars; spread: of its logarithm; ending: how prices end (`spending.priced`); opens,
    closes: hours of the day; is_shop: closed on Sundays and holidays where shops are (`spending.SHOPS_CLOSED`)."""

    name: str
    mcc: str
    channel: str
    share: float
    usual: float
    spread: float
    weekend: float
    hour: float
    ending: str
    names: tuple[str, ...]
    opens: float = 7.0
    closes: float = 23.0
    is_shop: bool = False


OCCUPATIONS: Final = (
    Occupation("2221 Nurse", 2700, 3900), Occupation("2341 Primary school teacher", 2600, 3800),
    Occupation("2411 Accountant", 3000, 5200), Occupation("2512 Software developer", 3800, 6800),
    Occupation("2611 Lawyer", 4500, 8200), Occupation("2211 General practitioner", 5200, 8000),
    Occupation("3322 Sales representative", 2400, 4200), Occupation("4110 Office clerk", 2000, 3000),
    Occupation("5120 Cook", 1700, 2500), Occupation("5131 Waiter", 1400, 2200),
    Occupation("5223 Shop assistant", 1500, 2300), Occupation("5322 Home carer", 1600, 2400),
    Occupation("7115 Carpenter", 2200, 3400), Occupation("7231 Motor mechanic", 2200, 3300),
    Occupation("7411 Electrician", 2400, 3700), Occupation("8332 Lorry driver", 2100, 3100),
    Occupation("9112 Cleaner", 1400, 2000), Occupation("5412 Police officer", 2700, 3900),
    Occupation("1120 Managing director", 6000, 9400), Occupation("2142 Civil engineer", 3400, 5400),
)  # fmt: skip
LEGISLATOR: Final = Occupation("1111 Legislator", 5200, 8200)
PROPRIETOR: Final = "1120 Director of own firm"
STUDENT: Final = "Student"
RETIRED: Final = "Retired"
TRADES: Final = (
    Trade("C10.71 Bakery", "Bakery", 480, 1400, 0, 4, 1.3),
    Trade("I56.10 Restaurant", "Kitchen", 720, 1500, 0, 5, 1.7),
    Trade("G47.11 Grocery shop", "Grocers", 900, 1900, 0, 5, 1.2),
    Trade("S96.02 Hairdresser", "Hair Studio", 260, 600, 0, 2, 1.1),
    Trade("G45.20 Car repair", "Garage", 340, 500, 2600, 4, 0.2),
    Trade("F41.20 Builder", "Construction", 0, 0, 18000, 5, 0.0),
    Trade("M70.22 Consultancy", "Advisory", 0, 0, 14000, 2, 0.0),
    Trade("G46.90 Wholesaler", "Trading", 0, 0, 26000, 6, 0.0),
    Trade("H49.41 Haulier", "Freight", 0, 0, 16000, 4, 0.0),
    Trade("M69.20 Bookkeeper", "Bookkeeping", 0, 0, 7000, 1, 0.0),
    Trade("G47.91 Online shop", "Online", 650, 0, 0, 4, 1.4),
    Trade("Q86.23 Dental practice", "Dental Practice", 420, 0, 5200, 3, 0.0),
)
HOLDING: Final = "K64.20 Holding company"
CATEGORIES_BOUGHT: Final = (
    Category("grocery", "5411", "pos", 0.30, 41.0, 0.55, 1.2, 16.5, "cents",
             ("Greenfield Market", "Corner Basket", "Harvest Lane", "Fresh & Near", "Daily Pantry"), 7.0, 21.5, True),
    Category("restaurant", "5812", "pos", 0.18, 27.0, 0.50, 1.5, 18.5, "halves",
             ("The Blue Kettle", "Olive & Thyme", "Noodle Yard", "Café Meridian", "Old Lantern"), 8.0, 23.0),
    Category("fuel", "5541", "pos", 0.09, 48.0, 0.30, 1.0, 13.0, "cents", ("Roadstar Fuel", "Milepost Energy"),
             6.0, 23.0),
    Category("transport", "4111", "pos", 0.09, 8.0, 0.60, 0.7, 10.0, "halves", ("City Transit", "Blue Cab Line"),
             6.0, 23.0),
    Category("pharmacy", "5912", "pos", 0.06, 19.0, 0.60, 0.8, 12.5, "retail", ("Rosemary Pharmacy", "Linden Chemist"),
             8.5, 19.0, True),
    Category("clothing", "5651", "pos", 0.07, 58.0, 0.55, 1.6, 15.5, "retail", ("Threadwell", "Northern Wool Co"),
             10.0, 20.0, True),
    Category("online", "5942", "ecommerce", 0.12, 38.0, 0.70, 1.1, 20.0, "retail",
             ("Pagecroft Books", "Parcelwise", "Everyday Crate", "Homely Goods")),
    Category("electronics", "5732", "ecommerce", 0.02, 160.0, 0.60, 1.2, 20.0, "retail",
             ("Circuit Barn", "Pixel Depot")),
    Category("cash", "6011", "atm", 0.07, 90.0, 0.45, 1.0, 14.0, "notes", ("Cash machine",)),
)  # fmt: skip
CASH_CATEGORY: Final = len(CATEGORIES_BOUGHT) - 1
EPITHETS: Final = (
    "Kestrel", "Blue Anchor", "Silver Birch", "Three Oaks", "Red Lantern", "Copper Kettle", "Lighthouse", "Evergreen",
    "Starling", "Granite", "Wild Rose", "Long Meadow", "Harbour Light", "Golden Sheaf", "Juniper", "Falcon Ridge",
    "Amber Mill", "Cobalt", "Northern Star", "Saffron", "Willow Bend", "Ironwood", "Sunny Side", "Maple Leaf",
)  # fmt: skip
LEGAL_FORMS: Final = {"US": ("LLC", "Inc."), "DE": ("GmbH", "UG (haftungsbeschränkt)", "KG")}
