"""Who may do what to people and tokens."""

from finobs.core.access import Rule
from finobs.core.access import register as say


def register() -> None:
    from django.contrib.auth.models import Group

    from .models import ApiToken, Session, User

    say(
        User,
        view=Rule("user:list"),
        create=Rule("user:create"),
        change=Rule("user:update"),
        deactivate=Rule("user:delete"),
        reset_password=Rule("user:update"),
        assign_role=Rule("user:role_assign"),
    )
    # A token hands out its owner's power, as a role does.
    say(ApiToken, view=Rule("user:list"), create=Rule("user:role_assign"), revoke=Rule("user:update"))
    say(Session, view=Rule("user:update"), end=Rule("user:update"))
    say(Group, view=Rule("user:list"))
