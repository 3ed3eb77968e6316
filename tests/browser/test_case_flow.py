"""One case worked by the people it is meant for: analyst, lead, auditor, stranger; with keys and without JavaScript.

The `watch` of every page fails the test on a policy violation, a console error or a fault in a script.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from approvals.models import ApprovalRequest
from cases import services
from cases.models import Case, Note, Queue
from cases.tests.factories import cases_in
from finobs.accounts.models import User
from finobs.core import clock

WHY = "The customer sold a car; the contract is in the file."


@pytest.fixture
def cases(queue: Queue) -> list[Case]:
    """Three cases of the queue, the most urgent first."""
    made = cases_in(queue, 3, alerts=2)
    for case, priority in zip(made, (90, 60, 30), strict=True):
        Case.objects.filter(pk=case.pk).update(priority=priority)
    return list(Case.objects.order_by("-priority"))


@pytest.fixture
def other(browser: Browser, live_server: Any, watch: Any) -> Any:
    """A browser of somebody else's."""
    contexts = []

    def open_for(user: User, sign_in: Any, **options: Any) -> Page:
        context = browser.new_context(base_url=live_server.url, reduced_motion="reduce", locale="en-GB", **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        watch.follow(page)
        sign_in(page, user)
        return page

    yield open_for
    for context in contexts:
        context.close()


def queue_path(cases: list[Case]) -> str:
    return f"/cases/queues/{cases[0].queue.slug}/"


def propose(page: Page, rationale: str = WHY) -> None:
    """With the dialog of the disposition open."""
    page.get_by_label("Disposition").select_option("no_action")
    page.get_by_label("Reason").select_option("customer_explained")
    page.get_by_label("Rationale").fill(rationale)
    page.get_by_role("button", name="Send for approval").click()


def test_what_loads_above_a_note_does_not_push_it_out_of_sight(page, cases, analyst, sign_in):
    services.item_take(actor=analyst, item=cases[0])
    sign_in(page, analyst)
    page.goto(f"/cases/{cases[0].reference}/")
    page.keyboard.press("c")
    page.wait_for_load_state("networkidle")
    field = page.get_by_label("Note", exact=True)
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport(ratio=1)
    field.fill("Called the branch.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-text")).to_have_text("Called the branch.")


def test_the_next_case_is_taken_from_my_work_by_a_key(page, cases, analyst, sign_in):
    sign_in(page, analyst)
    page.goto("/cases/")
    page.keyboard.press("t")
    page.wait_for_url(f"**/cases/{cases[0].reference}/")
    expect(page.locator("#toasts")).to_contain_text(f"You hold {cases[0].reference}.")
    expect(page.locator("#messages")).to_be_empty()


def test_the_window_does_not_scroll_beside_the_panes(page, cases, analyst, sign_in):
    sign_in(page, analyst)
    page.goto(f"/cases/{cases[0].reference}/")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0


