"""A real browser for what only a browser can say: the policy holds, keys work, pages look right and can be read.

Chromium comes from the system: CHROMIUM names it, else it is looked for. Without one these tests skip, unless
FINOBS_REQUIRE_BROWSER=1 says that must not happen.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop runs in the test's thread

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def chromium() -> str:
    named = os.environ.get("CHROMIUM", "")
    found = [shutil.which(name) for name in (named, "chromium", "chromium-browser", "google-chrome") if name]
    return next(filter(None, found), "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if "/tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if not path:
        if os.environ.get("FINOBS_REQUIRE_BROWSER") == "1":
            pytest.fail("FINOBS_REQUIRE_BROWSER is set, but there is no Chromium here")
        pytest.skip("no Chromium: set CHROMIUM, or install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


class Watch:
    """What the browser complained about: policy violations, console errors, faults in scripts, requests that failed."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._forgiven: list[str] = []

    def forgive(self, text: str) -> None:
        """This test provokes complaints that hold `text` (a 404 that it asks for)."""
        self._forgiven.append(text)

    def add(self, complaint: str) -> None:
        self.complaints.append(complaint)

    def left(self) -> list[str]:
        return [line for line in self.complaints if not any(text in line for text in self._forgiven)]

    def follow(self, page: Page) -> None:
        page.on("console", lambda line: self.add(f"{page.url}: {line.text}") if line.type == "error" else None)
        page.on("pageerror", lambda error: self.add(f"{page.url}: {error}"))
        page.on("requestfailed", lambda request: self._failed(page, request))

    def _failed(self, page: Page, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # left for another page
            self.add(f"{page.url}: {request.url} {request.failure}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    watching = Watch()
    yield watching
    assert watching.left() == []


@pytest.fixture
def context(browser: Browser, live_server: Any) -> Iterator[BrowserContext]:
    made = browser.new_context(
        base_url=live_server.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale="en-GB"
    )
    made.set_default_timeout(10_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    opened = context.new_page()
    watch.follow(opened)
    return opened


SignIn = Callable[[Page, Any], None]


@pytest.fixture
def sign_in() -> SignIn:
    """Give the browser a session of `user`, as signing in would."""

    def enter(page: Page, user: Any) -> None:
        client = Client()
        client.force_login(user, backend="finobs.accounts.backends.RolePermissionBackend")
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "domain": "localhost", "path": "/"}])

    return enter
