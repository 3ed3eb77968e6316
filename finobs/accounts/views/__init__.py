"""Pages of one's own account: sign-in, second factor, sessions, tokens, password. And the tree of org units."""

from .account import (
    password_change,
    profile,
    session_end,
    session_list,
    sessions_end,
    token_create,
    token_list,
    token_revoke,
)
from .login import password_set, sign_in, sign_out
from .units import unit_list

__all__ = [
    "password_change", "password_set", "profile", "session_end", "session_list", "sessions_end", "sign_in",
    "sign_out", "token_create", "token_list", "token_revoke", "unit_list",
]  # fmt: skip
