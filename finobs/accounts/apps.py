from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "finobs.accounts"
    label = "accounts"
    verbose_name = "People and roles"

    def ready(self) -> None:
        from axes.models import AccessAttempt
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import post_migrate, pre_save

        from finobs.core import authority
        from finobs.core.navigation import ACCOUNT_MENU, DATA, NavigationEntry, register

        from . import backends, login, models, policy, standing, throttling, upgrade
        from .services import operator

        policy.register()
        models.UserManager.superuser_service = staticmethod(operator.superuser_add)
        authority.install(standing.Standing())
        register(
            NavigationEntry("accounts:unit-list", "Org units", "hierarchy", "transaction:read", DATA, 50, go="n"),
            NavigationEntry("accounts:profile", "Profile", "user-circle", group=ACCOUNT_MENU, order=10),
            NavigationEntry("accounts:token-list", "API tokens", "key", group=ACCOUNT_MENU, order=20),
            NavigationEntry("accounts:session-list", "Sessions", "devices", group=ACCOUNT_MENU, order=30),
            NavigationEntry("accounts:password-change", "Change password", "lock", group=ACCOUNT_MENU, order=40),
        )
        post_migrate.connect(backends.clear_permission_cache)
        post_migrate.connect(upgrade.after_migrate, sender=self)
        user_logged_in.connect(login.session_start, dispatch_uid="finobs.accounts.register")
        pre_save.connect(throttling.forget_typed, sender=AccessAttempt, dispatch_uid="finobs.accounts.attempts")
