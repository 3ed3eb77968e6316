"""The API of people, tokens and org units under what holds of every API (`tests.support.api`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from finobs.accounts.models import ApiToken
from finobs.accounts.services import token_create, unit_deactivate, unit_grant, user_deactivate
from tests import factories
from tests.support.api import ApiActionTests, ApiDetailTests, ApiListTests, ApiTests


class TestCurrentUserDetail(ApiDetailTests):
    url = "accounts_api:current-user-detail"
    is_scoped = False


class TestUserList(ApiListTests):
    url = "accounts_api:user-list"
    reader = "auditor"

    def add_row(self) -> None:
        factories.user("One More", role="viewer")


class TestUserCreate(ApiActionTests):
    url = "accounts_api:user-list"
    actor = "admin"
    event = "user.create"
    status = 201

    def body(self) -> dict[str, Any]:
        return {"email": "new@example.test", "name": "New", "roles": ["viewer"]}


class OnSomebody(ApiTests):
    def make(self) -> tuple[Any, ...]:
        self.person = factories.user("Some Body", role="viewer")
        return (self.person.pk,)


class TestUserDetail(OnSomebody, ApiDetailTests):
    url = "accounts_api:user-detail"
    reader = "auditor"


class TestUserChange(OnSomebody, ApiActionTests):
    url = "accounts_api:user-detail"
    actor = "admin"
    method = "PATCH"
    event = "user.change"
    repeat = 200

    def body(self) -> dict[str, Any]:
        return {"name": "Another Name"}


class TestRoleAssign(OnSomebody, ApiActionTests):
    url = "accounts_api:role-assign"
    actor = "admin"
    method = "PUT"
    event = "user.role_assign"
    repeat = 200

    def body(self) -> dict[str, Any]:
        return {"roles": ["analyst"]}


class TestUserDeactivate(OnSomebody, ApiActionTests):
    url = "accounts_api:user-deactivate"
    actor = "admin"
    event = "user.deactivate"
    repeat = 409


class TestUserReactivate(OnSomebody, ApiActionTests):
    url = "accounts_api:user-reactivate"
    actor = "admin"
    event = "user.reactivate"
    repeat = 409

    def make(self) -> tuple[Any, ...]:
        arguments = super().make()
        user_deactivate(actor=self.fixture("admin"), user=self.person)
        return arguments


class TestSessionsEnd(OnSomebody, ApiActionTests):
    url = "accounts_api:sessions-end"
    actor = "admin"
    event = "session.end"
    status = 204


class TestPasswordResetIssue(OnSomebody, ApiActionTests):
    url = "accounts_api:password-reset-issue"
    actor = "admin"
    event = "user.password_reset_issue"
    status = 201


class TestTokenList(ApiListTests):
    url = "accounts_api:token-list"
    is_scoped = False

    def add_row(self) -> None:
        token_of(self.fixture("analyst"))


class TestTokenCreate(ApiActionTests):
    url = "accounts_api:token-list"
    actor = "admin"
    event = "token.create"
    status = 201

    def body(self) -> dict[str, Any]:
        return {"name": "feed", "scopes": ["transaction:create"], "days": 30, "user": self.fixture("service").pk}


class TestTokenRevoke(ApiActionTests):
    url = "accounts_api:token-revoke"
    actor = "analyst"
    event = "token.revoke"
    is_scoped = False  # whoever holds a key may give it up
    repeat = 200

    def make(self) -> tuple[Any, ...]:
        return (token_of(self.fixture("analyst")).pk,)


def token_of(person: Any) -> ApiToken:
    return token_create(actor=person, user=person, name="feed", scopes=["compliance:read"], lifetime=timedelta(days=1))[
        0
    ]


UNKNOWN = ("no-such-unit",)


class TestUnitList(ApiListTests):
    url = "accounts_api:unit-list"

    def add_row(self) -> None:
        factories.unit()


class TestUnitCreate(ApiActionTests):
    url = "accounts_api:unit-list"
    actor = "admin"
    event = "unit.create"
    status = 201

    def body(self) -> dict[str, Any]:
        return {"code": "bank", "name": "Bank", "kind": "legal_entity", "parent": "organisation"}


class OnUnit(ApiTests):
    unknown: ClassVar[tuple[Any, ...]] = UNKNOWN

    def make(self) -> tuple[Any, ...]:
        self.unit = factories.unit("first-bank")
        return (self.unit.code,)


class TestUnitDetail(OnUnit, ApiDetailTests):
    url = "accounts_api:unit-detail"


class TestUnitChange(OnUnit, ApiActionTests):
    url = "accounts_api:unit-detail"
    actor = "admin"
    method = "PATCH"
    event = "unit.change"
    repeat = 200

    def body(self) -> dict[str, Any]:
        return {"name": "Another Name"}


class TestUnitDeactivate(OnUnit, ApiActionTests):
    url = "accounts_api:unit-deactivate"
    actor = "admin"
    event = "unit.deactivate"
    repeat = 200

    def body(self) -> dict[str, Any]:
        return {"reason": "Sold to others."}


class TestUnitReactivate(OnUnit, ApiActionTests):
    url = "accounts_api:unit-reactivate"
    actor = "admin"
    event = "unit.reactivate"
    repeat = 200

    def make(self) -> tuple[Any, ...]:
        arguments = super().make()
        unit_deactivate(actor=self.fixture("admin"), unit=self.unit, reason="Sold to others.")
        return arguments

    def body(self) -> dict[str, Any]:
        return {"reason": "Bought back."}


class TestUnitGrant(OnUnit, ApiActionTests):
    url = "accounts_api:unit-grant"
    actor = "admin"
    event = "unit.grant"
    repeat = 200

    def body(self) -> dict[str, Any]:
        return {"principal_type": "user", "principal": self.fixture("stranger").pk, "grant": "work"}


class TestUnitRevoke(TestUnitGrant):
    url = "accounts_api:unit-revoke"
    event = "unit.revoke"

    def make(self) -> tuple[Any, ...]:
        arguments = super().make()
        somebody = self.fixture("stranger")
        unit_grant(actor=self.fixture("admin"), unit=self.unit, principal=somebody, action="work")
        return arguments
