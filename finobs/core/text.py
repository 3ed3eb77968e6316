"""Text that people and feeds write, in one form, so that what looks alike is alike.

Every text that is compared, searched or shown beside a decision passes `clean`: names, reasons and notes of people;
ids, codes and memos of feeds. It refuses what cannot be seen and tidies what can:

- refused, by the character's name: format characters (zero-width, bidirectional marks, soft hyphen, tags), control
  characters, private-use characters, half surrogate pairs, noncharacters, and letters that are drawn as nothing.
  Nothing is cut out of a text silently: two ids that differ by such a character may be two ids at their source, and
  whoever wrote a reason full of them shall hear of it. Line breaks and tabs pass where a text has several lines.
- tidied: Unicode normalisation form C; variation selectors (they choose the drawing of an emoji and nothing else) are
  dropped; every kind of blank is a space. Blanks around the text go. In one line a run of blanks is one space; in
  several lines, where layout is the writer's, runs stay, and a line ends with "\\n".

>>> clean("  Zoe\\u0308  Ash ")
'Zoë Ash'
>>> clean("A\\u200b1")
Traceback (most recent call last):
finobs.core.text.DeceptiveText: holds U+200B ZERO WIDTH SPACE, which cannot be seen (character 2)
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Variation selectors; the last are those of ideographs.
_VARIATION: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Drawn as nothing, though letters, marks and symbols by their category: the rest of Default_Ignorable_Code_Point
# (DerivedCoreProperties of Unicode), the blank of braille, and a note without a head.
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U0001d159\U000e0000-\U000e0fff"
    # Joiners, fillers and controls of scripts, some younger than the Unicode that Python knows: by their ranges.
    "\u2d7f\U00013430-\U0001345f\U00016fe4\U0001bc9d\U0001bca0-\U0001bcaf\U0001d173-\U0001d17a]"
)
_LINE_ENDS: Final = re.compile("\r\n?|[\u2028\u2029]")
_BLANK: Final = re.compile("[^\\S\n\t]")
_KINDS: Final = {"Cc": "control character", "Co": "private-use character", "Cs": "half of a surrogate pair"}


class DeceptiveText(ValueError):
    """The text holds what cannot be seen. The message continues the name of the field: "holds U+200B ..."."""


def clean(text: str, *, multiline: bool = False) -> str:
    """`text` in its one form. `multiline`: line breaks and tabs are part of it. Raises DeceptiveText."""
    # The common case at a tenth of the time: a file has ten such texts in each row.
    if text.isascii() and text.isprintable():
        return (text if multiline or "  " not in text else " ".join(text.split())).strip()
    text = _VARIATION.sub("", text.strip())
    if multiline:
        text = _LINE_ENDS.sub("\n", text)
    for place, character in enumerate(text, 1):
        if not (character.isprintable() or (multiline and character in "\n\t")) or _UNSEEN.match(character):
            _check(character, place)
    text = unicodedata.normalize("NFC", text)
    return (_BLANK.sub(" ", text) if multiline else " ".join(text.split())).strip()


def visible(text: str) -> str:
    """What a file or a caller says, for a terminal: each character that is not drawn by its code, lines as they are.

    >>> visible("\\x1b[31mred")
    '<U+001B>[31mred'
    """
    if text.isascii() and text.isprintable():
        return text
    drawn = (each == "\n" or (each.isprintable() and not _UNSEEN.match(each)) for each in text)
    return "".join(each if is_drawn else f"<U+{ord(each):04X}>" for each, is_drawn in zip(text, drawn, strict=True))


def _check(character: str, place: int) -> None:
    """Raise DeceptiveText, unless `character` is a blank, or a letter of a later Unicode than Python knows."""
    category, number = unicodedata.category(character), ord(character)
    is_noncharacter = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF
    if category == "Zs" or (category == "Cn" and not is_noncharacter and not _UNSEEN.match(character)):
        return
    name = unicodedata.name(character, _KINDS.get(category, "no character of Unicode"))
    unseen = "" if category in _KINDS else ", which cannot be seen"
    raise DeceptiveText(f"holds U+{number:04X} {name}{unseen} (character {place})")
