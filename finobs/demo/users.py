"""The people of the demo. No account is shipped with a known password: each installation makes its own, once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from cases.models import Queue
from cases.services import queue_grant
from finobs.accounts.addresses import address_key
from finobs.accounts.models import User
from finobs.accounts.services.passwords import password_reset_issue, password_set
from finobs.accounts.services.users import user_create
from finobs.core import access
from finobs.settings import env

DOMAIN: Final = "demo.finobs.example"
PASSWORD_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else


@dataclass(frozen=True, slots=True)
class DemoUser:
    """grants: queue slug and what may be done with the queue."""

    box: str
    name: str
    role: str
    does: str
    grants: tuple[tuple[str, str], ...] = ()
    is_staff: bool = False

    @property
    def email(self) -> str:
        return f"{self.box}@{DOMAIN}"


DEMO_USERS: Final = (
    DemoUser("admin", "Ada Okafor", "admin", "people, queues, rules, sources", is_staff=True),
    DemoUser("lead", "Leo Brandt", "compliance", "leads both queues, approves", (("aml-1", "lead"), ("fraud", "lead"))),
    DemoUser(
        "lead2", "Lin Moreau", "compliance", "leads both queues, approves", (("aml-1", "lead"), ("fraud", "lead"))
    ),
    DemoUser("analyst", "Ana Ruiz", "analyst", "works AML level 1", (("aml-1", "work"),)),
    DemoUser("analyst2", "Ben Haas", "analyst", "works the fraud desk", (("fraud", "work"),)),
    DemoUser("viewer", "Vera Lind", "viewer", "sees AML level 1", (("aml-1", "view"),)),
    DemoUser("auditor", "Aud Salisu", "auditor", "sees everything, changes nothing"),
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


def ensure_users(*, actor: User, queues: dict[str, Queue]) -> None:
    """Add the people that are not there yet, with their password and grants. Who was changed since stays so."""
    for person in DEMO_USERS:
        user = User.objects.filter(email_key=address_key(person.email)).first()
        if user is None:
            user = user_create(
                actor=actor, email=person.email, name=person.name, roles=[person.role], is_staff=person.is_staff
            )
        if not user.has_usable_password() and user.is_active:
            link = password_reset_issue(actor=actor, user=user)
            password_set(uid=link.uid, token=link.token, new=password())
        for slug, action in person.grants:
            if queues[slug].pk not in access.granted_ids(user, Queue, [action]):
                queue_grant(actor=actor, queue=queues[slug], principal=user, action=action)


def introduction(port: int = env.PORT) -> str:
    """Who can sign in, for the terminal."""
    rows = [f"  {person.email:36} {person.name:12} {person.role:11} {person.does}" for person in DEMO_USERS]
    return "\n".join([f"Sign in at http://127.0.0.1:{port} with the password {password()} as", *rows])
