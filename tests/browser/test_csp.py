"""Every page in a real browser: nothing the policy blocks, nothing in the console, and the basics of access.

Each page that takes no argument, each page of one object of a kind, and every page of the admin, as somebody who may
see them all.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from django.contrib import admin as stock
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import Page, expect

from finobs.ledger import keys
from finobs.ledger.services.seal import seal_all
from tests.support import scenarios
from tests.support.addresses import addresses

# Not pages: what machines ask, files, what a mailed link opens; the admin's pages have their own test.
SKIPPED = re.compile(r"^(api/|livez|readyz|static/|admin/|accounts/password/<)|.*\.json$")

BASICS = """() => {
  const named = (field) => field.labels?.length || field.getAttribute("aria-label") || field.getAttribute("aria-labelledby") || field.title;
  const fields = [...document.querySelectorAll("input:not([type=hidden]):not([type=submit]):not([type=button]), select, textarea")];
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  return {
    lang: document.documentElement.lang,
    title: document.title,
    headings: [...document.querySelectorAll("h1")].length,
    mains: document.querySelectorAll("main").length,
    nameless: fields.filter((field) => !named(field)).map((field) => field.outerHTML.slice(0, 120)),
    mute: [...document.querySelectorAll("a[href], button")].filter((element) => !element.textContent.trim() && !element.getAttribute("aria-label") && !element.title && !element.querySelector("[aria-label], img[alt]:not([alt=''])")).map((element) => element.outerHTML.slice(0, 120)),
    doubled: ids.filter((id, index) => ids.indexOf(id) !== index),
  };
}"""
WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"


def basics(page: Page) -> list[str]:
    """What is missing for somebody who does not see the page as drawn."""
    found = page.evaluate(BASICS)
    wrong = []
    if found["lang"] != "en":
        wrong.append("no language")
    if not found["title"].removesuffix("finobs").strip(" ·"):
        wrong.append("no title")
    if found["headings"] != 1:
        wrong.append(f"{found['headings']} h1")
    if found["mains"] != 1:
        wrong.append(f"{found['mains']} main")
    wrong += [f"no name: {field}" for field in [*found["nameless"], *found["mute"]]]
    wrong += [f"id twice: {name}" for name in found["doubled"]]
    if page.evaluate(WIDE):
        wrong.append("wider than the window")
    return wrong


def visit(page: Page, address: str) -> list[str]:
    """Open one page, wide and on a phone; what is wrong with it. What only answers POST is no page."""
    asked = page.request.get(address)
    if asked.status == 405 or (asked.ok and "<html" not in asked.text()):
        return []
    if not asked.ok:
        return [f"{address}: {asked.status}"]
    page.goto(address)
    expect(page.locator(".htmx-request")).to_have_count(0)
    take_picture(page, address)
    wrong = basics(page)
    page.set_viewport_size({"width": 390, "height": 844})
    if page.evaluate(WIDE):
        wrong.append("wider than a phone")
    page.set_viewport_size({"width": 1440, "height": 900})
    return [f"{address}: {line}" for line in wrong]


def take_picture(page: Page, address: str) -> None:
    """With FINOBS_SCREENSHOTS=<folder>, each page wide and narrow, light and dark, to be looked at."""
    folder = os.environ.get("FINOBS_SCREENSHOTS")
    if not folder:
        return
    name = re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-") or "home"
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


@pytest.fixture
def scene(queue, analyst, lead, superuser, settings, tmp_path):
    settings.LEDGER_KEY_FILE, settings.LEDGER_VKEYS_FILE = str(tmp_path / "ledger.key"), str(tmp_path / "ledger.vkeys")
    keys.create()
    everything = scenarios.everything(queue, analyst, lead, superuser)
    seal_all()
    return everything


def test_every_page_holds_under_the_policy(page, watch, scene, superuser, sign_in):
    sign_in(page, superuser)
    wrong = []
    for address in addresses():
        if "GET" not in address.methods or SKIPPED.match(address.route):
            continue
        wrong += visit(page, "/" + scenarios.fill(address, scene))
    assert not wrong, "\n".join(wrong)


def admin_addresses() -> list[str]:
    found = [reverse("admin:index"), *(reverse("admin:app_list", args=[label]) for label in labels())]
    for model, shown in stock.site._registry.items():
        opts = model._meta
        one = model._default_manager.first()
        found.append(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))
        found.append(reverse(f"admin:{opts.app_label}_{opts.model_name}_add"))
        for page in ("change", "history", "permissions"):
            try:
                if one is not None:
                    found.append(reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=[one.pk]))
            except NoReverseMatch:
                assert page == "permissions", shown
    return found


def labels() -> list[str]:
    return sorted({model._meta.app_label for model in stock.site._registry})


def test_every_page_of_the_admin_holds_under_the_policy(page, watch, scene, superuser, sign_in):
    sign_in(page, superuser)
    wrong = []
    for address in admin_addresses():
        # Nothing can be added where only services add.
        wrong += [line for line in visit(page, address) if not line.endswith("/add/: 403")]
    assert not wrong, "\n".join(wrong)


def test_signing_in_works_under_the_policy(page, analyst):
    from tests.factories import PASSWORD

    page.goto("/")
    assert basics(page) == []
    page.get_by_label("E-mail").fill(analyst.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Main").wait_for()
