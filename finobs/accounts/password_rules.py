"""What no password may be, beside too short or too common: made of its owner, or of very little.

No kind of character is demanded (SEC-7; NIST SP 800-63B, 3.1.1.2): what is refused is what somebody who knows the
person, or the keyboard, tries first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError

from finobs.core.patterns import unit, without_runs

from .guessable import Remainder
from .roles import ROLES

# What is left when all that others guess is taken out (accounts.guessable).
MIN_EFFECTIVE_LENGTH: Final = 10
MIN_DISTINCT: Final = 5
MIN_WORD: Final = 3
SPLIT: Final = re.compile(r"[\W_]+")
# Says nothing of an organisation.
COMMON_LABELS: Final = frozenset(
    {"com", "org", "net", "www", "mail", "email", "localhost", "example", "test", "gov", "edu"}
)


class OwnWordsValidator:
    """Not the owner's name, their address, their organisation (of the address, or of this installation) or finobs."""

    def validate(self, password: str, user: Any = None) -> None:
        remainder = Remainder(password)
        if not remainder.take_words({*_installation_words(), *_personal_words(user)}):
            return
        if remainder.size() < MIN_EFFECTIVE_LENGTH:
            causes = ", ".join(("names, addresses, organisations and roles", *remainder.causes))
            raise ValidationError(f"This is too short without what others guess: {causes}.", "own_words")

    def get_help_text(self) -> str:
        return "Not made of your name, your address or your organisation."


class VarietyValidator:
    """Not few characters, not one part again and again, not rows of the alphabet or the keyboard, not dates and common
    words."""

    def validate(self, password: str, user: Any = None) -> None:
        text = _folded(password)
        if len(set(text)) < MIN_DISTINCT:
            raise ValidationError(f"Use at least {MIN_DISTINCT} different characters.", "few_characters")
        if len(without_runs(unit(text))) < MIN_EFFECTIVE_LENGTH:
            raise ValidationError(
                "This repeats itself, or follows the alphabet or the keyboard: what is left of it is too short.",
                "pattern",
            )
        remainder = Remainder(password)
        if remainder.size() < MIN_EFFECTIVE_LENGTH:
            causes = ", ".join(remainder.causes or ["digits and signs alone"])
            raise ValidationError(f"This is too short without what others guess: {causes}.", "pattern")

    def get_help_text(self) -> str:
        return "Not one part again and again, no row of the alphabet or the keyboard, more than dates and common words."


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _letters(text: str) -> str:
    return SPLIT.sub("", _folded(text))


def _personal_words(user: Any) -> Iterator[str]:
    for text in (getattr(user, "name", ""), getattr(user, "email", "")):
        yield from _words(text)
        # The name, and what stands before the @, as one word too: short parts are no words by themselves.
        if len(whole := _letters(text.partition("@")[0])) >= MIN_WORD:
            yield whole


def _installation_words() -> Iterator[str]:
    """The product, and where it runs."""
    yield from ("finobs", *ROLES)
    for host in (*settings.ALLOWED_HOSTS, settings.LEDGER_ORIGIN.partition("/")[0]):
        yield from _words(host)


def _words(text: str) -> Iterator[str]:
    words = (word for word in SPLIT.split(_folded(text)) if not word.isdecimal())
    yield from (word for word in words if len(word) >= MIN_WORD and word not in COMMON_LABELS)
