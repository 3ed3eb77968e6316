from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "finobs.demo"
    label = "demo"
    verbose_name = "Demonstration"
