from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from approvals import registry
        from detection import hooks

        from . import closing, policy, selectors
        from .services import gather

        policy.register()
        registry.register(closing.action())
        hooks.register_gatherer(gather)
        hooks.register_locator(selectors.place_of_alert)
