"""When two names look alike: an analyst must not sign herself as her lead."""

from __future__ import annotations

import unicodedata
from typing import Final

# Letters of other alphabets, digits and signs by the Latin letter that they are drawn like (of Unicode's confusables,
# those that keyboards write); folded, hence small letters only.
_LOOKALIKES: Final = {
    "a": "аα4@", "b": "вβ", "c": "сϲ", "d": "ԁ", "e": "еє3", "h": "һн", "i": "іїι", "j": "ј", "k": "кκ", "l": "1|!",
    "m": "м", "n": "пη", "o": "оο0", "p": "рρ", "r": "г", "s": "ѕ5$", "t": "тτ7", "u": "υ", "v": "ν", "w": "ԝω",
    "x": "хχ", "y": "уγ",
}  # fmt: skip
_TO_LATIN: Final = str.maketrans({other: letter for letter, others in _LOOKALIKES.items() for other in others})


def name_key(name: str) -> str:
    """`name` as the eye takes it: without case, marks, blanks and signs, look-alikes as one.

    >>> name_key("Leo Brandt") == name_key("LEÓ  BRANDT.") == name_key("Le\\u043e Brandt")
    True
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold()).translate(_TO_LATIN)
    # An i without its dot, an l and a 1 are one stroke.
    text = text.replace("\u0131", "l").replace("i", "l").replace("rn", "m").replace("vv", "w")
    return "".join(character for character in text if character.isalnum())
