"""The stock admin, on finobs's own site class."""

from django.contrib.admin.apps import AdminConfig


class FinobsAdminConfig(AdminConfig):
    default_site = "finobs.core.admin_site.FinobsAdminSite"
