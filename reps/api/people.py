"""`/reps/`: the cards of the sales team, where each belongs, and when they leave."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lib import clock
from lib.api import lists, schema
from lib.api.answers import answer, nothing
from lib.api.fields import Day, Flag, Key, Ref, Strict, Text
from lib.api.lists import Listing, Order
from reps import org, people
from reps.access import Viewer
from reps.api.base import ApiView, Shown, admins, company_of, everyone, found_or_404, once
from reps.api.forms import checked
from reps.forms.people import CardForm, LeaveForm, NewRepForm, PlaceForm, RoleForRepForm, open_teams
from reps.gates import editable_or_denied
from reps.models import Rep

TAG = "reps"


class RepOut(Shown):
    """A seller. `team` and `role` are those of today; `role` is left out for finance, `signs_in` for all but admins and auditors."""

    hideable: ClassVar = ("role", "signs_in")

    id = serializers.IntegerField()
    name = serializers.CharField()
    work_email = serializers.CharField()
    phone = serializers.CharField()
    external_id = serializers.CharField()
    sells = serializers.BooleanField()
    joined_on = serializers.DateField(allow_null=True)
    left_on = serializers.DateField(allow_null=True)
    team = serializers.SerializerMethodField()
    role = serializers.SerializerMethodField()
    signs_in = serializers.SerializerMethodField()

    @extend_schema_field(Ref(allow_null=True))
    def get_team(self, row: Any) -> dict[str, Any] | None:
        """Today's team."""
        return {"id": row.team_id_now, "name": row.team_name} if row.team_id_now else None

    @extend_schema_field(Ref(allow_null=True))
    def get_role(self, row: Any) -> dict[str, Any] | None:
        """Today's role."""
        return {"id": row.role_id_now, "name": row.role_name} if row.role_id_now else None

    def get_signs_in(self, row: Any) -> bool:
        """Whether somebody signs in for the rep."""
        return row.user is not None and row.user.is_active

    def hidden(self, row: Any, viewer: Viewer) -> tuple[str, ...]:
        """Roles are closed to finance, sign-ins to all but admins and auditors (TRUST)."""
        if viewer.kind == "finance":
            return ("role", "signs_in")
        return () if viewer.reads_everything else ("signs_in",)


class CardIn(Strict):
    """What may be changed of a card."""

    name = Text(max_length=120)
    work_email = Text(max_length=254, allow_blank=True, required=False)
    phone = Text(max_length=32, allow_blank=True, required=False)
    external_id = Text(max_length=80, allow_blank=True, required=False)
    sells = Flag(required=False)
    joined_on = Day(allow_null=True, required=False)


class RepIn(CardIn):
    """A new rep; team and role hold from `joined_on`, since ever without one."""

    team = Key(allow_null=True, required=False)
    role = Key(allow_null=True, required=False)


class PlaceIn(Strict):
    """From which day (since ever unless given) a rep belongs to which team; with `end`, until they are back where they were."""

    team = Key(allow_null=True)
    start = Day(allow_null=True, required=False)
    end = Day(allow_null=True, required=False)
    reason = Text(max_length=200, allow_blank=True, required=False)


class RoleOfRepIn(Strict):
    """From which day (since ever unless given) a rep holds which role."""

    role = Key(allow_null=True)
    start = Day(allow_null=True, required=False)


class LeaveIn(Strict):
    """The last day of somebody who leaves."""

    last_on = Day()


REPS = Listing(
    orders={"name": Order("sort_name", nullable=False), "id": Order("id", int)},
    usual="name",
    filters={
        "q": lists.text(lambda rows, words: rows.matching(words), "Words of the name, e-mail, phone or number."),
        "team": lists.number("membership_now__team", "Members of that very team today."),
        "role": lists.number("role_now__role", "Holders of that role today."),
        "sells": lists.flag(lambda rows, so: rows.filter(sells=so), "Whether deals hang on them."),
        "present": lists.flag(lambda rows, so: rows.filter(left_on__isnull=so), "Whether no last day is noted."),
        "external_id": lists.text(lambda rows, number: rows.filter(external_id=number), "Their number in another system."),
    },
)


