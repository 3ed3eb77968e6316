"""How much of a password nobody guesses: without its owner's words, dates, common words, rows of keys and repeats."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache
from typing import Final

from django.contrib.auth.password_validation import CommonPasswordValidator

from finobs.core.keyboard import is_step

from .names import plain_letters

# A word of a list of 20 000 is guessed like a few characters, the same again like none, a row of keys like one.
MIN_WORTH_OF_A_WORD: Final = 3
MAX_WORTH_OF_A_WORD: Final = 5
MIN_COMMON_WORD: Final = 4
MAX_COMMON_WORD: Final = 16
MIN_ROW: Final = 3
MIN_REPEAT: Final = 2
# The letters and digits that are written for each other, as one: i l 1, b 6 8 g 9, z 2.
_LEET: Final = str.maketrans("ig62", "lbbz")
_YEAR: Final = r"(?:19|20)\d\d"
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_DATE: Final = re.compile(
    rf"{_YEAR}(?:[-./ ]?{_MONTH}(?:[-./ ]?{_DAY})?)?(?!\d)|{_DAY}([-./ ]?){_MONTH}\1(?:{_YEAR}|\d\d)(?!\d)"
    rf"|{_MONTH}([-./ ]?){_DAY}\2(?:{_YEAR}|\d\d)(?!\d)|{_YEAR}"
)


class Remainder:
    """What is left of a password, character by character; `causes` says what was taken out, in words."""

    def __init__(self, password: str) -> None:
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", password).casefold())
        pairs = [(character, drawn) for character in folded if (drawn := _drawn(character))]
        self.text = "".join(character for character, _ in pairs)
        self.drawn = "".join(drawn for _, drawn in pairs)
        # None: not yet looked at by any rule.
        self.worth: list[int | None] = [None] * len(self.text)
        self.causes: list[str] = []

    def take_words(self, words: Collection[str]) -> bool:
        """Own words are worth nothing, forwards or backwards, with signs between their letters or without."""
        places = [place for place, character in enumerate(self.drawn) if character.isalnum()]
        text = "".join(self.drawn[place] for place in places)
        before = self.worth.count(0)
        for word in sorted(map(drawn_as, words), key=len, reverse=True):
            for form in (word, word[::-1]):
                for match in re.finditer(re.escape(form), text) if form else ():
                    for place in places[match.start() : match.end()]:
                        self.worth[place] = 0
        return self.worth.count(0) > before

    def size(self) -> int:
        """In characters that somebody had to choose. 0 where no letter is among them."""
        self._take_dates()
        self._take_common()
        self._take_rows()
        self._take_repeats()
        left = [character for character, worth in zip(self.text, self.worth, strict=True) if worth]
        return sum(worth or 0 for worth in self.worth) if any(map(str.isalpha, left)) else 0

    def _take_dates(self) -> None:
        for match in _DATE.finditer(self.text):
            self._take(match.start(), match.end(), 0, "dates")

    def _take_common(self) -> None:
        words, start = set(), 0
        while start < len(self.drawn):
            end = next((end for end in self._ends(start) if self.drawn[start:end] in _common()), start)
            if end > start:
                word = self.drawn[start:end]
                worth = min(max(MIN_WORTH_OF_A_WORD, len(word) // 2), MAX_WORTH_OF_A_WORD)
                self._take(start, end, 0 if word in words else worth, "common words")
                words.add(word)
            start = max(end, start + 1)

    def _ends(self, start: int) -> Iterator[int]:
        """Where a common word from `start` may end, the longest first, within what no rule has taken."""
        for end in range(min(len(self.drawn), start + MAX_COMMON_WORD), start + MIN_COMMON_WORD - 1, -1):
            if self._is_free(start, end):
                yield end

    def _take_rows(self) -> None:
        start = 0
        while start < len(self.text):
            end = start + 1
            while end < len(self.text) and self._is_free(start, end + 1) and is_step(*self.text[end - 1 : end + 1]):
                end += 1
            if end - start >= MIN_ROW and self._is_free(start, end):
                self._take(start, end, 1, "rows of keys or of the alphabet")
            start = end

    def _take_repeats(self) -> None:
        start = 0
        while start < len(self.drawn):
            end = start
            while (
                end < len(self.drawn)
                and self._is_free(start, end + 1)
                and self.drawn[start : end + 1] in self.drawn[:start]
            ):
                end += 1
            if end - start >= MIN_REPEAT:
                self._take(start, end, 0, "repeats")
            start = max(end, start + 1)
        self.worth = [1 if worth is None else worth for worth in self.worth]

    def _is_free(self, start: int, end: int) -> bool:
        return all(worth is None for worth in self.worth[start:end])

    def _take(self, start: int, end: int, worth: int, cause: str) -> None:
        for place in range(start, end):
            self.worth[place] = worth if place == start else 0
        if cause not in self.causes:
            self.causes.append(cause)


def drawn_as(text: str) -> str:
    """`text` without case, marks and signs, look-alikes and leet as one letter."""
    return "".join(filter(str.isalnum, map(_drawn, unicodedata.normalize("NFC", text))))


def _drawn(character: str) -> str:
    """One letter for all that is written for it; empty for a mark on its own."""
    return plain_letters(character).translate(_LEET)[:1]


@cache
def _common() -> frozenset[str]:
    words = (word for word in CommonPasswordValidator().passwords if not word.isdecimal())
    return frozenset(drawn for word in words if len(drawn := drawn_as(word)) >= MIN_COMMON_WORD)
