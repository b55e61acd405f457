"""`/quotas/`: monthly numbers of reps and teams, set by the verb that the grid uses."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework import serializers

from deals.models import Deal
from lib.api import lists, schema
from lib.api.answers import answer
from lib.api.errors import Refusal, invalid
from lib.api.fields import Choice, Key, Money, Ref, Strict, Text
from lib.api.lists import Filter, Listing, Order
from metrics.models import Quota
from metrics.quotas import NewQuota, may_set, set_quotas
from metrics.windows import FIRST_YEAR, LAST_YEAR
from reps.access import Viewer, viewer_of
from reps.api.base import ApiView, Gate, Shown, chosen, company_of, found_or_404, once, sales
from reps.models import Rep, Team, User

TAG = "quotas"
_MONTH = re.compile(r"\d{4}-\d{2}")


def _sets(viewer: Viewer) -> bool:
    """Admins, and managers who hold the verb."""
    return viewer.may("quota.edit")


_SETS: Gate = _sets


def as_month(typed: str) -> date:
    """2026-09 as its first day. ValueError for anything else."""
    if not _MONTH.fullmatch(typed) or not 1 <= int(typed[5:]) <= 12 or not FIRST_YEAR <= int(typed[:4]) <= LAST_YEAR:
        raise ValueError(_("Send a month written as 2026-09."))
    return date(int(typed[:4]), int(typed[5:]), 1)


class Month(serializers.RegexField):
    """A month as 2026-09."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(regex=r"^\d{4}-(0[1-9]|1[0-2])$", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """The month as it is written."""
        if not isinstance(data, str) or data != data.strip():
            raise serializers.ValidationError(_("Send a month written as 2026-09."))
        return super().to_internal_value(data)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Its first day, once the text passed."""
        value = super().run_validation(data)
        try:
            return as_month(value) if isinstance(value, str) else value
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None

    def to_representation(self, value: Any) -> str:
        """2026-09."""
        return f"{value:%Y-%m}"


class QuotaOut(Shown):
    """A number that holds today. A change makes a row with another id; the old one stays in the history."""

    id = serializers.IntegerField()
    rep = Ref(allow_null=True)
    team = Ref(allow_null=True)
    metric = serializers.ChoiceField(choices=Quota.Metric.choices)
    deal_type = serializers.CharField(help_text="Empty: deals of every type.")
    month = Month(source="month_on")
    amount = serializers.SerializerMethodField()
    currency = serializers.CharField(help_text="Empty for counts.")
    recorded_at = serializers.DateTimeField()
    reason = serializers.CharField()

    def get_amount(self, row: Any) -> str:
        """Money in the currency's decimals, counts without needless ones."""
        return f"{row.amount.normalize():f}"


class AmountIn(Strict):
    """A number, and why it is what it is."""

    whole = True
    amount = Money()
    reason = Text(max_length=200, required=False, allow_blank=True)


class QuotaIn(AmountIn):
    """A number for a rep or a team; the one there is of that month is replaced."""

    rep = Key(required=False)
    team = Key(required=False)
    metric = Choice(choices=Quota.Metric.choices, required=False)
    deal_type = Choice(choices=Deal.Type.choices, required=False)
    month = Month()


def _month(lookup: str, says: str) -> Filter:
    schema_of = {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}
    return Filter(says, as_month, lambda rows, value, user: rows.filter(**{lookup: value}), schema_of)


QUOTAS = Listing(
    orders={
        "month": Order("month_on", lambda text: date.fromisoformat(text), nullable=False),
        "id": Order("id", int, nullable=False),
    },
    usual="-month",
    filters={
        "rep": lists.number("rep_id", "Of this rep."),
        "team": lists.number("team_id", "Of this team itself."),
        "metric": lists.word("metric", Quota.Metric.values, "Of this metric."),
        "deal_type": lists.word("deal_type", Deal.Type.values, "For deals of this type."),
        "month": _month("month_on", "Of this month, 2026-09."),
        "from": _month("month_on__gte", "Of this month or later."),
        "to": _month("month_on__lte", "Of this month or earlier."),
    },
)


class QuotaView(ApiView):
    """What the addresses of quotas share."""

    def rows(self) -> Any:
        """The numbers the caller reads, as they hold today."""
        return Quota.objects.visible_to(self.request.user).current().select_related("rep", "team")

    def write(self, found: dict[str, Any], amount: Decimal | None, reason: str) -> Quota | None:
        """Set the number of a month; the row that then holds, None where it was taken away."""
        user, company = self.request.user, company_of(self.request)
        new = NewQuota(found["month_on"], amount, found.get("rep_id"), found.get("team_id"))
        if not may_set(viewer_of(user), rep_id=new.rep_id, team_id=new.team_id):
            raise PermissionDenied
        kind = {"metric": found["metric"], "deal_type": found["deal_type"]}
        set_quotas(**kind, numbers=[new], by=user, company=company, reason=reason)
        held = self.rows().filter(rep=new.rep_id, team=new.team_id, month_on=new.month_on, **kind)
        return held.first()


class Quotas(QuotaView):
    """All numbers."""

    gates: ClassVar = {"GET": sales, "POST": _SETS}
    listing = QUOTAS

    @schema.shows_list(QuotaOut, QUOTAS, TAG)
    def get(self, request: Any) -> HttpResponse:
        """List quotas: one's own, and those of the reps and teams below a manager."""
        return self.listed(self.rows(), QuotaOut)

    @schema.creates(QuotaIn, QuotaOut, TAG)
    @once
    def post(self, request: Any) -> HttpResponse:
        """Set the number of a rep's or a team's month."""
        body, user = self.taken(QuotaIn), request.user
        found = {"month_on": body["month"], **_whose(body, user)}
        found["metric"] = body.get("metric", Quota.Metric.WON_VALUE.value)
        found["deal_type"] = body.get("deal_type", "")
        if found["deal_type"] and found["metric"] not in Quota.BY_TYPE:
            raise invalid({"deal_type": [_("Deal types divide wins only.")]})
        return answer(self.given(QuotaOut, self.write(found, body["amount"], body.get("reason", ""))), status=201)


class QuotaDetail(QuotaView):
    """One number."""

    gates: ClassVar = {"GET": sales, "PATCH": _SETS, "DELETE": _SETS}

    @schema.shows(QuotaOut, TAG)
    def get(self, request: Any, pk: int) -> HttpResponse:
        """Show a quota."""
        return answer(self.given(QuotaOut, found_or_404(self.rows(), pk)))

    @schema.changes(AmountIn, QuotaOut, TAG)
    def patch(self, request: Any, pk: int) -> HttpResponse:
        """Change the number; the answer is the row that replaces this one."""
        found = found_or_404(self.rows(), pk)
        body = self.taken(AmountIn)
        return answer(self.given(QuotaOut, self.write(vars(found), body["amount"], body.get("reason", ""))))

    @schema.removes(TAG)
    def delete(self, request: Any, pk: int) -> HttpResponse:
        """Take the number away; nothing is asked of that month any more."""
        self.write(vars(found_or_404(self.rows(), pk)), None, "")
        return HttpResponse(status=204)


def _whose(body: dict[str, Any], user: User) -> dict[str, Any]:
    """The rep or the team that a body names, exactly one of the two."""
    if ("rep" in body) == ("team" in body):
        raise Refusal(_("Name a rep or a team, one of the two."), code="invalid")
    if "rep" in body:
        return {"rep_id": chosen(Rep.objects.visible_to(user), body["rep"], "rep").pk}
    return {"team_id": chosen(Team.objects.visible_to(user), body["team"], "team").pk}
