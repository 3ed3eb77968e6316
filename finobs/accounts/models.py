"""Who acts: people, machine accounts, and finobs's own processes; one type of actor for every event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.classification import classify
from finobs.core.errors import Invalid
from finobs.core.models import Base, Versioned

from .addresses import AddressKeyField, address_key
from .choices import SessionEndReason, UserKind
from .credential import NO_CREDENTIAL, Credential
from .names import NameKeyField
from .org_units import OrgUnit, OrgUnitGroupGrant, OrgUnitUserGrant, UnitAncestor

__all__ = [
    "ApiToken", "OrgUnit", "OrgUnitGroupGrant", "OrgUnitUserGrant", "UnitAncestor", "User", "UserManager",
    "UserSession", "valid_zone",
]  # fmt: skip

# In this order: Edge says Chrome too, Chrome says Safari too, Android says Linux too.
BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"))
SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def valid_zone(name: str) -> None:
    if name not in clock.time_zones():
        raise ValidationError("There is no such time zone.")


class UserManager(BaseUserManager["User"]):
    # Services know the models, so that these cannot know them.
    superuser_service: ClassVar[Callable[..., User] | None] = None

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """For scenes of tests; everybody else is added by `services.user_create`.

        The one save of an audited row that does not go through `core.history`: it is nobody's act.
        """
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """For `createsuperuser`: an act of whoever runs it on the server, by the service that is registered for it."""
        assert self.superuser_service is not None, "registered when the app is ready"
        try:
            return self.superuser_service(email=email, password=password, **fields)
        except Invalid as error:
            # What the command knows how to say.
            raise ValidationError(error.message) from error

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email_key=address_key(username or ""))


class User(Versioned, AbstractBaseUser, PermissionsMixin):
    """A person or a machine that acts. Roles are groups; what else they may see hangs on grants.

    `session_epoch` rises when roles or password change, or when an administrator ends the sessions: every session
    and JWT of an earlier epoch is over.
    """

    CLASSIFIED = classify(internal="time_zone", staff="email email_key name name_key", secrets="password")

    email = models.EmailField("e-mail", unique=True)
    # What the address is compared by: look-up, uniqueness, throttle (accounts.addresses).
    email_key = AddressKeyField(unique=True)
    # Django would write the row at each sign-in, with history; the register of sessions knows it.
    last_login = None
    name = models.CharField(max_length=120)
    # What the name is compared by (accounts.names).
    name_key = NameKeyField()
    kind = models.CharField(max_length=10, choices=UserKind, default=UserKind.HUMAN)
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("may open the admin", default=False)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[valid_zone])
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    password_changed_at = models.DateTimeField(default=clock.now, editable=False)
    date_joined = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    history = HistoricalRecords(excluded_fields=["password", "email_key", "name_key"], m2m_fields=["groups"])

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    # Set on the instance that a scoped token signed in: at most these of the owner's permissions (SEC-8).
    token_scopes: frozenset[str] | None = None
    # Set on the instance that a token signed in which is bound to sources, by their slugs: to what came by them.
    token_sources: frozenset[str] | None = None
    # Set on the instance that signed in: its writes last only as long as this does.
    credential: Credential = NO_CREDENTIAL
    # Set on the instance that was read together with its roles, as of then.
    roles_as_read: tuple[str, ...] | None = None

    class Meta(Base.Meta):
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        super().clean()
        # Here too: uniqueness is checked before the row is saved.
        self.email_key = address_key(self.email or "")

    @property
    def label(self) -> str:
        """Name and address, where somebody decides by whom they see: two people may be called the same."""
        return f"{self.name} <{self.email}>"

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in (self.name or self.email).split()[:2]).upper()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Roles carry it and, for a scoped token, the scopes name it; a superuser's token is no wider."""
        if self.token_scopes is not None and perm.removeprefix("accounts.") not in self.token_scopes:
            return False
        return super().has_perm(perm, obj)

    @property
    def roles(self) -> list[str]:
        return sorted(group.name for group in self.groups.all())


class UserSession(Base):
    """One signed-in browser: what a person sees of it, and when it is over. The key itself is kept as a digest.

    A session without a live row here is no session (SEC-3).
    """

    CLASSIFIED = classify(staff="ip user_agent", secrets="digest")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sessions")
    digest = models.CharField(max_length=64, unique=True)
    epoch = models.PositiveIntegerField()
    ip = models.GenericIPAddressField("address", null=True, blank=True)
    user_agent = models.CharField("browser", max_length=255, blank=True)
    created_at = models.DateTimeField("signed in", default=clock.now)
    last_seen_at = models.DateTimeField("last seen", default=clock.now)
    ended_at = models.DateTimeField("ended", null=True, blank=True)
    end_reason = models.CharField("why", max_length=12, choices=SessionEndReason, blank=True)

    class Meta(Base.Meta):
        verbose_name = "session"
        ordering = ("-created_at",)
        indexes: ClassVar = [models.Index(fields=["user", "ended_at"], name="accounts_session_live")]

    def __str__(self) -> str:
        return f"{self.user} from {self.ip or 'an unknown address'}"

    @property
    def browser(self) -> str:
        """What people call it: "Firefox on Linux". A hint for recognising it, as it says what it likes."""
        name = next((word for mark, word in BROWSERS if mark in self.user_agent), "")
        system = next((word for mark, word in SYSTEMS if mark in self.user_agent), "")
        return " on ".join(filter(None, (name, system))) or self.user_agent[:60] or "unknown"


class ApiToken(Versioned):
    """A machine's key: shown once, kept as a SHA-256 digest of a 256-bit secret (SEC-8)."""

    CLASSIFIED = classify(internal="name prefix scopes sources", secrets="digest")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list, help_text="Named permissions the token may use, at most its owner's.")
    sources = models.JSONField(
        default=list,
        blank=True,
        help_text="Sources that it may read and feed, by their slugs; none named: its owner's.",
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(Base.Meta):
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} (finobs_{self.prefix}…)"

    @property
    def state(self) -> str:
        """live, revoked or expired."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= clock.now() else "live"
