"""Which keys stand beside each other, on the keyboards that people have, with shift and without."""

from __future__ import annotations

from typing import Final

# Rows from above, each key under the one of the same place or half a key to its right.
LAYOUTS: Final = (
    ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"),
    ("!@#$%^&*()_+", "qwertyuiop{}", 'asdfghjkl:"', "zxcvbnm<>?"),
    ("1234567890ß´", "qwertzuiopü+", "asdfghjklöä#", "yxcvbnm,.-"),
    ('!"§$%&/()=?`', "qwertzuiopü*", "asdfghjklöä'", "yxcvbnm;:_"),
    ("1234567890°+", "azertyuiop^$", "qsdfghjklmù*", "wxcvbn,;:!"),
    ("&é\"'(-è_çà)=", "azertyuiop^$", "qsdfghjklmù*", "wxcvbn,;:!"),
    ("1234567890-=", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю."),
    ('!"№;%:?*()_+', "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю,"),
)
KEYPAD: Final = ("789", "456", "123", "000")


def _pairs() -> frozenset[frozenset[str]]:
    steps = [(grid, step) for grid in LAYOUTS for step in ((0, 1), (1, 0), (1, -1))]
    steps += [(KEYPAD, step) for step in ((0, 1), (1, 0), (1, -1), (1, 1))]
    return frozenset(
        frozenset((key, grid[row + down][column + right]))
        for grid, (down, right) in steps
        for row, keys in enumerate(grid)
        for column, key in enumerate(keys)
        if row + down < len(grid) and 0 <= column + right < len(grid[row + down])
    )


_BESIDE: Final = _pairs()


def is_step(first: str, second: str) -> bool:
    """Are these two small characters one key, neighbours on a keyboard, or neighbours in an alphabet?"""
    if first == second or frozenset((first, second)) in _BESIDE:
        return True
    return first.isalnum() and second.isalnum() and abs(ord(first) - ord(second)) == 1
