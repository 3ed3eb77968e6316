"""In which encoding the text of a file is: as its first bytes or somebody says it; never guessed from words."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

from finobs.core.errors import Invalid

# The longest first: the mark of UTF-32 begins as that of UTF-16.
BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
# Those in which a line break is one byte of its own, so that lines can be told before they are decoded.
WIDE: Final = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
# What a file that is not UTF-8 most often is: what Windows writes in western Europe and the Americas.
LIKELY_OTHER: Final = "cp1252"
NAMES: Final = {"cp1252": "windows-1252", "iso8859-1": "iso-8859-1", "ascii": "us-ascii"}
MIN_ZERO_SHARE: Final = 0.4
# Lines, columns and quotes are told by these bytes before a text is decoded. The last are escapes of utf-7, of hz and
# of Python, which would read other letters there than the bytes say.
ASCII_SAMPLE: Final = 'az09,;|\t"=.-\r\n+AGE-~~\\u0041'


@dataclass(frozen=True, slots=True)
class Encoding:
    """codec: as Python knows it. mark: how many bytes of byte order mark stand before the text."""

    codec: str
    mark: int = 0

    @property
    def name(self) -> str:
        return NAMES.get(self.codec, self.codec)

    @property
    def is_wide(self) -> bool:
        return self.codec in WIDE


def encoding_of(head: bytes, name: str = "") -> Encoding:
    """The encoding of a file that begins with `head`. `name`: as somebody names it; a mark in the file must agree.

    Raises Invalid for a name that is no encoding of text, or that the file contradicts.
    """
    marked = next((Encoding(codec, len(mark)) for mark, codec in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    if not name:
        return marked or Encoding(_wide_codec(head) or "utf-8")
    codec = _codec(name)
    if marked is None:
        return Encoding({"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(codec, codec))
    if not marked.codec.startswith(codec):
        raise Invalid(f"The file begins with the mark of {marked.name}, and the encoding is said to be {name}.")
    return marked


def text_if_other(raw: bytes) -> str:
    """What bytes that are not UTF-8 read as in the encoding that they most often are; "" if they are no text there."""
    try:
        text = raw.decode(LIKELY_OTHER)
    except UnicodeDecodeError:
        return ""
    return text if all(each.isprintable() or each in "\r\n\t" for each in text) else ""


def _codec(name: str) -> str:
    try:
        # With its mark or without, UTF-8 is one.
        codec = codecs.lookup(name.strip()).name.removesuffix("-sig")
        is_wide, sample = codec.startswith(("utf-16", "utf-32")), ASCII_SAMPLE.encode()
        is_readable = is_wide or sample == ASCII_SAMPLE.encode(codec) == sample.decode(codec, "replace").encode()
    except (LookupError, UnicodeError, ValueError):
        is_readable = False
    if not is_readable:
        raise Invalid(f"There is no encoding {name[:40]!r}. Among those that there are: utf-8, windows-1252, utf-16.")
    return codec


def _wide_codec(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of western text is zero."""
    if len(head) < 4 or len(head) % 2:
        head = head[: len(head) // 2 * 2]
    if not head:
        return ""
    low, high = head[::2].count(0) / (len(head) // 2), head[1::2].count(0) / (len(head) // 2)
    if high > MIN_ZERO_SHARE and low == 0:
        return "utf-16-le"
    return "utf-16-be" if low > MIN_ZERO_SHARE and high == 0 else ""
