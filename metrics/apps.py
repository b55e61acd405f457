from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MetricsConfig(AppConfig):
    """The numbers: what each means and where it comes from."""

    name = "metrics"
    verbose_name = _("Numbers")
    default_auto_field = "django.db.models.BigAutoField"