def test_a_case_from_take_next_to_closed(page, other, cases, analyst, lead, auditor, stranger, sign_in, watch):
    case = cases[0]
    here = f"/cases/{case.reference}/"

    # The analyst takes the next case, adds a note, and proposes to close.
    sign_in(page, analyst)
    page.goto(queue_path(cases))
    page.get_by_role("button", name="Take next").click()
    page.wait_for_url(f"**{here}")
    expect(page.get_by_role("heading", level=2, name="account")).to_be_visible()
    page.get_by_label("Note", exact=True).fill("Called the branch.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".note-text")).to_have_text("Called the branch.")
    expect(page.locator("#toasts")).to_contain_text("Note added.")
    page.get_by_role("link", name="Propose to close").click()
    expect(page.get_by_role("dialog")).to_contain_text("goes to a lead for approval")
    propose(page)
    expect(page.locator(".case-axes")).to_contain_text("Awaiting approval")

    # She cannot approve it: no button, and a forged request is refused.
    panel = page.locator("#approval")
    expect(panel).to_contain_text("You asked for this yourself")
    expect(panel.get_by_role("button", name="Approve")).to_have_count(0)
    request = ApprovalRequest.objects.get()
    token = page.locator('meta[name="csrf-token"]').get_attribute("content")
    forged = page.request.post(
        f"/approvals/{request.pk}/decide/",
        form={"vote": "approve", "digest": request.digest},
        headers={"X-CSRFToken": token, "Referer": page.url},
    )
    assert forged.status == 403
    case.refresh_from_db()
    assert case.status == "awaiting_approval"

    # A lead sees exactly what is asked, and approves; the case beside it changes by itself.
    leads = other(lead, sign_in)
    leads.goto(here)
    expect(leads.locator("#approval")).to_contain_text(WHY)
    leads.locator("#approval").get_by_role("button", name="Approve").click()
    expect(leads.locator(".case-axes")).to_contain_text("Closed")
    expect(leads.locator(".case-axes")).to_contain_text("Unusual, explained")
    case.refresh_from_db()
    assert (case.status, case.disposition) == ("closed", "no_action")

    # The auditor sees all of it, and can change nothing.
    audits = other(auditor, sign_in)
    audits.goto(here)
    audits.locator("#timeline").scroll_into_view_if_needed()
    for told in ("Called the branch.", "Closed", "Proposed to close", "in the ledger"):
        expect(audits.locator(".bench-case")).to_contain_text(told)
    expect(audits.locator("#approval")).to_contain_text("Approved and carried out")
    expect(audits.locator("#approval")).to_contain_text("Leo Lead")
    expect(audits.locator(".main textarea, .main form button")).to_have_count(0)
    token = audits.locator('meta[name="csrf-token"]').get_attribute("content")
    for verb, said in (
        ("notes", {"text": "x"}),
        ("take", {}),
        ("close", {"version": "1", "disposition": "confirmed", "reason_code": "money_mule", "rationale": WHY}),
    ):
        answer = audits.request.post(f"{here}{verb}/", form=said, headers={"X-CSRFToken": token, "Referer": audits.url})
        assert answer.status == 403, verb

    # A stranger does not learn that it exists.
    watch.forgive("404")
    strays = other(stranger, sign_in)
    for path in (
        here,
        queue_path(cases),
        f"/approvals/{request.pk}/",
        f"/cases/incidents/{case.incidents.get().reference}/",
    ):
        assert strays.goto(path).status == 404, path


def test_the_keys_carry_a_case_through(page, cases, analyst, sign_in):
    first, second, _ = cases
    sign_in(page, analyst)
    page.goto(queue_path(cases))
    page.keyboard.press("t")
    page.wait_for_url(f"**/cases/{first.reference}/")
    expect(page.locator(f"#row-{first.reference} a")).to_have_attribute("data-opened", "")
    expect(page.locator(f"#row-{first.reference}")).to_contain_text("you")

    page.keyboard.press("c")
    expect(page.get_by_label("Note", exact=True)).to_be_focused()
    page.keyboard.type("jkt? all typed, none of them a key")
    page.get_by_role("button", name="Add note").press("Enter")
    expect(page.locator(".note-text")).to_have_text("jkt? all typed, none of them a key")
    assert Note.objects.get().case == first

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator(f"#row-{second.reference} a")).to_have_attribute("data-current", "")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{second.reference}/")
    expect(page.locator(".case-ref")).to_contain_text(second.reference)

    page.go_back()
    expect(page.locator(".case-ref")).to_contain_text(first.reference)

    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys of this page")
    for label in ("Take the next case", "Add note", "Propose to close", "Release", "Next and previous row"):
        expect(keys).to_contain_text(label)
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()

    page.keyboard.press("d")
    expect(page.get_by_role("dialog")).to_be_visible()
    propose(page)
    expect(page.locator(".case-axes")).to_contain_text("Awaiting approval")
    page.keyboard.press("t")
    page.wait_for_url(f"**/cases/{second.reference}/")

    page.keyboard.press("Escape")
    page.wait_for_url(f"**{queue_path(cases)}")
    expect(page.get_by_text("Choose a case, or take the next one")).to_be_visible()


def test_a_row_swaps_the_case_and_the_list_stays_where_it_is(page, queue, analyst, sign_in):
    cases_in(queue, 30)
    sign_in(page, analyst)
    page.set_viewport_size({"width": 1280, "height": 600})
    page.goto(f"/cases/queues/{queue.slug}/")
    page.evaluate("document.querySelector('.bench-list').scrollTop = 400")
    page.evaluate("window.kept = true")
    page.locator("[data-item]").nth(14).click()
    expect(page.locator(".case-head")).to_be_visible()
    assert page.evaluate("window.kept")  # the page was not loaded anew
    assert page.evaluate("document.querySelector('.bench-list').scrollTop") == 400


def test_a_stale_proposal_keeps_what_was_typed(page, cases, analyst, lead, sign_in, watch):
    watch.forgive("409")
    case = services.item_take(actor=analyst, item=cases[0])
    sign_in(page, analyst)
    page.goto(f"/cases/{case.reference}/")
    page.keyboard.press("d")
    services.note_add(actor=lead, item=case, text="Look at the second account.")
    propose(page)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("has changed since you looked")
    expect(dialog.get_by_label("Rationale")).to_have_value(WHY)
    expect(dialog.get_by_label("Disposition")).to_have_value("no_action")
    expect(dialog.get_by_label("Reason")).to_have_value("customer_explained")
    dialog.get_by_role("button", name="Send for approval").click()
    expect(page.locator(".case-axes")).to_contain_text("Awaiting approval")


