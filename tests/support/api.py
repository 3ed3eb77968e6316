"""What holds of every view of the API, whoever owns it.

An app declares its views in `tests/test_api_views.py`, one class a view, on the three classes here; what is special to a
view is in tests of its own. `tests/test_api_coverage.py` fails for an address that no such class names.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import django_filters as filters
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from rest_framework import serializers

from finobs.accounts.models import User
from finobs.accounts.privilege_ceiling import permissions_held
from finobs.accounts.services import token_create
from finobs.core.api import ServiceAction
from finobs.core.errors import NotAllowed, NotFound
from finobs.core.models import Versioned
from finobs.ledger.models import Event

HIDDEN = (403, 404)
# A permission that opens nothing of the API.
IDLE_SCOPE = "system:metrics_read"


def client_of(person: User | None) -> Client:
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person, backend="finobs.accounts.backends.RolePermissionBackend")
    return client


def bearer(person: User, *scopes: str) -> dict[str, str]:
    """Headers with a new token of `person` that has these scopes."""
    _, secret = token_create(actor=person, user=person, name="test", scopes=scopes, lifetime=timedelta(days=1))
    return {"Authorization": f"Bearer {secret}"}


class ApiTests:
    """One view, by the name of its address.

    reader: the fixture of somebody who may read what it is about. is_scoped: False for what is everybody's own.
    """

    url: ClassVar[str]
    reader: ClassVar[str] = "analyst"
    query: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    is_scoped: ClassVar[bool] = True
    fixture: Callable[[str], Any]

    @pytest.fixture(autouse=True)
    def _fixtures(self, request: pytest.FixtureRequest, db: None) -> None:
        self.fixture = request.getfixturevalue

    def make(self) -> tuple[Any, ...]:
        """Make what the address is about; returns the arguments of the address."""
        return ()

    @pytest.fixture
    def address(self, _fixtures: None) -> str:
        return self.address_of(*self.make())

    def address_of(self, *arguments: Any) -> str:
        return reverse(self.url, args=arguments)

    def view(self, address: str) -> Any:
        callback: Any = resolve(address).func
        return callback.cls

    def get(self, person: User | None, address: str, **query: Any) -> Any:
        return client_of(person).get(address, {**self.query, **query})


class ApiListTests(ApiTests):
    """A `SelectorList`. `add_row` adds one row that the reader may see."""

    def add_row(self) -> None:
        raise NotImplementedError

    def rows(self, person: User, address: str, **query: Any) -> list[Any]:
        response = self.get(person, address, **query)
        assert response.status_code == 200, response.content
        rows: list[Any] = response.json()["results"]
        return rows

    def test_nobody_reads_the_list_without_signing_in(self, address: str) -> None:
        response = self.get(None, address)
        assert response.status_code == 401
        assert response["Content-Type"] == "application/problem+json"

    def test_a_stranger_is_shown_no_row_of_the_list(self, address: str) -> None:
        self.add_row()
        response = self.get(self.fixture("stranger"), address)
        assert response.status_code in HIDDEN or response.json()["results"] == []

    def test_a_token_without_the_scope_is_shown_no_row_of_the_list(self, address: str) -> None:
        self.add_row()
        if not self.is_scoped:
            return
        response = Client().get(address, self.query, headers=bearer(self.fixture(self.reader), IDLE_SCOPE))
        assert response.status_code in HIDDEN or response.json()["results"] == []

    def test_the_list_is_walked_by_cursor_there_and_back(self, address: str) -> None:
        person = self.fixture(self.reader)
        for _ in range(3):
            self.add_row()
        rows = self.rows(person, address, limit=200)
        assert len(rows) >= 3
        pages = [self.get(person, address, limit=1).json()]
        while link := pages[-1]["older"]:
            pages.append(client_of(person).get(link).json())
        assert [row for page in pages for row in page["results"]] == rows
        newer = client_of(person).get(pages[-1]["newer"]).json()
        assert newer["results"] == [rows[-2]]

    def test_a_cursor_of_another_list_is_refused(self, address: str) -> None:
        person = self.fixture(self.reader)
        for _ in range(2):
            self.add_row()
        older = urlsplit(self.get(person, address, limit=1).json()["older"])
        cursor = parse_qs(older.query)["cursor"][0]
        assert self.get(person, address, cursor=cursor).status_code == 200
        for query in ({"cursor": "forged"}, {"cursor": cursor, "filter": "another"}):
            assert self.get(person, address, **query).status_code == 422

    def test_a_filter_that_makes_no_sense_is_refused_by_its_name(self, address: str) -> None:
        person, filter_set = self.fixture(self.reader), getattr(self.view(address), "filterset_class", None)
        for name, each in (filter_set.base_filters if filter_set else {}).items():
            response = self.get(person, address, **{name: "\x00"})
            assert response.status_code in (200, 400, 422), name
            if isinstance(each, filters.CharFilter | filters.BooleanFilter):
                continue  # any text can be looked for; what is neither yes nor no is not asked for
            response = self.get(person, address, **{name: "nonsense"})
            assert response.status_code == 422, name
            assert f"#/{name}" in [error["pointer"] for error in response.json()["errors"]]

    def test_the_queries_of_the_list_do_not_grow_with_its_rows(self, address: str) -> None:
        client = client_of(self.fixture(self.reader))
        self.add_row()
        client.get(address, self.query)  # what a process learns once is not the list's

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address, self.query).status_code == 200
            return len(captured)

        of_one = queries()
        self.add_row()
        self.add_row()
        assert queries() == of_one


class ApiDetailTests(ApiTests):
    """A `SelectorDetail`."""

    unknown: ClassVar[tuple[Any, ...]] = (10**9,)

    def test_nobody_reads_it_without_signing_in(self, address: str) -> None:
        assert self.get(None, address).status_code == 401

    def test_it_is_hidden_from_a_stranger_and_from_a_token_without_the_scope(self, address: str) -> None:
        if not self.is_scoped:
            return
        assert self.get(self.fixture("stranger"), address).status_code in HIDDEN
        headers = bearer(self.fixture(self.reader), IDLE_SCOPE)
        assert Client().get(address, self.query, headers=headers).status_code in HIDDEN

    def test_what_is_not_there_is_not_found(self, address: str) -> None:
        if resolve(address).kwargs:
            unknown = self.address_of(*self.unknown)
            assert self.get(self.fixture(self.reader), unknown).status_code == 404

    def test_a_reader_is_answered_with_the_fields_of_its_serializer(self, address: str) -> None:
        response = self.get(self.fixture(self.reader), address)
        assert response.status_code == 200, response.content
        assert fields_missing(self.view(address).serializer_class, response.json()) == set()

    def test_what_others_may_change_says_which_version_it_is(self, address: str) -> None:
        response = self.get(self.fixture(self.reader), address)
        model = getattr(getattr(self.view(address).serializer_class, "Meta", None), "model", None)
        is_versioned = model is not None and issubclass(model, Versioned)
        assert response.headers.get("ETag") == (f'"{response.json()["version"]}"' if is_versioned else None)

    def test_reading_records_nothing_and_no_other_method_is_taken(self, address: str) -> None:
        person, before = self.fixture(self.reader), Event.objects.count()
        self.get(person, address)
        assert Event.objects.count() == before
        taken = {method.upper() for method in ("post", "put", "patch", "delete") if self.takes(address, method)}
        for method in {"POST", "PUT", "PATCH", "DELETE"} - taken:
            assert client_of(person).generic(method, address).status_code == 405

    def takes(self, address: str, method: str) -> bool:
        view = self.view(address)
        return method in view.http_method_names and hasattr(view, method)


class ApiActionTests(ApiTests):
    """A `ServiceAction`.

    actor: the fixture of somebody who may do it; `reader` may see it and not do it.
    event: what is recorded last. repeat: the status of the same request once more, which records nothing; None: it is
    another act. needs_key: the same Idempotency-Key gets the same answer.
    """

    reader = "auditor"
    actor: ClassVar[str]
    method: ClassVar[str] = "POST"
    status: ClassVar[int] = 200
    event: ClassVar[str]
    repeat: ClassVar[int | None] = None
    needs_key: ClassVar[bool] = False
    # Whether the serializer of the body is what judges it; else rows are judged one by one.
    has_body_class: ClassVar[bool] = True
    unknown: ClassVar[tuple[Any, ...]] = (10**9,)

    def body(self) -> dict[str, Any]:
        """The body of a request that is carried out."""
        return {}

    def send(
        self, person: User | None, address: str, body: Any, *, headers: dict[str, str] | None = None, key: str = ""
    ) -> Any:
        sent = {"Idempotency-Key": key or uuid.uuid4().hex} if self.needs_key else {}
        sent |= self.if_match(address)
        return client_of(person).generic(
            self.method, address, json.dumps(body), content_type="application/json", headers={**sent, **(headers or {})}
        )

    def if_match(self, address: str) -> dict[str, str]:
        """The header that names the version which its subject has now, where the view asks for one."""
        view = self.view(address)
        row = self.subject_row(address) if issubclass(view, ServiceAction) and view.takes_version() else None
        return {} if row is None else {"If-Match": f'"{row.version}"'}

    def subject_row(self, address: str) -> Any:
        """What the address is about, as the database has it now; None if it is not there."""
        match, view = resolve(address), self.view(address)
        try:
            return view.subject.selector(self.fixture("superuser"), *match.kwargs.values())
        except (NotFound, NotAllowed):
            return None

    def test_a_stale_version_is_refused_and_nothing_changes(self, address: str) -> None:
        view, actor, body = self.view(address), self.fixture(self.actor), self.body()
        if not (issubclass(view, ServiceAction) and view.takes_version()):
            return
        before, row = Event.objects.count(), self.subject_row(address)
        state = versioned_state(row)
        for header in (f'"{row.version + 1}"', f'W/"{row.version + 7}"'):
            response = self.send(actor, address, body, headers={"If-Match": header})
            assert response.status_code == 412, (header, response.content)
            assert response.json()["version"] == row.version
        for header in ("*", "nonsense", f'"{row.version}", "1"', '"0"'):
            assert self.send(actor, address, body, headers={"If-Match": header}).status_code == 428, header
        if view.requires_version:
            assert self.send(actor, address, body, headers={"If-Match": ""}).status_code == 428
        assert (Event.objects.count(), versioned_state(self.subject_row(address))) == (before, state)

    def test_nobody_does_it_without_signing_in(self, address: str) -> None:
        before = Event.objects.count()
        assert self.send(None, address, self.body()).status_code == 401
        assert Event.objects.count() == before

    @pytest.mark.parametrize("who", ["stranger", "reader"])
    def test_who_may_not_do_it_is_refused_and_nothing_is_recorded(self, who: str, address: str) -> None:
        person, body = self.fixture(self.reader if who == "reader" else who), self.body()
        before = Event.objects.count()
        assert self.send(person, address, body).status_code in HIDDEN
        assert Event.objects.count() == before

    def test_a_token_that_only_reads_does_not_do_it(self, address: str) -> None:
        actor, body = self.fixture(self.actor), self.body()
        if not self.is_scoped:
            return
        headers = bearer(actor, *(name for name in permissions_held(actor) if name.endswith((":read", ":list"))))
        before = Event.objects.count()
        assert self.send(None, address, body, headers=headers).status_code in HIDDEN
        assert Event.objects.count() == before

    def test_it_is_not_done_to_what_is_not_there(self, address: str) -> None:
        if resolve(address).kwargs:
            response = self.send(self.fixture(self.actor), self.address_of(*self.unknown), self.body())
            assert response.status_code == 404

    def test_a_field_that_does_not_hold_is_named_and_nothing_is_recorded(self, address: str) -> None:
        shape = self.view(address).body_class if self.has_body_class else None
        actor, body = self.fixture(self.actor), self.body()
        before = Event.objects.count()
        for name, field in (shape().fields if shape else {}).items():
            for wrong in wrong_bodies(body, name, field):
                response = self.send(actor, address, wrong)
                assert response.status_code == 422, (name, wrong)
                assert any(error["pointer"].startswith(f"#/{name}") for error in response.json()["errors"]), name
        assert Event.objects.count() == before

    def test_a_body_that_is_no_object_is_refused(self, address: str) -> None:
        if self.has_body_class and self.view(address).body_class:
            for text in ("[]", '"text"', "7", "{"):
                client, before = client_of(self.fixture(self.actor)), Event.objects.count()
                response = client.generic(self.method, address, text, content_type="application/json")
                assert response.status_code in (400, 422), text
                assert Event.objects.count() == before

    def test_who_may_do_it_does_it_and_it_is_recorded(self, address: str) -> None:
        view = self.view(address)
        response = self.send(self.fixture(self.actor), address, self.body())
        assert response.status_code == self.status, response.content
        assert Event.objects.latest("id").action == self.event
        if self.status in (200, 201):
            shape = getattr(view, "answer_class", None) or getattr(view, "serializer_class", None)
            assert not shape or fields_missing(shape, response.json()) == set()

    def test_the_same_request_again_is_answered_and_not_repeated(self, address: str) -> None:
        if self.repeat is not None:
            actor, body = self.fixture(self.actor), self.body()
            self.send(actor, address, body)
            before = Event.objects.count()
            assert self.send(actor, address, body).status_code == self.repeat
            assert Event.objects.count() == before

    def test_the_same_key_gets_the_same_answer_and_another_request_does_not(self, address: str) -> None:
        if self.needs_key:
            actor, body = self.fixture(self.actor), self.body()
            first = self.send(actor, address, body, key="k-1")
            before = Event.objects.count()
            again = self.send(actor, address, body, key="k-1")
            assert (again.status_code, again.content) == (self.status, first.content)
            assert again["Idempotency-Replayed"] == "true"
            assert self.send(actor, address, {}, key="k-1").status_code == 422
            keyless = client_of(actor).post(address, json.dumps(body), content_type="application/json")
            assert keyless.status_code == 400
            assert Event.objects.count() == before


def versioned_state(row: Any) -> dict[str, Any]:
    """Every column of a row, and the members of its many-to-many fields."""
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return columns | {each.name: sorted(getattr(row, each.name).values_list("pk")) for each in row._meta.many_to_many}


def fields_missing(shape: type[serializers.BaseSerializer[Any]], answer: dict[str, Any]) -> set[str]:
    """What the serializer declares and the answer does not have, or has besides."""
    fields: dict[str, serializers.Field[Any, Any, Any, Any]] = shape().fields  # type: ignore[attr-defined]
    optional = {name for name, field in fields.items() if not field.required and not field.read_only}
    return (fields.keys() ^ answer.keys()) - optional


def wrong_bodies(body: dict[str, Any], name: str, field: Any) -> list[dict[str, Any]]:
    """Bodies in which this field is of another kind, or left out where it is required."""
    is_compound = isinstance(field, serializers.DictField | serializers.ListField | serializers.BaseSerializer)
    values: list[Any] = ["text", 7, True] if is_compound else [{"no": "text"}, ["text"]]
    values += [] if field.allow_null else [None]
    wrong = [{**body, name: value} for value in values]
    return [*wrong, {key: value for key, value in body.items() if key != name}] if field.required else wrong
