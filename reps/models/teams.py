"""The team tree, which is the reporting tree, with dated leads and memberships."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from lib.versioned import Versioned, no_overlap
from reps.models.company import HolidayCalendar, valid_zone
from reps.models.people import Rep, User

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


class TeamQuerySet(models.QuerySet["Team"]):
    """Words for reading the tree."""

    def under(self, paths: Iterable[str]) -> TeamQuerySet:
        """Teams at or below any of these paths."""
        inside = Q(pk__in=[])
        for path in paths:
            inside |= Q(path__startswith=path)
        return self.filter(inside)

    def visible_to(self, user: User) -> TeamQuerySet:
        """The tree is open to every signed-in colleague (TRUST, org tree)."""
        return self if user.is_authenticated and user.is_active else self.none()

    def editable_by(self, user: User) -> TeamQuerySet:
        """Admins write teams."""
        return self.visible_to(user) if user.is_admin else self.none()

    def sorted_by_name(self) -> TeamQuerySet:
        """Annotates `sort_name` for pages in the order of names."""
        return self.annotate(sort_name=Lower("name"))

    def led_on(self, day: date) -> TeamQuerySet:
        """Annotates who leads on that day: `lead_id_now`, `lead_name` (None if nobody)."""
        current = Q(leads__superseded_at=None, leads__valid__contains=day)
        found = self.annotate(lead_now=FilteredRelation("leads", condition=current))
        return found.annotate(lead_id_now=F("lead_now__rep_id"), lead_name=F("lead_now__rep__name"))


class Team(models.Model):
    """A team; `path` lists the ids from the root, "/1/7/", and is kept by reps/org.py."""

    class Standing(models.TextChoices):
        SHARE = "share", _("The percentage of the target")
        BAND = "band", _("The band only")
        RANK = "rank", _("The rank only")

    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children", verbose_name=_("part of")
    )
    path = models.CharField(max_length=400, db_index=True, editable=False, default="")
    calendar = models.ForeignKey(
        HolidayCalendar, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("holidays")
    )
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True, validators=[valid_zone])
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    # What colleagues see of each other's attainment. Where one plan and one quota serve the team, a percentage is pay.
    standing = models.CharField(_("on boards colleagues see"), max_length=5, choices=Standing, default=Standing.BAND)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"), name="team_name_unique", violation_error_message=_("There is a team of this name already.")
            ),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="team_is_not_its_own_parent"),
        ]
        indexes: ClassVar = [models.Index(fields=["path"], name="team_path_prefix", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.name

    @property
    def depth(self) -> int:
        """0 at the root."""
        return max(self.path.count("/") - 2, 0)


class TeamMembership(Versioned):
    """Which team a rep belongs to on which days; without a date it has held since ever."""

    SUBJECT = ("rep",)
    rep = models.ForeignKey(Rep, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")

    class Meta:
        constraints: ClassVar = [no_overlap("one_team_at_a_time", "rep")]
        indexes: ClassVar = [models.Index(fields=["team"], condition=Q(superseded_at=None), name="membership_now_by_team")]

    def __str__(self) -> str:
        return f"{self.rep} in {self.team}"


class TeamLead(Versioned):
    """Who leads a team on which days; a person may lead several."""

    SUBJECT = ("team",)
    rep = models.ForeignKey(Rep, on_delete=models.PROTECT, related_name="leads")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="leads")

    class Meta:
        constraints: ClassVar = [no_overlap("one_lead_at_a_time", "team")]
        indexes: ClassVar = [models.Index(fields=["rep"], condition=Q(superseded_at=None), name="lead_now_by_rep")]

    def __str__(self) -> str:
        return f"{self.rep} leads {self.team}"
