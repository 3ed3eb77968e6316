"""What others wrote and we ship: known by version, licence and checksum; and nothing else lies beside it."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from django.conf import settings

VENDOR = settings.BASE_DIR / "static" / "vendor"
LISTED = json.loads((VENDOR / "VENDOR.json").read_text())
TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))


@pytest.mark.parametrize("item", LISTED, ids=lambda item: item["name"])
def test_a_vendored_file_is_what_was_reviewed(item):
    found = hashlib.sha256((VENDOR / item["file"]).read_bytes()).hexdigest()
    assert found == item["sha256"]


def test_every_vendored_file_is_listed_and_comes_with_its_licence():
    files = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    listed = {item["file"] for item in LISTED}
    licences = {f"{item['file'].split('/')[0]}/LICENSE" for item in LISTED}
    assert files == listed | licences | {"VENDOR.json"}


def test_nothing_vendored_fetches_from_elsewhere():
    for item in LISTED:
        text = (VENDOR / item["file"]).read_text()
        assert "sourceMappingURL" not in text
        assert "@import" not in text
        assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", text)


def test_every_icon_that_a_template_names_is_in_the_sprite():
    known = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "tabler-icons" / "sprite.svg").read_text()))
    named = {(path.name, name) for path in TEMPLATES for name in re.findall(r'{% icon "([^"]+)"', path.read_text())}
    assert {(page, name) for page, name in named if name not in known} == set()
    from finobs.core import navigation

    assert {entry.icon for entry in navigation.entries()} <= known


def test_no_template_has_anything_inline():
    """The policy would block it, and the page would be broken quietly: no <style>, no style=, no handler, no script text."""
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)|javascript:|hx-on", re.I)
    assert {path.name: found for path in TEMPLATES if (found := inline.findall(path.read_text()))} == {}
