"""What no password may be, beside too short or too common: made of its owner, or of very little.

No kind of character is demanded (SEC-7; NIST SP 800-63B, 3.1.1.2): what is refused is what somebody who knows the
person, or the keyboard, tries first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from finobs.core.patterns import unit, without_runs

# What remains of a password when its owner's words, or a common one, are taken out.
MIN_REMAINDER: Final = 8
# A repeated part counts once, a run of neighbours (abcd, 4321, qwert) as its two ends.
MIN_EFFECTIVE_LENGTH: Final = 10
MIN_DISTINCT: Final = 5
MIN_WORD: Final = 3
# The digits and signs that are written for letters.
LEET: Final = str.maketrans("013457@$!", "oieastasi")
SPLIT: Final = re.compile(r"[\W_]+")
# Says nothing of an organisation.
COMMON_LABELS: Final = frozenset(
    {"com", "org", "net", "www", "mail", "email", "localhost", "example", "test", "gov", "edu"}
)


class OwnWordsValidator:
    """Not the owner's name, their address, their organisation (of the address, or of this installation) or finobs."""

    def validate(self, password: str, user: Any = None) -> None:
        words = sorted({*_installation_words(), *_personal_words(user)}, key=len, reverse=True)
        for text in {_letters(password), _letters(password.translate(LEET))}:
            rest = text
            for word in words:
                for form in (word, word[::-1]):
                    rest = rest.replace(form, "")
            if rest != text and len(without_runs(rest)) < MIN_REMAINDER:
                raise ValidationError("This is little more than a name, an address or an organisation.", "own_words")

    def get_help_text(self) -> str:
        return "Not made of your name, your address or your organisation."


class VarietyValidator:
    """Not few characters, not one part again and again, not rows of the alphabet or the keyboard, not a common one
    with something around it."""

    def validate(self, password: str, user: Any = None) -> None:
        text = _folded(password)
        if len(set(text)) < MIN_DISTINCT:
            raise ValidationError(f"Use at least {MIN_DISTINCT} different characters.", "few_characters")
        once = without_runs(unit(text))
        if len(once) < MIN_EFFECTIVE_LENGTH:
            raise ValidationError(
                "This repeats itself, or follows the alphabet or the keyboard: what is left of it is too short.",
                "pattern",
            )
        for form in (unit(text), unit(text).translate(LEET)):
            core = form.strip("0123456789!?.,;:*#+-_ ~$€&%/()=")
            if core in _common() and len(without_runs(form.replace(core, "", 1))) < MIN_REMAINDER:
                raise ValidationError("This is a common password with something around it.", "common_core")

    def get_help_text(self) -> str:
        return "Not one part again and again, and not a row of the alphabet or the keyboard."


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
    yield "finobs"
    for host in (*settings.ALLOWED_HOSTS, settings.LEDGER_ORIGIN.partition("/")[0]):
        yield from _words(host)


def _words(text: str) -> Iterator[str]:
    words = (word for word in SPLIT.split(_folded(text)) if not word.isdecimal())
    yield from (word for word in words if len(word) >= MIN_WORD and word not in COMMON_LABELS)


@cache
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)
