"""Who may do what to people and tokens."""

from finobs.core import access
from finobs.core.access import AccessRule


def register() -> None:
    from django.contrib.auth.models import Group

    from .models import ApiToken, User, UserSession

    access.register(
        User,
        view=AccessRule("user:list"),
        create=AccessRule("user:create"),
        change=AccessRule("user:update"),
        deactivate=AccessRule("user:delete"),
        reset_password=AccessRule("user:update"),
        assign_role=AccessRule("user:role_assign"),
    )
    # A token hands out its owner's power, as a role does.
    access.register(
        ApiToken, view=AccessRule("user:list"), create=AccessRule("user:role_assign"), revoke=AccessRule("user:update")
    )
    access.register(UserSession, view=AccessRule("user:update"), end=AccessRule("user:update"))
    access.register(Group, view=AccessRule("user:list"))
