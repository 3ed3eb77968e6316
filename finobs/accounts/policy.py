"""Who may do what to people and tokens."""

from finobs.core.access import AccessRule
from finobs.core.access import register as say


def register() -> None:
    from django.contrib.auth.models import Group

    from .models import ApiToken, Session, User

    say(
        User,
        view=AccessRule("user:list"),
        create=AccessRule("user:create"),
        change=AccessRule("user:update"),
        deactivate=AccessRule("user:delete"),
        reset_password=AccessRule("user:update"),
        assign_role=AccessRule("user:role_assign"),
    )
    # A token hands out its owner's power, as a role does.
    say(ApiToken, view=AccessRule("user:list"), create=AccessRule("user:role_assign"), revoke=AccessRule("user:update"))
    say(Session, view=AccessRule("user:update"), end=AccessRule("user:update"))
    say(Group, view=AccessRule("user:list"))
