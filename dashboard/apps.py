from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    """What each person sees first."""

    name = "dashboard"
    verbose_name = _("Home")
    default_auto_field = "django.db.models.BigAutoField"
