"""Setting quotas: versions, who may, all or nothing, undo, history; and that the grid counts what the database keeps."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from lib import clock, periods
from metrics import quota_sheet, quotas
from metrics.models import EffectiveQuota, Quota
from metrics.quota_sheet import Asked
from metrics.quotas import NewQuota, Stale, set_quotas
from reps import org
from reps.absence import give_leave
from reps.access import viewer_of
from reps.models import Company, Holiday, HolidayCalendar
from tests import make
from tests.cast import NOW, Cast

JANUARY, FEBRUARY, SEPTEMBER = date(2026, 1, 1), date(2026, 2, 1), date(2026, 9, 1)
D = Decimal


def set_one(amount: Any, *, by: Any, rep: Any = None, team: Any = None, month: date = JANUARY, **more: Any) -> quotas.Saved:
    whom = {"rep_id": make.rep_of(rep).pk} if rep else {"team_id": team.pk}
    new = NewQuota(month, None if amount is None else D(amount), **whom)
    return set_quotas(metric="won_value", numbers=[new], by=by, company=Company.load(), **more)


def amounts(rep: Any) -> list[tuple[Decimal, bool]]:
    return [(row.amount, row.superseded_at is None) for row in Quota.objects.filter(rep=make.rep_of(rep)).order_by("pk")]


# ── Versions ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_change_writes_the_next_version_and_keeps_the_last(cast: Cast) -> None:
    assert set_one(60, by=cast.admin, rep=cast.ana).count == 1
    assert set_one(60, by=cast.admin, rep=cast.ana).count == 0
    assert set_one(70, by=cast.admin, rep=cast.ana, reason="New year").count == 1
    assert amounts(cast.ana) == [(60, False), (70, True)]
    assert Quota.objects.latest("pk").reason == "New year"


def test_a_quota_is_known_as_it_stood(cast: Cast) -> None:
    set_one(60, by=cast.admin, rep=cast.ana)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        set_one(70, by=cast.admin, rep=cast.ana)
    assert [row.amount for row in Quota.objects.as_known(NOW)] == [60]


def test_a_version_is_never_rewritten(cast: Cast) -> None:
    set_one(60, by=cast.admin, rep=cast.ana)
    with pytest.raises(Exception, match="superseded, once"), transaction.atomic():
        Quota.objects.update(amount=1)


def test_the_database_holds_one_current_quota_for_a_month_and_none_below_zero(cast: Cast) -> None:
    row = {"rep": cast.ana.rep, "metric": "won_value", "month_on": JANUARY, "currency": "IDR"}
    Quota.objects.create(**row, amount=1)
    for wrong in ({"amount": 2}, {"amount": -1, "month_on": FEBRUARY}, {"amount": 1, "month_on": date(2026, 2, 2)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Quota.objects.create(**{**row, **wrong})


def test_types_and_metrics_stand_apart(cast: Cast) -> None:
    for metric, deal_type in (("won_value", ""), ("won_value", "renewal"), ("visits", "")):
        numbers = [NewQuota(JANUARY, D(5), rep_id=cast.ana.rep.pk)]
        set_quotas(metric=metric, deal_type=deal_type, numbers=numbers, by=cast.admin, company=Company.load())
    assert Quota.objects.current().count() == 3
    assert Quota.objects.get(metric="visits").currency == ""


# ── Who may ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_manager_sets_those_below_and_never_the_own_number(cast: Cast) -> None:
    below = make.team("Polar", parent=cast.north)
    org.place(rep=cast.manager.rep, team=cast.north, start=None, by=None)
    set_one(1, by=cast.manager, rep=cast.ana)
    set_one(1, by=cast.manager, team=below)
    for whom in ({"rep": cast.manager}, {"team": cast.north}, {"rep": cast.outsider}, {"team": cast.south}, {"team": cast.whole}):
        with pytest.raises(PermissionDenied):
            set_one(1, by=cast.manager, **whom)


@pytest.mark.parametrize("who", ["ana", "budi", "finance", "auditor"])
def test_nobody_else_sets_any(cast: Cast, who: str) -> None:
    with pytest.raises(PermissionDenied):
        set_one(1, by=getattr(cast, who), rep=cast.ana)


def test_one_that_is_not_theirs_stops_all(cast: Cast) -> None:
    numbers = [NewQuota(JANUARY, D(1), rep_id=cast.ana.rep.pk), NewQuota(JANUARY, D(1), rep_id=cast.outsider.rep.pk)]
    with pytest.raises(PermissionDenied):
        set_quotas(metric="won_value", numbers=numbers, by=cast.manager, company=Company.load())
    assert not Quota.objects.exists()


# ── Two people ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_who_saves_over_what_they_have_not_seen_is_told(cast: Cast) -> None:
    key = (cast.ana.rep.pk, None, JANUARY)
    set_one(55, by=cast.manager, rep=cast.ana)
    with pytest.raises(Stale) as told:
        set_one(60, by=cast.admin, rep=cast.ana, seen={key: None})
    row = told.value.now[key]
    assert row is not None
    assert (row.amount, row.actor) == (55, cast.manager)
    assert amounts(cast.ana) == [(55, True)]
    set_one(60, by=cast.admin, rep=cast.ana, seen={key: D(55)})
    assert amounts(cast.ana)[-1] == (60, True)


def test_the_same_value_twice_is_no_conflict(cast: Cast) -> None:
    set_one(60, by=cast.manager, rep=cast.ana)
    assert set_one(60, by=cast.admin, rep=cast.ana, seen={(cast.ana.rep.pk, None, JANUARY): None}).count == 0


# ── Undo ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_undo_brings_back_what_stood_there_and_what_was_taken_away(cast: Cast) -> None:
    set_one(60, by=cast.admin, rep=cast.ana)
    set_one(61, by=cast.admin, rep=cast.budi)
    later = NOW + timedelta(minutes=5)
    with time_machine.travel(later, tick=False):
        numbers = [NewQuota(JANUARY, None, rep_id=cast.ana.rep.pk), NewQuota(JANUARY, D(70), rep_id=cast.budi.rep.pk),
                   NewQuota(FEBRUARY, D(5), rep_id=cast.budi.rep.pk)]  # fmt: skip
        saved = set_quotas(metric="won_value", numbers=numbers, by=cast.admin, company=Company.load())
    assert saved == quotas.Saved(3, later)
    with time_machine.travel(later + timedelta(minutes=1), tick=False):
        assert quotas.undo(made_at=saved.at, by=cast.admin, company=Company.load()) == 3
        assert quotas.undo(made_at=saved.at, by=cast.admin, company=Company.load()) == 0
    standing = Quota.objects.current().values_list("rep__name", "month_on", "amount").order_by("rep__name")
    assert list(standing) == [("Ana", JANUARY, 60), ("Budi", JANUARY, 61)]


def test_undo_leaves_alone_what_somebody_changed_since(cast: Cast) -> None:
    saved = set_one(60, by=cast.admin, rep=cast.ana)
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        set_one(65, by=cast.manager, rep=cast.ana)
        assert quotas.undo(made_at=saved.at, by=cast.admin, company=Company.load()) == 0
    assert amounts(cast.ana)[-1] == (65, True)


# ── What counts ─────────────────────────────────────────────────────────────────────────────────────────────────────
def sheet_of(team: Any, cast: Cast) -> quota_sheet.Sheet:
    company = Company.load()
    teams = quota_sheet.teams_for(cast.admin, clock.today(company.zone))
    asked = Asked(teams[team.pk], periods.named("2026", company.fiscal_start), "won_value", "", company.currency)
    return quota_sheet.read(asked, viewer=viewer_of(cast.admin), teams=teams, company=company)


def kept_in(team: Any) -> dict[tuple[int, date], int]:
    rows = EffectiveQuota.objects.filter(team=team, metric="won_value", deal_type="")
    return {(row.rep_id, row.month_on): row.minor for row in rows}


def counted_in(team: Any, cast: Cast) -> dict[tuple[int, date], int]:
    sheet = sheet_of(team, cast)
    found = {
        (row.id, month): row.part(month).of(sheet.asked.minor(amount)) for row in sheet.reps for month, amount in row.base.items()
    }
    return {key: minor for key, minor in found.items() if minor}


def test_the_grid_counts_what_the_database_keeps(cast: Cast) -> None:
    calendar = HolidayCalendar.objects.create(name="Bali")
    Holiday.objects.create(calendar=calendar, day_on=date(2026, 3, 19), name="Nyepi")
    cast.south.calendar = calendar
    cast.south.save()
    mover, joiner, leaver = (make.rep(name, team=cast.north) for name in ("Gita", "Intan", "Hendra"))
    for rep in (cast.ana, cast.budi, cast.outsider, mover, joiner, leaver):
        make.quotas(rep, 61_234_567)
    org.place(rep=mover, team=cast.south, start=date(2026, 3, 12), by=None)
    org.place(rep=mover, team=None, start=date(2026, 7, 9), end=date(2026, 7, 21), by=None)
    joiner.joined_on = date(2026, 2, 16)
    joiner.save()
    org.leave(rep=leaver, last_on=date(2026, 11, 10), by=None)
    give_leave(rep=cast.ana.rep, start=date(2026, 9, 7), end=date(2026, 9, 19), by=None)
    give_leave(rep=cast.ana.rep, start=date(2026, 5, 28), end=date(2026, 6, 4), works_share=D("0.5"), by=None)
    give_leave(rep=cast.budi.rep, start=date(2026, 9, 7), end=date(2026, 9, 11), by=None)
    give_leave(rep=mover, start=date(2026, 3, 9), end=date(2026, 3, 16), by=None)
    for team in (cast.north, cast.south):
        assert counted_in(team, cast) == kept_in(team)
    assert counted_in(cast.north, cast)[cast.ana.rep.pk, SEPTEMBER] == round(D(61_234_567) * 12 / 22)


def test_rows_are_those_who_belonged_in_that_year_with_what_happened(cast: Cast) -> None:
    gone, later = make.rep("Zaki", team=cast.north), make.rep("Yuda", team=cast.north, start=date(2027, 3, 1))
    org.leave(rep=gone, last_on=date(2026, 3, 15), by=None)
    mover = make.rep("Wati", team=cast.north)
    org.place(rep=mover, team=cast.south, start=date(2026, 7, 1), by=None)
    north = {row.name: row.marks for row in sheet_of(cast.north, cast).reps}
    assert north == {"Ana": (), "Budi": (), "Wati": ("to South on 1 Jul",), "Zaki": ("left 15 Mar",)}
    south = {row.name: row.marks for row in sheet_of(cast.south, cast).reps}
    assert south["Wati"] == ("from North on 1 Jul",)
    assert later.name not in north


def test_a_parent_team_shows_the_teams_below_it(cast: Cast) -> None:
    sheet = sheet_of(cast.whole, cast)
    assert ([row.name for row in sheet.teams], sheet.own.name, sheet.lead) == (["North", "South"], "Company", "Vera")
