"""The name of a file, as it is kept with what came in by it, and sealed."""

from __future__ import annotations

from typing import Final

from finobs.core.errors import Invalid
from finobs.core.text import DeceptiveText, clean

MAX_FILE_NAME_LENGTH: Final = 255


def plain_file_name(name: str) -> str:
    """`name` in its one form (`core.text`). Raises Invalid for one that deceives, has several lines, or is no text."""
    try:
        # The one form makes a line break a blank: a name with one is meant to be read as something else.
        if "\n" in name or "\r" in name:
            raise DeceptiveText("has a line break")
        return clean(name)[:MAX_FILE_NAME_LENGTH]
    except DeceptiveText as error:
        raise Invalid(fields={"file": [f"The name of the file {error}. Rename the file."]}) from None
