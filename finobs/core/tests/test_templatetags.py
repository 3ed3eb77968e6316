"""How finobs writes numbers, times and fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from finobs.core import clock
from finobs.core.pagination import Page
from finobs.core.templatetags.finobs import TONES, span

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)


def write(text, **values):
    return Template(text).render(Context(values)).strip()


@pytest.fixture(autouse=True)
def _held_clock():
    with clock.at(NOON):
        yield


def test_money_has_its_sign_and_separators():
    assert write("{% amount 123450 'USD' %}") == "$1,234.50"
    assert write("{% amount 1234 'JPY' %}") == "¥1,234"


def test_a_moment_is_in_the_readers_zone_and_exact_on_hover():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        shown = write("{% moment at %}", at=NOON)
    assert ">2 Mar 2026, 13:00</time>" in shown
    assert 'title="Monday 2 March 2026, 13:00:30 CET"' in shown
    assert 'datetime="2026-03-02T12:00:30+00:00"' in shown


@pytest.mark.parametrize("tag", ["moment", "age", "due"])
def test_no_time_is_a_dash_that_screen_readers_understand(tag):
    assert write("{% " + tag + " at %}", at=None) == '<span class="text-secondary" aria-label="none">–</span>'


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=59), "under 1 min"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=3, minutes=7), "3 h 7 min"),
        (timedelta(days=2, hours=4, minutes=59), "2 d 4 h"),
        (timedelta(days=2, minutes=5), "2 d"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_a_length_of_time_is_its_two_largest_units(length, text):
    assert span(length) == text


def test_age_counts_from_now():
    assert ">1 d 2 h</time>" in write("{% age at %}", at=NOON - timedelta(days=1, hours=2))


@pytest.mark.parametrize(
    ("left", "text", "kind"),
    [
        (timedelta(days=2, hours=4), "in 2 d 4 h", "due"),
        (timedelta(hours=5), "in 5 h", "due due-soon"),
        (timedelta(hours=-3), "3 h overdue", "due due-over"),
        (timedelta(seconds=-10), "under 1 min overdue", "due due-over"),
    ],
)
def test_what_is_due_says_so_in_words(left, text, kind):
    shown = write("{% due at %}", at=NOON + left)
    assert f">{text}</time>" in shown
    assert f'class="{kind}"' in shown


def test_no_exact_total_is_promised_beyond_ten_thousand():
    assert write("{{ counted|count_text }}", counted=(1204, True)) == "1,204"
    assert write("{{ counted|count_text }}", counted=(10_000, False)) == "10,000+"
    assert write("{{ counted|count_text }}", counted=7) == "7"


def test_an_icon_decorates_or_speaks():
    assert 'aria-hidden="true"' in write('{% icon "inbox" %}')
    assert 'role="img" aria-label="Locked &amp; held"' in write('{% icon "lock" said %}', said="Locked & held")


def test_a_badge_always_has_its_word():
    assert write("{% badge 'closed' 'Closed' %}") == '<span class="badge tone tone-quiet">Closed</span>'
    assert "tone-quiet" in write("{% badge 'unheard_of' %}")
    assert ">Unheard of<" in write("{% badge 'unheard_of' %}")
    assert "&lt;b&gt;" in write("{% badge value %}", value="<b>")
    assert "tone-bad" in write("{% badge 'closed' 'Closed' 'bad' %}")


def test_every_tone_has_its_colours():
    from django.conf import settings

    style = (settings.BASE_DIR / "static" / "css" / "finobs.css").read_text()
    assert {tone for tone in TONES.values() if f".tone-{tone}" not in style} == set()


def pages(newer, older, path="/cases/?status=open&cursor=old"):
    page: Page[Any] = Page(items=[], newer=newer, older=older)
    return Template("{% pager page %}").render(Context({"page": page, "request": RequestFactory().get(path)})).strip()


def test_a_pager_keeps_the_filters_and_replaces_the_cursor():
    shown = pages("N", "O")
    assert 'href="?status=open&amp;cursor=N"' in shown
    assert 'href="?status=open&amp;cursor=O"' in shown


def test_a_pager_offers_no_way_beyond_the_ends():
    assert "cursor=" not in pages("", "O").split("Older")[0].split("Newer")[0]
    assert pages("", "") == ""


class Reason(forms.Form):
    text = forms.CharField(label="Rationale", help_text="In your own words.", widget=forms.Textarea)
    kind = forms.ChoiceField(choices=[("a", "A")], required=False)
    sure = forms.BooleanField(label="I am sure", required=False)
    answer = forms.ChoiceField(choices=[("y", "Yes"), ("n", "No")], widget=forms.RadioSelect)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_field_ties_its_label_help_and_error_to_the_input():
    shown = write("{% field form.text %}", form=Reason({}))
    assert '<label class="form-label" for="id_text">Rationale</label>' in shown
    assert 'id="id_text_helptext"' in shown
    assert 'aria-invalid="true"' in shown
    described = shown.split('aria-describedby="')[1].split('"')[0].split()
    assert [name for name in described if f'id="{name}"' not in shown] == []
    assert set(described) == {"id_text_helptext", "id_text_error"}


def test_each_kind_of_field_has_its_shape():
    assert 'class="form-select"' in write("{% field form.kind %}", form=Reason())
    assert "optional" in write("{% field form.kind %}", form=Reason())
    assert 'class="form-check-input"' in write("{% field form.sure %}", form=Reason())
    assert "<legend" in write("{% field form.answer %}", form=Reason())
    assert "<label" not in write("{% field form.secret %}", form=Reason())


def test_the_error_summary_links_to_each_field():
    shown = write("{% error_summary form %}", form=Reason({}))
    assert '<a href="#id_text">Rationale</a>' in shown
    assert 'role="alert"' in shown
    assert write("{% error_summary form %}", form=Reason()) == ""
