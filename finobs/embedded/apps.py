from django.apps import AppConfig


class EmbeddedConfig(AppConfig):
    name = "finobs.embedded"
    label = "embedded"
    verbose_name = "Embedded mode"
