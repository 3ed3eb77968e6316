"""The frame of every page: keys, palette, colours, menus, drafts; with and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

HOME = "/admin/"


@pytest.fixture
def at_admin(page, superuser, sign_in):
    sign_in(page, superuser)
    page.goto(HOME)
    return page


def test_question_mark_lists_the_keys_of_the_page_and_escape_closes(at_admin):
    at_admin.keyboard.press("?")
    dialog = at_admin.get_by_role("dialog", name="Keys of this page")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Find a page or an action")
    expect(dialog).to_contain_text("Admin")
    at_admin.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_g_and_a_letter_go_somewhere(page, superuser, sign_in):
    sign_in(page, superuser)
    page.goto("/admin/auth/group/")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/admin/")


def test_keys_never_fire_in_a_text_field(at_admin):
    at_admin.keyboard.press("Control+k")
    at_admin.keyboard.type("?gd")
    expect(at_admin.get_by_role("combobox")).to_have_value("?gd")
    expect(at_admin.get_by_role("dialog", name="Keys of this page")).to_be_hidden()


def test_the_palette_finds_a_place_by_its_name(page, superuser, sign_in):
    sign_in(page, superuser)
    page.goto("/admin/auth/group/")
    page.keyboard.press("Control+k")
    page.keyboard.type("admi")
    expect(page.get_by_role("option").first).to_contain_text("Admin")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")


LIGHT, DARK = "rgb(245, 246, 248)", "rgb(17, 21, 26)"


def choose(page, colours):
    page.get_by_role("button", name="account and settings").click()
    page.get_by_role("button", name=colours, exact=True).click()


def test_the_colours_follow_the_system_until_they_are_chosen(at_admin):
    body = at_admin.locator("body")
    at_admin.emulate_media(color_scheme="dark")
    expect(body).to_have_css("background-color", DARK)
    at_admin.emulate_media(color_scheme="light")
    expect(body).to_have_css("background-color", LIGHT)
    choose(at_admin, "Dark")
    expect(body).to_have_css("background-color", DARK)
    at_admin.reload()
    expect(body).to_have_css("background-color", DARK)
    choose(at_admin, "System")
    expect(body).to_have_css("background-color", LIGHT)


def test_without_javascript_menus_open_and_the_system_is_followed(browser, live_server, superuser, sign_in):
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, color_scheme="dark", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    sign_in(page, superuser)
    page.goto(HOME)
    expect(page.get_by_role("link", name="Admin")).to_be_hidden()
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("link", name="Admin")).to_be_visible()
    expect(page.get_by_role("button", name="Dark", exact=True)).to_be_hidden()
    expect(page.locator("body")).to_have_css("background-color", DARK)
    context.close()


def test_the_first_tab_offers_to_skip_to_the_content(at_admin):
    at_admin.keyboard.press("Tab")
    link = at_admin.get_by_role("link", name="Skip to")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()


def test_icons_are_drawn(at_admin):
    box = at_admin.locator(".side-link use").first.evaluate("use => use.getBBox().width")
    assert box > 5


def test_a_page_that_is_not_there_says_what_to_do(page, watch, superuser, sign_in):
    watch.forgive("404")
    sign_in(page, superuser)
    page.goto("/nowhere/at/all")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
    expect(page.get_by_role("link", name="To the start page")).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    expect(page.locator(".request-id code")).to_have_text(page.locator(".request-id code").inner_text())
    assert len(page.locator(".request-id code").inner_text()) >= 8


def test_a_stranger_to_the_house_sees_an_error_without_navigation(page, watch):
    watch.forgive("404")
    page.goto("/nowhere/at/all")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
    expect(page.get_by_role("navigation")).to_have_count(0)