class RepView(ApiView):
    """What all addresses of reps share."""

    def rows(self) -> Any:
        """The reps the caller sees, with where they stand today."""
        today = clock.today(company_of(self.request).zone)
        return Rep.objects.visible_to(self.request.user).standing_on(today).sorted_by_name().select_related("user")

    def one(self, pk: int, status: int = 200) -> HttpResponse:
        """The rep as it is now."""
        return answer(self.given(RepOut, found_or_404(self.rows(), pk)), status=status)


class Reps(RepView):
    """All reps."""

    gates: ClassVar = {"GET": everyone, "POST": admins}
    listing = REPS

    @schema.shows_list(RepOut, REPS, TAG)
    def get(self, request: Any) -> HttpResponse:
        """List the people of the sales team."""
        hidden = request.user.is_finance
        return self.listed(self.rows(), RepOut, REPS.without("role") if hidden else REPS)

    @schema.creates(RepIn, RepOut, TAG)
    @once
    def post(self, request: Any) -> HttpResponse:
        """Add a rep who does not sign in yet (admins)."""
        body = self.taken(RepIn)
        form = NewRepForm({"sells": True, **body}, user=request.user, currency=company_of(request).currency)
        made = people.add_rep(**checked(form), by=request.user)
        return self.one(made.pk, 201)


class RepDetail(RepView):
    """One rep."""

    gates: ClassVar = {"GET": everyone, "PATCH": admins}

    @schema.shows(RepOut, TAG)
    def get(self, request: Any, pk: int) -> HttpResponse:
        """Show a rep's card."""
        return self.one(pk)

    @schema.changes(CardIn, RepOut, TAG)
    def patch(self, request: Any, pk: int) -> HttpResponse:
        """Change a rep's card (admins)."""
        found = editable_or_denied(Rep, request.user, pk)
        body = self.taken(CardIn, partial=True)
        form = CardForm(body, rep=found, currency=company_of(request).currency)
        people.edit_rep(rep=found, by=request.user, **checked(form, only=body))
        return self.one(pk)


def _places(viewer: Viewer) -> bool:
    return viewer.kind == "admin" or (viewer.rep_id is not None and viewer.may("team.edit"))


class RepTeam(RepView):
    """Where a rep belongs."""

    gates: ClassVar = {"POST": _places}

    @schema.acts(PlaceIn, RepOut, TAG)
    @once
    def post(self, request: Any, pk: int) -> HttpResponse:
        """Move a rep to a team (admins; managers within the teams they lead)."""
        rep, viewer = found_or_404(Rep.objects.visible_to(request.user), pk), request.user.viewer
        if not request.user.is_admin and rep.pk not in viewer.subtree_rep_ids:
            raise PermissionDenied
        body = self.taken(PlaceIn)
        teams = open_teams() if request.user.is_admin else open_teams().filter(pk__in=viewer.subtree_team_ids)
        is_out = request.user.is_admin and body["team"] is None
        form = PlaceForm({**body, "is_out": is_out}, teams=teams)
        org.place(rep=rep, by=request.user, **checked(form))
        return self.one(pk)


class RepRole(RepView):
    """Which role a rep holds."""

    gates: ClassVar = {"POST": admins}

    @schema.acts(RoleOfRepIn, RepOut, TAG)
    @once
    def post(self, request: Any, pk: int) -> HttpResponse:
        """Give a rep a role (admins)."""
        rep, body = editable_or_denied(Rep, request.user, pk), self.taken(RoleOfRepIn)
        org.assign_role(rep=rep, by=request.user, **checked(RoleForRepForm(body, user=request.user)))
        return self.one(pk)


class RepLeave(RepView):
    """That a rep leaves, or does not after all."""

    gates: ClassVar = {"POST": admins, "DELETE": admins}

    @schema.acts(LeaveIn, RepOut, TAG)
    @once
    def post(self, request: Any, pk: int) -> HttpResponse:
        """Note the last day of somebody who leaves; their sign-in ends on it (admins)."""
        rep, body = editable_or_denied(Rep, request.user, pk), self.taken(LeaveIn)
        people.part_with(rep=rep, by=request.user, **checked(LeaveForm(body)))
        return self.one(pk)

    @schema.removes(TAG)
    def delete(self, request: Any, pk: int) -> HttpResponse:
        """Take back that somebody leaves (admins)."""
        org.come_back(rep=editable_or_denied(Rep, request.user, pk), by=request.user)
        return nothing()
