"""The people of the demo. No account is shipped with a known password: each installation makes its own, once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cases.models import Queue
from cases.services import queue_grant
from finobs.accounts.addresses import address_key
from finobs.accounts.models import OrgUnit, User
from finobs.accounts.services import unit_grant
from finobs.accounts.services.passwords import password_reset_issue, password_set
from finobs.accounts.services.users import user_create
from finobs.core import access
from finobs.settings import env

from .bank.entities import NORTHWIND, SOUTHGATE, Entity
from .organisation import ROOT, separate_roles

DOMAIN: Final = "demo.finobs.example"
PASSWORD_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else


@dataclass(frozen=True, slots=True)
class DemoUser:
    """grants: queue slug and what may be done with the queue. units: code of a unit and what may be done in it.
    entity: of the legal entity that they see alone; there only where the demo has one."""

    box: str
    name: str
    role: str
    does: str
    grants: tuple[tuple[str, str], ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    entity: str = ""
    is_staff: bool = False

    @property
    def email(self) -> str:
        return f"{self.box}@{DOMAIN}"


def _each(action: str, *slugs: str) -> tuple[tuple[str, str], ...]:
    return tuple((slug, action) for slug in slugs)


def _of_entity(entity: Entity, analyst: str, lead: str) -> tuple[DemoUser, DemoUser]:
    """Two people with the roles of the organisation's own, who see this entity and nothing of the other."""
    name = entity.name.split()[0]
    return (
        DemoUser(f"analyst.{entity.code}", analyst, "analyst", f"works the cases of {name}, sees {name} alone",
                 units=((entity.code, "work"), (entity.code, "read_data")), entity=entity.code),
        DemoUser(f"lead.{entity.code}", lead, "compliance", f"leads {name}, sees {name} alone",
                 units=((entity.code, "lead"), (entity.code, "read_data")), entity=entity.code),
    )  # fmt: skip


# Their roles read what their grants name (`organisation.separate_roles`): these read all of it.
_WHOLE: Final = ((ROOT, "read_data"),)
_AML: Final = ("aml-1", "aml-northwind", "aml-southgate")
TELLER: Final = "teller.southgate"
DEMO_USERS: Final = (
    DemoUser("admin", "Ada Okafor", "admin", "people, queues, rules, sources", is_staff=True),
    DemoUser("lead", "Leo Brandt", "compliance", "leads all queues, approves", _each("lead", *_AML, "fraud"), _WHOLE),
    DemoUser("lead2", "Lin Moreau", "compliance", "leads all queues, approves", _each("lead", *_AML, "fraud"), _WHOLE),
    DemoUser("analyst", "Ana Ruiz", "analyst", "works AML of both entities", _each("work", *_AML), _WHOLE),
    DemoUser("analyst2", "Ben Haas", "analyst", "works the fraud desk", _each("work", "fraud"), _WHOLE),
    DemoUser("viewer", "Vera Lind", "viewer", "sees AML of both entities", _each("view", *_AML)),
    DemoUser("auditor", "Aud Salisu", "auditor", "sees everything, changes nothing"),
    *_of_entity(NORTHWIND, "Nora Castell", "Noah Winther"),
    *_of_entity(SOUTHGATE, "Sami Gerber", "Sofia Grewal"),
    DemoUser(
        TELLER,
        "Tilda Brehm",
        "analyst",
        "a teller of Southgate, who refers what she sees",
        _each("work", "aml-southgate"),
        ((SOUTHGATE.code, "read_data"),),
        SOUTHGATE.code,
    ),
)


def password() -> str:
    """This installation's demo password, made at the first start and kept where only its owner reads it."""
    path = env.VAR_DIR / "demo_password"
    if not path.exists() or not path.read_text().strip():
        groups = ("".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(4)) for _ in range(5))
        # Made with its mode: the password is readable by others at no moment.
        path.touch(mode=0o600)
        path.write_text("-".join(groups))
    return path.read_text().strip()


def ensure_users(
    *, actor: User, queues: Mapping[str, Queue], units: Mapping[str, OrgUnit] = MappingProxyType({})
) -> None:
    """Add the people that are not there yet, with their password and grants. Who was changed since stays so.

    Without `units` nobody of a legal entity is made, and roles read what they read.
    """
    people = [person for person in DEMO_USERS if not person.entity or person.entity in units]
    keys = [address_key(person.email) for person in people]
    there = {user.email_key: user for user in User.objects.filter(email_key__in=keys)}
    if any(person.entity and key not in there for person, key in zip(people, keys, strict=True)):
        separate_roles(actor, units[ROOT])
    for person, key in zip(people, keys, strict=True):
        user = there.get(key)
        if user is None:
            user = user_create(
                actor=actor, email=person.email, name=person.name, roles=[person.role], is_staff=person.is_staff
            )
        if not user.has_usable_password() and user.is_active:
            link = password_reset_issue(actor=actor, user=user)
            password_set(uid=link.uid, token=link.token, new=password())
        for slug, action in person.grants:
            if slug in queues and queues[slug].pk not in access.granted_ids(user, Queue, [action]):
                queue_grant(actor=actor, queue=queues[slug], principal=user, action=action)
        for code, action in person.units:
            if code in units and units[code].pk not in access.granted_ids(user, OrgUnit, [action]):
                unit_grant(actor=actor, unit=units[code], principal=user, action=action)


def introduction(port: int = env.PORT) -> str:
    """Who can sign in, for the terminal."""
    there = set(User.objects.filter(email__endswith=f"@{DOMAIN}").values_list("email", flat=True))
    people = [person for person in DEMO_USERS if person.email in there]
    rows = [f"  {person.email:40} {person.name:13} {person.role:11} {person.does}" for person in people]
    return "\n".join([f"Sign in at http://127.0.0.1:{port} with the password {password()} as", *rows])
