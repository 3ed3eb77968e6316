"""Answers whose length nobody knows before their end: files that are made row by row.

They are made whole before their first byte is sent, in a file without a name, so that memory is bounded however large
they are and however slowly somebody takes them (granian's stream has no such bound), and so that a row that fails
gives an error in place of half of a file.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable
from typing import IO, Any, Final

# Beyond it, a file.
MAX_BYTES_IN_MEMORY: Final = 1024 * 1024
# The server opens the file by itself within this time, and then holds it.
OPENED_WITHIN_SECONDS: Final = 30.0


def send(
    answer: Iterable[bytes],
    status: int,
    headers: list[tuple[str, str]],
    protocol: Any,
    loop: asyncio.AbstractEventLoop,
) -> None:
    """From a thread. Raises what `answer` raises, before anything is sent."""
    file = tempfile.SpooledTemporaryFile(MAX_BYTES_IN_MEMORY)  # noqa: SIM115 (it may outlive this function)
    departure = asyncio.run_coroutine_threadsafe(_gone(protocol), loop)
    try:
        for chunk in answer:
            if departure.done():
                file.close()
                return
            file.write(chunk)
        size = file.tell()
        headers = [*headers, ("content-length", str(size))]
        if size <= MAX_BYTES_IN_MEMORY:
            file.seek(0)
            protocol.response_bytes(status, headers, file.read())
            file.close()
            return
        file.flush()
        # This file and no other, though it has no name: through the descriptor, for as long as that is open.
        protocol.response_file(status, headers, f"/proc/self/fd/{file.fileno()}")
        loop.call_soon_threadsafe(loop.call_later, OPENED_WITHIN_SECONDS, _close, file)
    except BaseException:
        file.close()
        raise
    finally:
        departure.cancel()


async def _gone(protocol: Any) -> None:
    await protocol.client_disconnect()


def _close(file: IO[bytes]) -> None:
    file.close()