def test_the_reasons_follow_the_disposition(page, cases, analyst, sign_in):
    case = services.item_take(actor=analyst, item=cases[0])
    sign_in(page, analyst)
    page.goto(f"/cases/{case.reference}/")
    page.keyboard.press("d")
    offered = page.locator("select[name=reason_code] optgroup:not([disabled])")
    expect(offered).to_have_count(0)
    page.get_by_label("Disposition").select_option("confirmed")
    expect(offered).to_have_attribute("label", "Confirmed suspicious")
    page.get_by_label("Reason").select_option("money_mule")
    page.get_by_label("Disposition").select_option("false_positive")
    expect(page.get_by_label("Reason")).to_have_value("")


def test_what_is_open_scrolls_at_once_wherever_the_focus_is(page, cases, analyst, sign_in):
    sign_in(page, analyst)
    page.set_viewport_size({"width": 1440, "height": 500})

    def top() -> Any:
        return page.locator(".bench-case").evaluate("pane => pane.scrollTop")

    page.goto(f"/cases/{cases[0].reference}/", wait_until="networkidle")
    for way in ("by its address", "from the list"):
        if way == "from the list":
            page.keyboard.press("j")
            page.keyboard.press("Enter")
            expect(page.locator(".case-ref")).to_contain_text(cases[1].reference)
            page.wait_for_load_state("networkidle")
        assert top() == 0
        for key, moves in (("PageDown", True), ("Home", False), ("Space", True), ("PageUp", False), ("End", True)):
            page.keyboard.press(key)
            assert (top() > 0) == moves, (way, key)
    page.get_by_label("Note", exact=True).fill("Two words")
    page.keyboard.press("Home")
    assert top() > 0


