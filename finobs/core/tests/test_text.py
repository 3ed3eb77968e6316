"""One form of text: every code point of Unicode is either seen, tidied or refused by its name."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finobs.core.text import DeceptiveText, clean

CODE_POINTS = [chr(number) for number in range(sys.maxunicode + 1)]
VARIATION_SELECTORS = {*map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0))}
# Letters, marks and symbols that are drawn as nothing (Default_Ignorable_Code_Point beside Cf, and two more).
UNSEEN = {
    *"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\U0001d159\u2d7f\U00016fe4\U0001bc9d"
}
# Of scripts that Python's Unicode does not know whole.
UNSEEN_RANGES = [range(0x13430, 0x13460), range(0x1BCA0, 0x1BCB0), range(0xE0000, 0xE0100), range(0xFFF0, 0xFFF9)]


def refused(text: str, *, multiline: bool = False) -> str:
    with pytest.raises(DeceptiveText) as caught:
        clean(text, multiline=multiline)
    return str(caught.value)


def outcome(character: str, *, multiline: bool) -> str | None:
    try:
        return clean(f"a{character}b", multiline=multiline)
    except DeceptiveText:
        return None


@pytest.mark.parametrize("multiline", [False, True])
def test_every_character_that_cannot_be_seen_is_refused_or_is_a_blank(multiline: bool) -> None:
    passing = {"\n", "\t", "\r", "\u2028", "\u2029"} if multiline else set()
    left = []
    for character in CODE_POINTS:
        if character in VARIATION_SELECTORS | passing:
            continue
        is_hidden = unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"} or character in UNSEEN
        if is_hidden != (outcome(character, multiline=multiline) is None) and unicodedata.category(character) != "Cn":
            left.append(f"U+{ord(character):04X}")
    assert left == []


def test_every_blank_is_a_space_and_every_variation_selector_is_nothing() -> None:
    blanks = [each for each in CODE_POINTS if unicodedata.category(each) == "Zs"]
    assert len(blanks) > 10
    assert {outcome(each, multiline=many) for each in blanks for many in (False, True)} == {"a b"}
    assert {outcome(each, multiline=many) for each in VARIATION_SELECTORS for many in (False, True)} == {"ab"}


@pytest.mark.parametrize("character", ["\ufffe", "\U0010ffff", "\ufdd0", "\u2065", "\U000e0080"])
def test_what_is_no_character_is_refused(character: str) -> None:
    assert "no character of Unicode" in refused(f"a{character}")


def test_controls_of_later_versions_of_unicode_are_refused_by_their_range() -> None:
    taken = [
        number
        for each in UNSEEN_RANGES
        for number in each
        if outcome(chr(number), multiline=True) == f"a{chr(number)}b"
    ]
    assert [hex(number) for number in taken] == []


def test_a_letter_of_a_later_unicode_is_left_as_it_is() -> None:
    assert clean("a\u0378") == "a\u0378"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A\u200b1", "holds U+200B ZERO WIDTH SPACE, which cannot be seen (character 2)"),
        ("\u202eab", "holds U+202E RIGHT-TO-LEFT OVERRIDE, which cannot be seen (character 1)"),
        ("ab\ufeff", "holds U+FEFF ZERO WIDTH NO-BREAK SPACE, which cannot be seen (character 3)"),
        ("\u3164" * 12, "holds U+3164 HANGUL FILLER, which cannot be seen (character 1)"),
        ("a\x00", "holds U+0000 control character (character 2)"),
        ("a\nb", "holds U+000A control character (character 2)"),
        ("a\ue000", "holds U+E000 private-use character (character 2)"),
        ("a\ud800", "holds U+D800 half of a surrogate pair (character 2)"),
    ],
)
def test_a_refusal_names_the_character_and_its_place(text: str, words: str) -> None:
    assert refused(text) == words


def test_what_looks_alike_is_alike() -> None:
    forms = ["Zoë Ash", "Zoe\u0308 Ash", " Zoë\u00a0Ash\u3000", "Zoë   Ash", "\tZoë \u2009 Ash\n"]
    assert {clean(form) for form in forms} == {"Zoë Ash"}


def test_a_text_of_several_lines_keeps_its_layout() -> None:
    text = "\n one\r\n\ttwo  three\rfour\u2028five\u00a0six \n"
    assert clean(text, multiline=True) == "one\n\ttwo  three\nfour\nfive six"
    assert "U+000B" in refused("a\x0bb", multiline=True)


@given(st.text(), st.booleans())
def test_a_clean_text_is_clean_again(text: str, multiline: bool) -> None:
    try:
        once = clean(text, multiline=multiline)
    except DeceptiveText as error:
        str(error).encode()
        return
    assert clean(once, multiline=multiline) == once
    assert once == once.strip()
    assert unicodedata.is_normalized("NFC", once)
