"""Lines of a file as bytes in which ASCII is ASCII, with their numbers; some can be put back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from io import BufferedReader, RawIOBase, TextIOWrapper
from typing import Any, BinaryIO, Final

from finobs.core.errors import Invalid

from .encoding import Encoding

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
BLOCK_BYTES: Final = 1 << 20


class Lines:
    """Of a wide encoding (UTF-16, UTF-32) lines are handed out in UTF-8; all else as it stands in the file.

    number: of the line that was handed out last, from 1.
    """

    def __init__(self, stream: BinaryIO, encoding: Encoding) -> None:
        stream.seek(0)
        self.encoding, self.number, self.back = encoding, 0, deque[bytes]()
        self.codec = "utf-8" if encoding.is_wide else encoding.codec
        self._read = _wide_lines(stream, encoding) if encoding.is_wide else _plain_lines(stream, encoding)

    def next(self) -> bytes:
        """The next line with its end; nothing at the end of the file. Raises Invalid for one beyond any row."""
        line = self.back.popleft() if self.back else self._read()
        self.number += bool(line)
        if len(line) >= MAX_LINE_BYTES:
            raise Invalid(f"Line {self.number:,} is longer than {MAX_LINE_BYTES:,} bytes: this is no CSV file.")
        return line

    def put_back(self, lines: list[bytes]) -> None:
        self.back.extendleft(reversed(lines))
        self.number -= len(lines)

    def original(self, line: bytes) -> bytes:
        """A line, or several, as they stand in the file."""
        if not self.encoding.is_wide:
            return line
        return line.decode("utf-8", "surrogatepass").encode(self.encoding.codec, "surrogatepass")


def line_count(stream: BinaryIO) -> int:
    """How many lines there are about, whatever ends them."""
    stream.seek(0)
    feeds, returns, last = 0, 0, b"\n"
    while block := stream.read(BLOCK_BYTES):
        feeds += block.count(b"\n")
        returns += block.count(b"\r")
        last = block
    stream.seek(0)
    return (feeds or returns) + (not last.rstrip(b"\x00").endswith((b"\n", b"\r")))


def _plain_lines(stream: BinaryIO, encoding: Encoding) -> Callable[[], bytes]:
    first = stream.readline(MAX_LINE_BYTES)
    stream.seek(encoding.mark)
    # Old Macs, and some programs to this day, end lines with a carriage return alone.
    if _ends_with_returns(first):
        returned = _returned_lines(stream)
        return lambda: next(returned, b"")
    return lambda: stream.readline(MAX_LINE_BYTES)


def _ends_with_returns(first: bytes) -> bool:
    inside = first.rstrip(b"\r\n")
    place = inside.find(b"\r")
    return (place >= 0 and inside[:place].count(b'"') % 2 == 0) or (first.endswith(b"\r") and b"\n" not in first)


def _returned_lines(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while block := stream.read(BLOCK_BYTES):
        *lines, rest = (rest + block).split(b"\r")
        for line in lines:
            yield line + b"\r"
        if len(rest) >= MAX_LINE_BYTES:
            break
    if rest:
        yield rest


class _Borrowed(RawIOBase):
    """A stream that stays open for its owner when whoever reads it here is done."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self.stream.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _wide_lines(stream: BinaryIO, encoding: Encoding) -> Callable[[], bytes]:
    stream.seek(encoding.mark)
    # Half a character costs its own line: it stays half in UTF-8, which then cannot be read.
    text = TextIOWrapper(BufferedReader(_Borrowed(stream)), encoding.codec, errors="surrogatepass", newline="")

    def read() -> bytes:
        try:
            return text.readline(MAX_LINE_BYTES).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise Invalid(f"The file is not {encoding.name} to its end: {error.reason}.") from None

    return read