def test_whom_to_assign_and_where_to_move_is_asked_for_when_it_is_opened(page, cases, analyst, lead, sign_in):
    case = cases[0]
    sign_in(page, lead)
    page.goto(f"/cases/{case.reference}/", wait_until="networkidle")
    expect(page.locator("#dialog-assign")).to_have_count(0)
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name=f"Assign {case.reference}")
    expect(dialog).to_be_visible()
    expect(dialog.locator("select")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("m")
    expect(page.get_by_role("dialog", name=f"Move {case.reference}").locator("select")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    dialog.locator("select").select_option(str(analyst.pk))
    dialog.locator("textarea").fill("She knows them.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".case-held")).to_contain_text(str(analyst))
    case.refresh_from_db()
    assert case.assignee == analyst


def test_a_draft_survives_another_case_and_a_reload(page, cases, analyst, sign_in):
    first, second, _ = cases
    sign_in(page, analyst)
    page.goto(f"/cases/{first.reference}/")
    page.get_by_label("Note", exact=True).fill("Half a thought")
    page.locator(f"#row-{second.reference} a").click()
    expect(page.locator(".case-ref")).to_contain_text(second.reference)
    expect(page.get_by_label("Note", exact=True)).to_have_value("")
    page.locator(f"#row-{first.reference} a").click()
    expect(page.locator(".case-ref")).to_contain_text(first.reference)
    expect(page.get_by_label("Note", exact=True)).to_have_value("Half a thought")
    page.reload()
    expect(page.get_by_label("Note", exact=True)).to_have_value("Half a thought")


def test_a_draft_ends_with_the_note_that_it_became(page, cases, analyst, sign_in):
    case = cases[0]
    sign_in(page, analyst)
    page.goto(f"/cases/{case.reference}/")
    page.get_by_label("Note", exact=True).press_sequentially("A whole thought.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-text")).to_have_text("A whole thought.")
    for _ in ("as it comes", "after a reload"):
        expect(page.get_by_label("Note", exact=True)).to_have_value("")
        expect(page.get_by_text("Your draft is back.")).to_have_count(0)
        page.reload()


def test_a_draft_outlives_its_session_for_the_same_person_alone(page, cases, analyst, lead, sign_in):
    case = cases[0]
    address = f"/cases/{case.reference}/"
    sign_in(page, analyst)
    for way in ("by keys", "after a reload without htmx"):
        page.goto(address, wait_until="networkidle")
        page.get_by_label("Note", exact=True).fill(f"Typed {way}.")
        page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        if way == "by keys":
            page.keyboard.press("Control+Enter")
        else:
            page.reload()
        page.wait_for_url("**/accounts/sign-in/**")
        sign_in(page, analyst)
        page.goto(address)
        expect(page.get_by_label("Note", exact=True)).to_have_value(f"Typed {way}.")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    sign_in(page, lead)
    for person in (lead, analyst):
        sign_in(page, person)
        page.goto(address)
        expect(page.get_by_label("Note", exact=True)).to_have_value("")
    assert not Note.objects.exists()


def test_what_is_sent_twice_at_once_is_one_note(page, cases, analyst, sign_in):
    sign_in(page, analyst)
    page.goto(f"/cases/{cases[0].reference}/")
    page.route("**/notes/**", lambda route: (page.wait_for_timeout(300), route.continue_()))
    page.get_by_label("Note", exact=True).fill("Once.")
    for _ in range(3):
        page.keyboard.press("Control+Enter")
    expect(page.locator(".note-text")).to_have_text("Once.")
    page.wait_for_load_state("networkidle")
    assert Note.objects.count() == 1


def test_all_of_it_works_without_javascript(other, cases, analyst, lead, sign_in):
    case = cases[0]
    page = other(analyst, sign_in, java_script_enabled=False)
    page.goto(queue_path(cases))
    page.get_by_role("button", name="Take next").click()
    page.get_by_label("Note", exact=True).fill("By hand.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".note-text")).to_have_text("By hand.")
    page.get_by_role("link", name="Propose to close").click()
    propose(page)
    expect(page.locator(".case-axes")).to_contain_text("Awaiting approval")

    leads = other(lead, sign_in, java_script_enabled=False)
    leads.goto(f"/cases/{case.reference}/")
    leads.get_by_role("link", name="What was asked and decided").click()
    leads.get_by_role("button", name="Approve").click()
    case.refresh_from_db()
    assert case.status == "closed"


def test_on_a_phone_list_and_case_are_separate_screens(other, cases, analyst, sign_in):
    page = other(analyst, sign_in, viewport={"width": 390, "height": 844})
    page.goto(queue_path(cases))
    page.locator("[data-item]").first.click()
    expect(page.locator(".case-head")).to_be_visible()
    expect(page.locator(".bench-list")).to_be_hidden()
    expect(page.get_by_role("link", name="Add note")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("link", name="Back to").click()
    expect(page.locator(".bench-list")).to_be_visible()


def test_h_takes_the_case_that_is_open_and_t_the_next(page, cases, analyst, sign_in):
    first, second, _ = cases
    sign_in(page, analyst)
    page.goto(f"/cases/{second.reference}/")
    page.keyboard.press("h")
    expect(page.locator("#toasts")).to_contain_text(f"You hold {second.reference}.")
    page.keyboard.press("t")
    page.wait_for_url(f"**/cases/{first.reference}/")


def test_the_focus_stays_where_one_works(page, cases, analyst, admin, sign_in):
    services.tag_create(actor=admin, slug="vip", name="VIP")
    services.tag_create(actor=admin, slug="mule", name="Mule")
    case = services.item_take(actor=analyst, item=cases[0])
    sign_in(page, analyst)
    page.goto(f"/cases/{case.reference}/")
    page.keyboard.press("w")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("[data-dialog=dialog-wait]")).to_be_focused()
    page.keyboard.press("l")
    expect(page.locator("#tag-choice")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".case-tags .badge")).to_have_count(1)
    expect(page.locator("#tag-choice")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    propose(page)
    expect(page.locator(".case-axes")).to_contain_text("Awaiting approval")
    expect(page.locator("#case-title")).to_be_focused()


def test_what_is_reopened_is_counted_and_has_no_row_to_change(page, cases, queue, lead, sign_in):
    """The `watch` fails it on the error that htmx writes where a fragment has no place."""
    closed = cases[0]
    Case.objects.filter(pk=closed.pk).update(
        status="closed", closed_at=clock.now(), disposition="no_action", reason_code="known_pattern", rationale=WHY
    )
    sign_in(page, lead)
    page.goto(f"/cases/{closed.reference}/")
    expect(page.locator(".bench-list .count-line")).to_have_text("2 cases")
    page.keyboard.press("o")
    page.get_by_role("dialog").get_by_label("Why").fill("The bank's letter came in.")
    page.get_by_role("dialog").get_by_role("button", name="Reopen").click()
    expect(page.locator(".case-axes")).to_contain_text("Nobody holds it")
    expect(page.locator(".bench-list .count-line")).to_have_text("3 cases")


def test_on_a_phone_all_that_can_be_done_is_in_sight_and_tables_say_that_they_scroll(other, cases, analyst, sign_in):
    case = services.item_take(actor=analyst, item=cases[0])
    page = other(analyst, sign_in, viewport={"width": 390, "height": 844})
    page.goto(f"/cases/{case.reference}/")
    page.wait_for_load_state("networkidle")
    for button in page.locator(".action .btn").all():
        expect(button).to_be_in_viewport(ratio=1)
    region = page.get_by_role("region", name="scrolls sideways").first
    region.focus()
    expect(region).to_be_focused()
