from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "finobs.accounts"
    label = "accounts"
    verbose_name = "People and roles"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from . import policy, roles

        policy.register()
        post_migrate.connect(roles.after_migrate, sender=self)
