"""List pages in a browser: a filter changes the rows in place, and what it did is said."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from detection.rules.services import ensure_default_rules


@pytest.fixture
def rules(page, superuser, sign_in):
    ensure_default_rules(actor=superuser)
    sign_in(page, superuser)
    page.goto("/detection/rules/")
    return page


def test_a_filter_changes_rows_count_and_chips_in_place(rules):
    live = rules.locator("#count")
    live.evaluate("element => { element.dataset.same = 'yes' }")
    total = rules.locator("tr[data-item]").count()
    expect(live).to_have_text(f"{total} rules")
    rules.get_by_label("Active").select_option("No")
    expect(rules.get_by_text("No rule matches")).to_be_visible()
    expect(live).to_have_text("0 rules")
    expect(live).to_have_attribute("data-same", "yes")  # a live region that is replaced is not read out
    expect(rules.get_by_label("Filters in force")).to_contain_text("Active: No")
    assert "in_force=false" in rules.url
    rules.get_by_label("Filters in force").get_by_role("link").click()
    expect(live).to_have_text(f"{total} rules")


def test_a_list_that_was_filtered_has_its_keys(rules):
    rules.get_by_label("Active").select_option("Yes")
    expect(rules.get_by_label("Filters in force")).to_be_visible()
    rules.locator("body").click()
    rules.keyboard.press("j")
    expect(rules.locator("tr[data-current]")).to_have_count(1)
    rules.keyboard.press("Enter")
    rules.wait_for_url("**/detection/rules/*/")


def test_going_back_shows_the_list_as_it_was(rules):
    total = rules.locator("tr[data-item]").count()
    rules.get_by_label("Active").select_option("No")
    expect(rules.get_by_text("No rule matches")).to_be_visible()
    rules.go_back()
    expect(rules.locator("tr[data-item]")).to_have_count(total)
