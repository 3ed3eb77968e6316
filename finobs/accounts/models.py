"""Who acts: people, machine accounts, and finobs's own processes; one type of actor for every event."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from finobs.core import clock
from finobs.core.models import Base

from .choices import Kind


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person or a machine that acts. Roles are groups; what else they may see hangs on grants.

    `session_epoch` rises when roles or password change, or when an administrator ends the sessions: every session
    and JWT of an earlier epoch is over.
    """

    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.HUMAN)
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("may open the admin", default=False)
    time_zone = models.CharField(max_length=64, default="UTC")
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    password_changed_at = models.DateTimeField(default=clock.now, editable=False)
    date_joined = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()
    history = HistoricalRecords(excluded_fields=["password", "last_login"], m2m_fields=["groups"])

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta(Base.Meta):
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_ci")]
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in (self.name or self.email).split()[:2]).upper()

    @property
    def roles(self) -> list[str]:
        return sorted(group.name for group in self.groups.all())


class ApiToken(Base):
    """A machine's key: shown once, kept as a SHA-256 digest of a 256-bit secret (SEC-8)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list, help_text="Named permissions the token may use, at most its owner's.")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(Base.Meta):
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} (finobs_{self.prefix}…)"
