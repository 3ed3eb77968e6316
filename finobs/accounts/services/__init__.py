"""Every write to people, roles, passwords, sessions, tokens and org units."""

from .grant_rules import grant_data, refuse_own_grant
from .locking import lock_principal
from .passwords import password_change, password_reset_issue, password_set
from .roles import role_assign
from .sessions import session_end, session_expire, session_open, sessions_end, sign_in, sign_in_failed, sign_out
from .tokens import token_create, token_revoke
from .unit_grants import unit_grant, unit_revoke
from .units import require_no_gain, require_open, unit_change, unit_create, unit_deactivate, unit_reactivate
from .users import profile_change, user_change, user_create, user_deactivate, user_reactivate

__all__ = [
    "grant_data",
    "lock_principal",
    "password_change",
    "password_reset_issue",
    "password_set",
    "profile_change",
    "refuse_own_grant",
    "require_no_gain",
    "require_open",
    "role_assign",
    "session_end",
    "session_expire",
    "session_open",
    "sessions_end",
    "sign_in",
    "sign_in_failed",
    "sign_out",
    "token_create",
    "token_revoke",
    "unit_change",
    "unit_create",
    "unit_deactivate",
    "unit_grant",
    "unit_reactivate",
    "unit_revoke",
    "user_change",
    "user_create",
    "user_deactivate",
    "user_reactivate",
]  # fmt: skip
