"""When two names look alike, and what a person may call themselves: an analyst must not sign as her lead.

A table of look-alikes is never complete, so a person's own choice is narrow by its structure: letters of one script
that is in everyday use, as its orthography writes them. Whoever is called otherwise is given their name by an
administrator, who knows them. What remains to look alike within one script, or across two whole ones, is folded by
`name_key`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from django.db import models

MAX_NAME_KEY_LENGTH: Final = 120

# The scripts that Unicode recommends for identifiers (UAX 31, table 5), by the first word of their letters' names. Rare
# ones are drawn like Latin in whole names (Lisu, Cherokee, Coptic).
SCRIPTS: Final = frozenset(
    {
        "ARABIC", "ARMENIAN", "BENGALI", "CYRILLIC", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GREEK", "GUJARATI",
        "GURMUKHI", "HEBREW", "KANNADA", "KHMER", "LAO", "LATIN", "MALAYALAM", "MYANMAR", "ORIYA", "SINHALA", "TAMIL",
        "TELUGU", "THAANA", "THAI", "TIBETAN", "CJK",
    }
)  # fmt: skip
# Scripts of one writing: Japanese and Korean names mix them.
_EAST_ASIA: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"})
# Modifier letters that names are spelled with, beside their script's own.
_LENGTH_AND_REPEAT: Final = "ー々"
SIGNS_IN_NAMES: Final = " '’-‐.·"
# Nobody is called so: these are finobs, its roles, and those who run it.
RESERVED_WORDS: Final = (
    "system", "finobs", "operator", "admin", "administrator", "administration", "root", "superuser", "support",
    "compliance", "analyst", "viewer", "auditor", "feed",
)  # fmt: skip

# "LATIN LETTER SMALL CAPITAL B", "LATIN SMALL LETTER L WITH STROKE", "LATIN SMALL LETTER OPEN E": the letter is in it.
_LATIN_LETTER: Final = re.compile(r"LATIN (?:(?:CAPITAL|SMALL) )?LETTER (?:[A-Z]+ )*?([A-Z])(?: WITH .*)?")
_LATIN_ORTHOGRAPHY: Final = re.compile(r"LATIN (?:CAPITAL|SMALL) LETTER ")
# What is drawn like a Latin letter, as it is written and not in its other case: Greek Ν is an N, ν a v.
_LOOKALIKES: Final = {
    "a": "аαΑ4@ɑ", "b": "вβΒьВЬ8", "c": "сϲςСϹҫ", "d": "ԁԀðđ", "e": "еєεΕЕЄ3зЗҽəɛΣ", "f": "ғҒք", "g": "ցԍ9",
    "h": "һнΗНҺհիћђ", "i": "іιΙІɩւ", "j": "јЈϳͿյ", "k": "кκΚКĸқҝ", "l": "1|!ӏӀլԼǀ", "m": "мΜМ", "n": "пηΝПπŋոռղ",
    "o": "оοΟО0օՕσθөӨѳѲ",
    "p": "рρΡРþƿ", "q": "ԛԚզ", "r": "гΓГ", "s": "ѕЅ5$Տ", "t": "тτΤТ7ե", "u": "υսՍμʊиИ", "v": "νѵѴ", "w": "ԝωԜшШա",
    "x": "хχΧХҳҲ", "y": "уγΥУүҮұҰɣ", "z": "ΖζƷʒ",
}  # fmt: skip
_TO_LATIN: Final = str.maketrans({other: letter for letter, others in _LOOKALIKES.items() for other in others})


def name_key(name: str) -> str:
    """`name` as the eye takes it: without case, marks, blanks and signs, look-alikes as one.

    >>> name_key("Leo Brandt") == name_key("LEÓ  BRANDT.") == name_key("Le\\u043e Br\\u0251ndt")
    True
    """
    text = plain_letters(name)
    # Pairs and strokes that are drawn as one: an i without its dot, an l and a 1.
    text = text.replace("rn", "m").replace("vv", "w").replace("cl", "d").replace("i", "l")
    return "".join(character for character in text if _is_of_key(character))[:MAX_NAME_KEY_LENGTH]


def plain_letters(text: str) -> str:
    """`text`, a character or more, in small Latin letters without marks where it is drawn like them."""
    text = _without_marks(_without_marks(text).translate(_TO_LATIN).casefold())
    return "".join(map(_latin, text)).translate(_TO_LATIN)


def name_keys(name: str) -> frozenset[str]:
    """The keys of `name` and of all whole words within it that follow each other, in any case and either order."""
    spellings = {name, name.lower(), name.upper(), name.title()}
    return frozenset(key for spelling in spellings for part in _parts(spelling) if (key := name_key(part)))


def is_reserved(name: str) -> bool:
    return not _reserved_keys().isdisjoint(name_keys(name))


def why_not_own_name(name: str) -> str:
    """Why a person may not give themselves `name`, in words; empty when nothing in its characters is wrong."""
    scripts, before = set(), ""
    for character in name:
        category = unicodedata.category(character)
        if category in ("Mn", "Mc"):
            if not _is_mark_of(character, before):
                return f"The mark U+{ord(character):04X} does not belong to the letter before it. {_WAY_OUT}"
            continue
        before = character
        if character in SIGNS_IN_NAMES:
            continue
        if not _is_name_letter(character, category):
            return f"A name has letters, blanks, hyphens, apostrophes and full stops, not “{character}”. {_WAY_OUT}"
        scripts.add(_script(character))
    if not scripts:
        return "A name has letters."
    if len(scripts) > 1:
        return f"This mixes letters of {' and '.join(sorted(map(str.title, scripts)))}. {_WAY_OUT}"
    rare = scripts - SCRIPTS
    return f"Letters of {rare.pop().title()} are easily mistaken for others. {_WAY_OUT}" if rare else ""


_WAY_OUT: Final = "An administrator can give you another name."


class NameKeyField(models.CharField):  # type: ignore[type-arg]
    """The key of the row's `name`, written whenever the row is. Not unique: administrators give one name to two."""

    def __init__(self, **kwargs: Any) -> None:
        defaults = {
            "max_length": MAX_NAME_KEY_LENGTH,
            "editable": False,
            "blank": True,
            "default": "",
            "db_index": True,
        }
        super().__init__(**{**defaults, **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = name_key(model_instance.name)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key


def _parts(name: str) -> Iterator[str]:
    words = [word for word in re.split(r"[\W_]+", name) if word]
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            yield "".join(words[start:end])
            yield "".join(reversed(words[start:end]))


def _without_marks(text: str) -> str:
    return "".join(
        c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] != "M" or not _is_thin(c)
    )


def _is_thin(mark: str) -> bool:
    """A mark on another letter; vowel signs of Indic scripts are letters for the eye."""
    return unicodedata.category(mark) != "Mc" and (
        unicodedata.name(mark, "").startswith("COMBINING ")
        or unicodedata.combining(mark) > 0
        or _script(mark) not in SCRIPTS
    )


def _is_of_key(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LNM" and (category != "Lm" or character in _LENGTH_AND_REPEAT)


@lru_cache(maxsize=4096)
def _latin(character: str) -> str:
    """The plain letter that a Latin letter is a form of; any other character as it is."""
    if character.isascii():
        return character
    match = _LATIN_LETTER.fullmatch(unicodedata.name(character, ""))
    return match[1].lower() if match else character


def _is_name_letter(character: str, category: str) -> bool:
    if character in _LENGTH_AND_REPEAT:
        return True
    # Compatibility forms (full-width, mathematical) are drawings of other letters.
    if category not in ("Lu", "Ll", "Lt", "Lo") or unicodedata.normalize("NFKC", character) != character:
        return False
    # Letters of phonetics (small capitals, clicks) stand in nobody's papers.
    is_latin = _script(character) == "LATIN"
    return not is_latin or (category != "Lo" and bool(_LATIN_ORTHOGRAPHY.match(unicodedata.name(character, ""))))


def _is_mark_of(mark: str, letter: str) -> bool:
    if not letter or unicodedata.category(letter)[0] != "L":
        return False
    script = _script(mark)
    return script == "COMBINING" or script == _script(letter)


def _script(character: str) -> str:
    """The first word of the character's name, one word for all scripts of East Asia."""
    word = re.match(r"[A-Z]*", unicodedata.name(character, ""))
    script = word[0] if word else ""
    return "CJK" if script in _EAST_ASIA else script


@lru_cache(maxsize=1)
def _reserved_keys() -> frozenset[str]:
    return frozenset(map(name_key, RESERVED_WORDS))
