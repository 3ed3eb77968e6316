"""When a customer may be erased, and what those are shown who approve it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.conf import settings

from finobs.core import clock

from .. import hooks
from ..models import AccountParty, Customer, CustomerProfile

ERASE_ACTION: Final = "transactions.customer_erase"


def why_not_erasable(customer: Customer) -> str:
    """Why a customer may not be erased now, in words; empty when they may."""
    if customer.exited_on is None:
        return f"Customer {customer} has not left: there is no day of exit."
    end = retention_end(customer.exited_on)
    if end > clock.now().date():
        years = settings.CUSTOMER_RETENTION_YEARS
        return f"Data of a customer who left are kept for {years} years: until {end:%d %B %Y}."
    return " ".join(hooks.erasure_obstacles(customer, account_ids(customer)))


def retention_end(exited_on: date) -> date:
    """The first day on which nothing need be kept."""
    year = exited_on.year + int(settings.CUSTOMER_RETENTION_YEARS)
    try:
        return exited_on.replace(year=year)
    except ValueError:
        # 29 February.
        return date(year, 3, 1)


def account_ids(customer: Customer) -> list[int]:
    """Accounts that a customer has, or ever had, a role at."""
    return sorted(set(AccountParty.objects.filter(customer=customer).values_list("account", flat=True)))


def snapshot(customer: Customer, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The content that is approved. No personal data: requests and their digests outlive the customer's."""
    return {
        "customer": str(customer.pk),
        "source": customer.source.slug,
        "external_id": customer.external_id,
        "version": customer.version,
        "profiles": CustomerProfile.objects.filter(customer=customer).count(),
        "accounts": len(account_ids(customer)),
        "reason": payload["reason"],
    }


def approver_summary(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The snapshot as an approver reads it."""
    return [
        ("Erase", f"all personal data of customer {content['external_id']} of the source {content['source']}"),
        ("Why", content["reason"]),
        ("What goes", f"names, addresses and all else in {content['profiles']} profiles; it cannot be brought back"),
        ("What stays", f"the customer's id, {content['accounts']} accounts with their transactions, and every event"),
    ]
