"""Who may do what to people and tokens."""

from finobs.core import access
from finobs.core.access import AccessRule
from finobs.core.units import register_unit

# Whatever somebody may do in a unit, they see that it is there, and what was done there.
UNIT_GRANTS = ("view", "work", "lead", "read_data")


def register() -> None:
    from django.contrib.auth.models import Group

    from .models import ApiToken, OrgUnit, UnitAncestor, User, UserSession
    from .org_units import ROOT_ID

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
    access.register_tree(OrgUnit, closure=UnitAncestor, root=ROOT_ID)
    access.register(
        OrgUnit,
        # What a unit is called is no secret of it; but another entity's desks and books are nobody's business.
        view=AccessRule("transaction:read", UNIT_GRANTS),
        list=AccessRule("system:config"),
        create=AccessRule("system:config"),
        change=AccessRule("system:config"),
        grant=AccessRule("user:role_assign"),
    )
    register_unit(OrgUnit, "id")
