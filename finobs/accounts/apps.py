from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "finobs.accounts"
    label = "accounts"
    verbose_name = "People and roles"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import post_migrate

        from . import backends, login, policy, roles

        policy.register()
        post_migrate.connect(backends.clear_permission_cache)
        post_migrate.connect(roles.after_migrate, sender=self)
        user_logged_in.connect(login.session_start, dispatch_uid="finobs.accounts.register")
