"""This week: a row for each rep, or for each team, with what was logged since Monday."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from dashboard.cards import week
from dashboard.panels import people
from dashboard.panels.open_deals import Tally
from lib.versioned import since
from metrics.attainment import Attainment, Line
from metrics.standings import Target
from metrics.targets import RollUp
from reps.models import TeamMembership
from tests import make

TODAY = date(2026, 9, 16)
M = Decimal(1_000_000)


def crew(user, team=None):
    return people.read(team_ids=user.viewer.subtree_team_ids, team_id=team.pk if team else None, today=TODAY)


def card(found, *, won=None, quota=None, open_by=None, today=TODAY):
    asked = quota or {}
    lines = [Line(pk, "", None, "", amount, asked.get(pk), 12, 22) for pk, amount in (won or {}).items()]
    against = Attainment(Target(), RollUp(sum((won or {}).values(), Decimal(0)), None, Decimal(0)), 12, 22, lines)
    return week.card(found, against=against, open_by=open_by or {}, today=today, currency="IDR")


def on(day):
    return datetime(2026, 9, day, 2, tzinfo=UTC)


def test_a_manager_gets_the_highest_team_first_and_may_choose_those_below(cast):
    found = crew(cast.vp)
    assert (found.team.name, [(choice.name, choice.depth) for choice in found.choices]) == (
        "Company", [("Company", 0), ("North", 1), ("South", 1)],
    )  # fmt: skip
    assert [person.name for person in crew(cast.vp, cast.south).people] == ["Oki"]


def test_a_team_elsewhere_cannot_be_chosen(cast):
    assert crew(cast.manager, cast.south) is None


def test_channels_are_counted_from_monday_to_today_without_bookings_cancellations_and_robots(cast):
    for day in (13, 14, 16):
        make.activity(rep=cast.ana, channel="whatsapp", at=on(day))
    make.activity(rep=cast.ana, channel="visit", at=on(15))
    make.activity(rep=cast.ana, channel="visit", outcome="", booked_at=on(15), at=on(16) + timedelta(hours=5))
    make.activity(rep=cast.ana, channel="note", outcome="", at=on(15))
    make.activity(rep=cast.ana, channel="meeting", outcome="", booked_at=on(10), at=on(16))
    make.activity(rep=cast.ana, channel="call", at=on(16), cancelled_at=on(16))
    make.activity(rep=cast.ana, channel="email", at=on(16), is_human=False)
    ana = next(person for person in crew(cast.manager).people if person.name == "Ana")
    assert ana.by_channel == {"whatsapp": 2, "call": 0, "visit": 1, "meeting": 0, "email": 0}
    assert ana.last_on == TODAY


def test_rows_go_by_money_won(cast):
    found = card(crew(cast.manager), won={cast.budi.rep.pk: 5 * M}, open_by={cast.ana.rep.pk: Tally(2, 9 * M)})
    assert [(row.name, row.won, row.open, row.open_deals) for row in found.rows] == [
        ("Budi", 5 * M, 0, 0), ("Ana", 0, 9 * M, 2),
    ]  # fmt: skip
    assert (found.by_team, found.most_won) == (False, 5 * M)


def test_several_teams_are_rows_that_add_up_their_people(cast):
    make.activity(rep=cast.ana, channel="call", at=on(16))
    make.activity(rep=cast.budi, channel="call", at=on(15))
    won = {cast.ana.rep.pk: 2 * M, cast.budi.rep.pk: 3 * M, cast.outsider.rep.pk: 4 * M}
    found = card(crew(cast.vp), won=won)
    assert found.by_team
    assert [(row.name, row.won, row.members, row.counts[1], row.last_on) for row in found.rows] == [
        ("North", 5 * M, 2, 2, TODAY), ("South", 4 * M, 1, 0, None),
    ]  # fmt: skip


def test_more_rows_than_fit_are_counted(cast):
    for _ in range(9):
        make.user(team=cast.north)
    found = card(crew(cast.manager))
    assert (len(found.rows), found.more) == (week.SHOWN, 11 - week.SHOWN)


def test_who_left_stays_while_money_hangs_on_them_and_is_marked(cast):
    gone = make.rep("Gone", team=cast.north, left_on=TODAY - timedelta(days=30))
    make.rep("Forgotten", team=cast.north, left_on=TODAY - timedelta(days=30))
    rows = {row.name: row for row in card(crew(cast.manager), open_by={gone.pk: Tally(1, M)}).rows}
    assert set(rows) == {"Ana", "Budi", "Gone"}
    assert (rows["Gone"].left, rows["Gone"].quiet) == (True, False)


def test_a_lead_who_does_not_sell_has_no_row(cast):
    TeamMembership.objects.create(rep=cast.manager.rep, team=cast.north, valid=since())
    assert [row.name for row in card(crew(cast.manager)).rows] == ["Ana", "Budi"]


def test_three_days_without_a_log_are_quiet_and_a_weekend_does_not_count(cast):
    make.activity(rep=cast.ana, at=on(11))  # a Friday
    make.activity(rep=cast.budi, at=on(10))  # a Thursday
    quiet = lambda today: {row.name: row.quiet for row in card(crew(cast.manager), today=today).rows}  # noqa: E731
    assert quiet(date(2026, 9, 15)) == {"Ana": False, "Budi": True}
    assert quiet(TODAY) == {"Ana": True, "Budi": True}
