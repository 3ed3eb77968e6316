"""Who may do what to people and tokens."""

from finobs.core.access import Rule
from finobs.core.access import register as say


def register() -> None:
    from .models import ApiToken, User

    say(
        User,
        view=Rule("user:list"),
        create=Rule("user:create"),
        change=Rule("user:update"),
        deactivate=Rule("user:delete"),
        assign_role=Rule("user:role_assign"),
    )
    say(ApiToken, view=Rule("user:list"), create=Rule("user:update"), revoke=Rule("user:update"))
