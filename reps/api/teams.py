"""`/teams/`: the tree, and who leads."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lib import clock
from lib.api import lists, schema
from lib.api.answers import answer
from lib.api.fields import Day, Key, Ref, Strict, Text
from lib.api.lists import Listing, Order
from reps import org
from reps.api.base import ApiView, Shown, admins, all_but_finance, chosen, company_of, found_or_404, once
from reps.api.forms import checked
from reps.forms.teams import EditTeamForm, LeadForm, MoveTeamForm
from reps.gates import editable_or_denied
from reps.models import HolidayCalendar, Team

TAG = "teams"


class TeamOut(Shown):
    """A team; `lead` is who leads today. Without a calendar or zone of its own, that of the team above holds."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    parent = Ref(allow_null=True)
    lead = serializers.SerializerMethodField()
    calendar = Ref(allow_null=True)
    time_zone = serializers.CharField()
    closed_on = serializers.DateField(allow_null=True)

    @extend_schema_field(Ref(allow_null=True))
    def get_lead(self, row: Any) -> dict[str, Any] | None:
        """Who leads today."""
        return {"id": row.lead_id_now, "name": row.lead_name} if row.lead_id_now else None


class TeamIn(Strict):
    """A new team."""

    name = Text(max_length=80)
    parent = Key(allow_null=True, required=False)
    calendar = Key(allow_null=True, required=False)
    time_zone = Text(max_length=60, allow_blank=True, required=False)


class TeamChanges(TeamIn):
    """What may be changed of a team. Another `parent` moves it with all below it."""

    closed_on = Day(allow_null=True, required=False)


class TeamLeadIn(Strict):
    """From which day (since ever unless given) a rep, or with null nobody, leads."""

    rep = Key(allow_null=True)
    start = Day(allow_null=True, required=False)


TEAMS = Listing(
    orders={"name": Order("sort_name", nullable=False), "id": Order("id", int)},
    usual="name",
    filters={
        "q": lists.text(lambda rows, words: rows.filter(name__icontains=words), "Part of the name."),
        "parent": lists.number("parent", "Teams that are directly part of that one."),
        "open": lists.flag(lambda rows, so: rows.filter(closed_on__isnull=so), "Whether the team is not closed."),
    },
)


class TeamView(ApiView):
    """What all addresses of teams share."""

    def rows(self) -> Any:
        """The teams the caller sees, with who leads them today."""
        rows = Team.objects.visible_to(self.request.user).led_on(clock.today(company_of(self.request).zone))
        return rows.sorted_by_name().select_related("parent", "calendar")

    def one(self, pk: int, status: int = 200) -> HttpResponse:
        """The team as it is now."""
        return answer(self.given(TeamOut, found_or_404(self.rows(), pk)), status=status)


class Teams(TeamView):
    """All teams."""

    gates: ClassVar = {"GET": all_but_finance, "POST": admins}
    listing = TEAMS

    @schema.shows_list(TeamOut, TEAMS, TAG)
    def get(self, request: Any) -> HttpResponse:
        """List the teams."""
        return self.listed(self.rows(), TeamOut)

    @schema.creates(TeamIn, TeamOut, TAG)
    @once
    def post(self, request: Any) -> HttpResponse:
        """Make a team (admins)."""
        body = self.taken(TeamIn)
        made = org.create_team(
            name=checked(EditTeamForm(body, user=request.user, team=Team()))["name"], time_zone=body.get("time_zone", ""),
            parent=chosen(Team.objects.visible_to(request.user).filter(closed_on=None), body.get("parent"), "parent"),
            calendar=chosen(HolidayCalendar.objects.visible_to(request.user), body.get("calendar"), "calendar"), by=request.user,
        )  # fmt: skip
        return self.one(made.pk, 201)


class TeamDetail(TeamView):
    """One team."""

    gates: ClassVar = {"GET": all_but_finance, "PATCH": admins}

    @schema.shows(TeamOut, TAG)
    def get(self, request: Any, pk: int) -> HttpResponse:
        """Show a team."""
        return self.one(pk)

    @schema.changes(TeamChanges, TeamOut, TAG)
    def patch(self, request: Any, pk: int) -> HttpResponse:
        """Rename, move or close a team, or give it holidays or a zone of its own (admins)."""
        found, body = editable_or_denied(Team, request.user, pk), self.taken(TeamChanges, partial=True)
        now = {"name": found.name, "calendar": found.calendar_id, "time_zone": found.time_zone, "closed_on": found.closed_on}
        with transaction.atomic():
            if "parent" in body:
                under = checked(MoveTeamForm({"under": body.pop("parent")}, user=request.user, team=found))["under"]
                org.move_team(team=found, under=under, by=request.user)
            if body:
                org.edit_team(team=found, by=request.user, **checked(EditTeamForm(now | body, user=request.user, team=found)))
        return self.one(pk)


class TeamLeadView(TeamView):
    """Who leads a team."""

    gates: ClassVar = {"POST": admins}

    @schema.acts(TeamLeadIn, TeamOut, TAG)
    @once
    def post(self, request: Any, pk: int) -> HttpResponse:
        """Say who leads the team from which day (admins)."""
        found, body = editable_or_denied(Team, request.user, pk), self.taken(TeamLeadIn)
        org.set_lead(team=found, by=request.user, **checked(LeadForm(body, user=request.user)))
        return self.one(pk)
