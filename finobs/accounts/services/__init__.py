"""Every write to people, roles, passwords, sessions and tokens."""

from .locking import lock_principal
from .passwords import password_change, password_reset_issue, password_set
from .roles import role_assign
from .sessions import session_end, session_expire, session_open, sessions_end, sign_in, sign_in_failed, sign_out
from .tokens import token_create, token_revoke
from .users import profile_change, user_change, user_create, user_deactivate, user_reactivate

__all__ = [
    "lock_principal", "password_change", "password_reset_issue", "password_set", "profile_change", "role_assign",
    "session_end", "session_expire", "session_open", "sessions_end", "sign_in", "sign_in_failed", "sign_out",
    "token_create", "token_revoke", "user_change", "user_create", "user_deactivate", "user_reactivate",
]  # fmt: skip
