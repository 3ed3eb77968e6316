"""List pages: their filters as chips, and what of them htmx is sent."""

from __future__ import annotations

import django_filters as filters
import pytest
from django import forms
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.urls import reverse

from cases.models import Queue
from finobs.core.forms import SelectOne
from finobs.core.lists import chips
from tests import factories
from tests.test_page_names import pages

# Pages that are lists of rows and whose name says something else.
LISTS = {"approvals:inbox", "cases:search", "detection:model-performance-rows"}
# A tree is no list of rows.
TREES = {"accounts:unit-list"}
NAMES = sorted(({name for name, _ in pages() if name.endswith("-list")} | LISTS) - TREES)


class QueueFilter(filters.FilterSet):
    name = filters.CharFilter(label="Called")
    kind = filters.MultipleChoiceFilter(choices=[("a", "Kind A"), ("b", "Kind B")], label="Kind", widget=SelectOne)
    source = filters.ModelChoiceFilter(label="Source", queryset=Queue.objects.all(), to_field_name="slug")
    default = filters.BooleanFilter(label="Default")

    class Meta:
        model = Queue
        fields: tuple[str, ...] = ()


def chips_of(query: str) -> list[tuple[str, str, str]]:
    request = RequestFactory().get(f"/?{query}")
    return [(label, value, without) for label, value, without in chips(request, QueueFilter(request.GET).form.fields)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "chip"),
    [
        ("name=x", ("Called", "x", "?")),
        ("kind=a&name=", ("Kind", "Kind A", "?name=")),
        ("kind=c", ("Kind", "c", "?")),
        ("source=aml-1", ("Source", "aml-1", "?")),
        ("default=true", ("Default", "Yes", "?")),
        ("name=x&cursor=abc&other=1", ("Called", "x", "?other=1")),
    ],
)
def test_a_filter_in_force_is_a_chip_in_words_that_takes_it_away(query: str, chip: tuple[str, str, str]) -> None:
    assert chips_of(query) == [chip]


@pytest.mark.django_db
def test_of_several_values_each_is_taken_away_alone() -> None:
    assert chips_of("kind=a&kind=b") == [("Kind", "Kind A", "?kind=b"), ("Kind", "Kind B", "?kind=a")]


class KindForm(forms.Form):
    kind = forms.MultipleChoiceField(choices=[("a", "Kind A"), ("b", "Kind B")], required=False, widget=SelectOne)


@pytest.mark.parametrize(
    ("query", "chosen"), [("", []), ("kind=", []), ("kind=b", ["b"]), ("kind=a&kind=b", ["a", "b"])]
)
def test_one_of_several_is_offered_and_more_may_be_named(query: str, chosen: list[str]) -> None:
    form = KindForm(QueryDict(query))
    assert form.is_valid()
    assert form.cleaned_data["kind"] == chosen
    text = str(form["kind"])
    assert "multiple" not in text
    assert text.count("<option") == 3
    assert ('value="a" selected' in text) is ("a" in chosen)
    assert ('value="" selected' in text) is not bool(chosen)


@pytest.fixture
def client(superuser) -> Client:
    client = Client()
    client.force_login(superuser, backend="finobs.accounts.backends.RolePermissionBackend")
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_every_list_is_one_template_and_htmx_is_sent_what_changes(name: str, client: Client) -> None:
    address = reverse(name, args=[factories.model_version().pk] if "performance" in name else [])
    response = client.get(address)
    assert response.status_code == 200
    assert "_shell/list.html" in [each.name for each in response.templates]
    whole = response.content.decode()
    for part in ('id="list"', 'id="count" aria-live="polite"', "<h1"):
        assert whole.count(part) == 1
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert 'id="count" hx-swap-oob="innerHTML"' in fragment
    for part in ("<html", "<h1", 'id="list"', "<form class"):
        assert part not in fragment
    assert ('id="chips" hx-swap-oob="true"' in fragment) == ('id="chips"' in whole)


@pytest.mark.django_db
def test_htmx_restoring_its_history_gets_the_whole_page(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in client.get("/detection/rules/", headers=headers).content.decode()


@pytest.mark.django_db
def test_a_fragment_says_what_is_wrong_with_the_filters(client: Client) -> None:
    text = client.get("/detection/rules/?kind=nonsense", headers={"HX-Request": "true"}).content.decode()
    assert "nonsense is not one of the available choices" in text
    assert "Nothing is listed" in text
