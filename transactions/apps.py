from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "transactions"

    def ready(self) -> None:
        from finobs.accounts import token_sources, unit_contents
        from finobs.core import clock
        from finobs.core.schedule import ScheduledTask, register

        from . import policy, queries, selectors
        from .navigation import register_entries
        from .record_kinds import register_kinds

        policy.register()
        register_kinds()
        register_entries()
        token_sources.register(selectors.sources_for_tokens)
        unit_contents.register("sources", queries.sources_in, queries.active_sources_in)
        unit_contents.register("accounts", queries.accounts_in, queries.none_in)
        for words, task, every in (
            ("expect deliveries, and say which are late", "deliveries_check", clock.MINUTE),
            ("empty rows in quarantine that nobody could read", "quarantine_expire", clock.DAY),
        ):
            register(ScheduledTask(words, f"transactions.tasks.{task}", every))
