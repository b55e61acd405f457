"""Leave: who writes and sees it, what it does to the target, cancelling and taking that back; what colleagues see of a team."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from metrics.models import EffectiveQuota
from reps import absence, org
from reps.models import AuditEntry, Leave, Team
from tests import make
from tests.cast import Cast

SEPTEMBER = date(2026, 9, 1)
LONG = {"first_on": "2026-09-21", "last_on": "2026-10-02", "works": "0"}


def away_days(rep: Any) -> list[tuple[date, date, Decimal]]:
    rows = Leave.objects.current().filter(rep=make.rep_of(rep)).order_by("valid")
    return [(row.valid.lower, row.valid.upper, row.works_share) for row in rows]


def kept(rep: Any, month: date = SEPTEMBER) -> int:
    return sum(row.minor for row in EffectiveQuota.objects.filter(rep=make.rep_of(rep), month_on=month))


def undo_of(page: Any) -> str:
    return next(iter(page.context["messages"])).extra_tags.removeprefix("undo:")


# ── The verbs ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_leave_replaces_what_held_there_and_keeps_the_days_around(cast: Cast) -> None:
    absence.give_leave(rep=cast.ana.rep, start=date(2026, 9, 7), end=date(2026, 9, 19), by=cast.admin)
    absence.give_leave(
        rep=cast.ana.rep, start=date(2026, 9, 10), end=date(2026, 9, 12), works_share=Decimal("0.5"), by=cast.admin
    )
    assert away_days(cast.ana) == [
        (date(2026, 9, 7), date(2026, 9, 10), 0), (date(2026, 9, 10), date(2026, 9, 12), Decimal("0.5")),
        (date(2026, 9, 12), date(2026, 9, 19), 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end"), [((2026, 9, 7), (2026, 9, 7)), ((2026, 9, 8), (2026, 9, 7)), ((2026, 9, 7), (2029, 9, 7))]
)
def test_a_span_that_is_none_is_refused(cast: Cast, start: Any, end: Any) -> None:
    with pytest.raises(ValidationError):
        absence.give_leave(rep=cast.ana.rep, start=date(*start), end=date(*end), by=cast.admin)


def test_both_ways_are_written_into_the_trail(cast: Cast) -> None:
    leave = absence.give_leave(rep=cast.ana.rep, start=date(2026, 9, 7), end=date(2026, 9, 19), by=cast.manager)
    assert absence.cancel_leave(leave=leave, by=cast.manager)
    assert not absence.cancel_leave(leave=leave, by=cast.manager)
    assert [*AuditEntry.objects.filter(subject_type="rep").values_list("verb", flat=True)] == ["rep.back", "rep.away"]


def test_leave_lowers_the_target_and_its_end_brings_it_back(cast: Cast) -> None:
    make.quotas(cast.ana, 22_000_000)
    leave = absence.give_leave(rep=cast.ana.rep, start=date(2026, 9, 7), end=date(2026, 9, 19), by=cast.admin)
    assert kept(cast.ana) == 12_000_000
    absence.cancel_leave(leave=leave, by=cast.admin)
    assert kept(cast.ana) == 22_000_000


# ── The pages ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_manager_writes_leave_and_undo_takes_it_back(cast: Cast, signed_in: Any) -> None:
    make.quotas(cast.ana, 22_000_000)
    client = signed_in(cast.manager)
    answer = client.post(f"/people/{cast.ana.rep.pk}/away/new/", LONG)
    page = client.get(answer["Location"])
    assert "Ana is away: 21 Sep – 2 Oct 2026." in page.content.decode()
    assert away_days(cast.ana) == [(date(2026, 9, 21), date(2026, 10, 3), 0)]
    assert kept(cast.ana) == 14_000_000
    client.post(undo_of(page))
    assert away_days(cast.ana) == []


def test_a_cancelled_leave_can_be_put_back(cast: Cast, signed_in: Any) -> None:
    leave = absence.give_leave(
        rep=cast.ana.rep, start=date(2026, 9, 21), end=date(2026, 10, 3), works_share=Decimal("0.5"), by=None
    )
    client = signed_in(cast.manager)
    page = client.get(client.post(f"/people/{cast.ana.rep.pk}/away/{leave.pk}/cancel/")["Location"])
    assert away_days(cast.ana) == []
    client.post(undo_of(page))
    assert away_days(cast.ana) == [(date(2026, 9, 21), date(2026, 10, 3), Decimal("0.5"))]
    assert "Nothing was undone" in client.get(client.post(undo_of(page))["Location"]).content.decode()
    assert client.post(f"/people/{cast.budi.rep.pk}/away/{leave.pk}/cancel/").status_code == 404


def test_days_that_are_away_already_are_said(cast: Cast, signed_in: Any) -> None:
    absence.give_leave(rep=cast.ana.rep, start=date(2026, 9, 28), end=date(2026, 9, 30), by=None)
    answer = signed_in(cast.admin).post(f"/people/{cast.ana.rep.pk}/away/new/", LONG)
    assert answer.status_code == 422
    assert "Leave is written down for 28 Sep – 29 Sep 2026 already." in answer.content.decode()


@pytest.mark.parametrize(
    "fields",
    [{}, {"first_on": "2026-09-21"}, {**LONG, "last_on": "2026-09-20"}, {**LONG, "last_on": "2029-09-20"}, {**LONG, "works": "1"},
     {**LONG, "first_on": "\x00"}, {**LONG, "first_on": "0001-01-01"}],
)  # fmt: skip
def test_what_is_no_leave_is_shown_again(cast: Cast, signed_in: Any, fields: dict[str, str]) -> None:
    assert signed_in(cast.admin).post(f"/people/{cast.ana.rep.pk}/away/new/", fields).status_code == 422
    assert away_days(cast.ana) == []


def test_a_manager_does_not_write_the_own_leave(cast: Cast, signed_in: Any) -> None:
    org.place(rep=cast.manager.rep, team=cast.north, start=None, by=None)
    assert signed_in(cast.manager).post(f"/people/{cast.manager.rep.pk}/away/new/", LONG).status_code == 403
    assert signed_in(cast.vp).post(f"/people/{cast.manager.rep.pk}/away/new/", LONG).status_code == 302


def test_colleagues_see_the_days_alone(cast: Cast, signed_in: Any) -> None:
    absence.give_leave(rep=cast.ana.rep, start=date(2026, 9, 21), end=date(2026, 10, 3), works_share=Decimal("0.5"), by=None)
    absence.give_leave(rep=cast.ana.rep, start=date(2026, 8, 3), end=date(2026, 8, 8), by=None)
    path = f"/people/{cast.ana.rep.pk}/away/"
    mate, manager = (signed_in(person).get(path).content.decode() for person in (cast.budi, cast.manager))
    assert "21 Sep – 2 Oct 2026" in mate
    assert "Aug" not in mate
    assert "50%" not in mate
    assert "works 50% of each day" in manager
    assert signed_in(cast.outsider).get(path).status_code == 403


# ── What it does, before it is saved ────────────────────────────────────────────────────────────────────────────────
def effect(client: Any, rep: Any, first: str, last: str, works: str = "0") -> list[str]:
    return client.get(f"/quotas/reps/{make.rep_of(rep).pk}/leave/?first_on={first}&last_on={last}&works={works}").context["said"]


def test_the_form_says_what_the_leave_does_to_the_target(cast: Cast, signed_in: Any) -> None:
    make.quotas(cast.ana, 22_000_000)
    client = signed_in(cast.manager)
    assert effect(client, cast.ana, "2026-09-07", "2026-09-18") == [
        "September target: Rp\u00a022\u00a0m → Rp\u00a012\u00a0m, 12 of 22 working days."
    ]
    assert effect(client, cast.ana, "2026-09-07", "2026-09-18", "0.5") == [
        "September target: Rp\u00a022\u00a0m → Rp\u00a017\u00a0m, 17 of 22 working days."
    ]
    assert [words.split()[0] for words in effect(client, cast.ana, "2026-09-21", "2026-10-09")] == ["September", "October"]


def test_four_days_give_no_relief_and_a_fifth_beside_them_does(cast: Cast, signed_in: Any) -> None:
    make.quotas(cast.ana, 22_000_000)
    client = signed_in(cast.manager)
    said = effect(client, cast.ana, "2026-09-07", "2026-09-10")
    assert said == ["No relief: only leave of 5 working days or more in a row lowers a target."]
    absence.give_leave(rep=cast.ana.rep, start=date(2026, 9, 11), end=date(2026, 9, 12), by=None)
    assert "17 of 22 working days" in effect(client, cast.ana, "2026-09-07", "2026-09-10")[0]


def test_without_a_target_the_days_are_said(cast: Cast, signed_in: Any) -> None:
    assert effect(signed_in(cast.manager), cast.ana, "2026-09-07", "2026-09-18") == [
        "September: 12 of 22 working days. No target is set for it yet."
    ]
    assert effect(signed_in(cast.manager), cast.ana, "x", "2026-09-18") == []


# ── What colleagues see of a team ───────────────────────────────────────────────────────────────────────────────────
def test_an_admin_chooses_what_colleagues_see_of_each_other(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.admin)
    page = client.get(f"/teams/{cast.north.pk}/edit/").content.decode()
    assert "a percentage tells everybody what a colleague earns" in page
    assert client.post(f"/teams/{cast.north.pk}/edit/", {"name": "North", "standing": "share"}).status_code == 302
    assert Team.objects.get(pk=cast.north.pk).standing == Team.Standing.SHARE
    client.post(f"/teams/{cast.north.pk}/edit/", {"name": "North"})
    assert Team.objects.get(pk=cast.north.pk).standing == Team.Standing.SHARE
    assert client.post(f"/teams/{cast.north.pk}/edit/", {"name": "North", "standing": "all"}).status_code == 422
    facts = AuditEntry.objects.filter(verb="team.edit").earliest("pk").facts
    assert (facts["before"]["standing"], facts["after"]["standing"]) == ("band", "share")
