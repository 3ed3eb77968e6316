"""Currencies and countries, held against the lists of others."""

from __future__ import annotations

import datetime

from babel.core import get_global

from transactions.reference_data import CURRENCIES

# List one of ISO 4217 as published on 2026-01-01, by decimal places. XXX and XTS stand for no money.
ISO_4217 = {
    2: """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
        CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
        ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV
        MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD
        SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW
        ZWG""",
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
# Metals, funds and units of account that have no minor unit: whole units only.
WITHOUT_MINOR_UNIT = "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XUA"


def test_every_active_currency_of_iso_4217_is_known_with_its_minor_units() -> None:
    places = {code: number for number, codes in ISO_4217.items() for code in codes.split()}
    places |= dict.fromkeys(WITHOUT_MINOR_UNIT.split(), 0)
    assert len(places) == 176
    assert {code: CURRENCIES.get(code) for code in places} == places


def test_what_stands_for_no_money_is_no_currency() -> None:
    assert not {"XXX", "XTS", "XYZ", "BTC", "XBT", "ETH"} & CURRENCIES.keys()


def test_every_currency_that_cldr_has_in_use_is_known() -> None:
    """A later CLDR brings a later currency: then this test asks for it."""
    today = datetime.date.today().timetuple()[:3]
    in_use = {
        code
        for periods in get_global("territory_currencies").values()
        for code, _, end, _ in periods
        if end is None or tuple(end) > today
    }
    assert len(in_use) > 150
    assert in_use - CURRENCIES.keys() == {"XXX", "XTS"}
