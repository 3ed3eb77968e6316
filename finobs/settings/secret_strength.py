"""Secrets that are none: too short, of few characters, of a pattern, or of an example. Said in words, without them."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from finobs.core.patterns import unit, without_runs

MIN_KEY_LENGTH = 50
# Hexadecimal digits are the poorest random keys that people make: of 64 of them, fewer than 12 kinds never occur.
MIN_KEY_CHARACTERS = 12
MIN_PASSWORD_CHARACTERS = 5
# As they stand in .env.example, in Django's own project template, and in what people copy from each other.
EXAMPLES = (
    "change-me",
    "changeme",
    "change_me",
    "django-insecure",
    "test-only",
    "secret-key",
    "your-secret",
    "replace-me",
    "example",
)


def require_strong_key(name: str, value: str) -> None:
    """Raises ImproperlyConfigured, without a part of `value`: it stands in logs."""
    if len(value) < MIN_KEY_LENGTH:
        raise ImproperlyConfigured(f"{name} must have at least {MIN_KEY_LENGTH} characters")
    _require_no_example(name, value)
    if len(set(value)) < MIN_KEY_CHARACTERS or len(without_runs(unit(value.casefold()))) < MIN_KEY_LENGTH // 2:
        raise ImproperlyConfigured(
            f"{name} can be guessed: it has few different characters, or repeats itself. "
            "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )


def require_strong_password(name: str, password: str) -> None:
    """Of the setting `name`; none at all is a server that asks for none. Raises ImproperlyConfigured."""
    if not password:
        return
    _require_no_example(f"the password in {name}", password)
    if len(set(password)) < MIN_PASSWORD_CHARACTERS:
        raise ImproperlyConfigured(f"the password in {name} can be guessed: it has few different characters")


def passwords_in(address: str) -> list[str]:
    """What a URL has of passwords: before its host, and among its options, where drivers take it too."""
    parts = urlsplit(address)
    return [unquote(parts.password or ""), *parse_qs(parts.query).get("password", [])]


def _require_no_example(name: str, value: str) -> None:
    if any(word in value.casefold() for word in EXAMPLES):
        raise ImproperlyConfigured(f"{name} is that of an example: make one of your own")
