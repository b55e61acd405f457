"""The company: its zone, money, year, week and holidays. One company per installation."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from lib.money import CURRENCIES

if TYPE_CHECKING:
    from reps.models.people import User


def valid_zone(name: str) -> None:
    """Refuse a name that is no IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(_("Choose a time zone from the list, such as Asia/Jakarta."))


class HolidayCalendarQuerySet(models.QuerySet["HolidayCalendar"]):
    """Words for reading calendars."""

    def visible_to(self, user: User) -> HolidayCalendarQuerySet:
        """Open to every signed-in colleague but finance (TRUST, holiday)."""
        return self.none() if not user.is_authenticated or user.is_finance else self

    def editable_by(self, user: User) -> HolidayCalendarQuerySet:
        """Admins write calendars."""
        return self if user.is_authenticated and user.is_admin else self.none()


class HolidayCalendar(models.Model):
    """A named list of days off; a company has one, and a team may have its own."""

    name = models.CharField(_("name"), max_length=80)
    source = models.CharField(_("source"), max_length=200, blank=True)

    objects = HolidayCalendarQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("name"), name="holiday_calendar_name_unique")]

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    """One day off in a calendar."""

    class Kind(models.TextChoices):
        PUBLIC = "public", _("Public holiday")
        JOINT_LEAVE = "joint_leave", _("Joint leave (cuti bersama)")
        COMPANY = "company", _("Company day off")

    calendar = models.ForeignKey(HolidayCalendar, on_delete=models.CASCADE, related_name="holidays")
    day_on = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.PUBLIC)

    class Meta:
        ordering = ["day_on", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["calendar", "day_on"], name="holiday_once_per_calendar_day")]

    def __str__(self) -> str:
        return f"{self.day_on} {self.name}"


class Company(models.Model):
    """The one company of this installation. `set_up_at` is empty until the first-run page has been filled."""

    name = models.CharField(_("company name"), max_length=120, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, default="Asia/Jakarta", validators=[valid_zone])
    currency = models.CharField(_("currency"), max_length=3, default="IDR", choices=[(code, code) for code in CURRENCIES])
    fiscal_start = models.PositiveSmallIntegerField(
        _("first month of the fiscal year"), default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    # Seven characters, Monday first: 1 works, 0 is free.
    working_days = models.CharField(_("working days"), max_length=7, default="1111100")
    opens_at = models.TimeField(_("working hours from"), default=time(9))
    closes_at = models.TimeField(_("working hours to"), default=time(17))
    calendar = models.ForeignKey(
        HolidayCalendar, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("holidays")
    )
    joint_leave_is_off = models.BooleanField(_("joint leave days are days off"), default=True)
    no_decision_is_lost = models.BooleanField(_("no decision counts as lost"), default=True)
    outline_across_teams = models.BooleanField(_("other teams' deals are seen in outline"), default=True)
    language = models.CharField(_("language"), max_length=5, default="en", choices=[("en", "English"), ("id", "Indonesia")])
    set_up_at = models.DateTimeField(null=True, blank=True)
    # Set by the first deal (a trigger on deals): from then on the currency stays what it is.
    currency_settled_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pk=1), name="company_is_one"),
            models.CheckConstraint(condition=Q(fiscal_start__range=(1, 12)), name="company_fiscal_start_is_a_month"),
            models.CheckConstraint(condition=Q(working_days__regex=r"^[01]{7}$"), name="company_working_days_shape"),
            models.CheckConstraint(condition=Q(opens_at__lt=F("closes_at")), name="company_opens_before_it_closes"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone that decides every total."""
        return ZoneInfo(self.time_zone)

    @classmethod
    def load(cls) -> Company:
        """The company; before the first-run page it exists with its defaults."""
        return cls.objects.select_related("calendar").get_or_create(pk=1)[0]
