"""Set-up health: what is missing or contradictory, and the page that mends it."""

from datetime import date, timedelta

import pytest

from dashboard import setup_health
from dashboard.setup_health import Weight
from deals.models import FxRate, Pipeline, Stage
from lib.versioned import revise, since
from reps.models import Company, Holiday, HolidayCalendar, Role, TeamLead, User
from tests import make

TODAY = date(2026, 9, 16)


def titles(today=TODAY):
    return [finding.title for finding in setup_health.read(company=Company.load(), today=today).findings]


@pytest.fixture
def sound(cast, settings):
    """A company in which nothing is missing."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    calendar = HolidayCalendar.objects.create(name="Indonesia")
    for year in (2026, 2027):
        Holiday.objects.create(calendar=calendar, day_on=date(year, 1, 1), name="New year")
    Company.objects.update(calendar=calendar)
    make.product()
    make.user("Ayu", kind=User.Kind.ADMIN)
    for person in User.objects.exclude(kind=User.Kind.MEMBER):
        make.second_factor(person)
    role = make.role("Seller")
    for person in (cast.ana, cast.budi, cast.outsider):
        person.rep.role_assignments.create(role=role, valid=since())
        make.quotas(person, months=24)
    return cast


def test_nothing_is_found_where_nothing_is_missing(sound):
    assert titles() == []


def test_who_has_no_quota_this_month(sound):
    rep = make.rep("Joko", team=sound.north, role=Role.objects.first(), user=make.user("J", kind="auditor"))
    assert titles() == ["1 rep has no quota this month"]
    make.quotas(rep, 12, metric="visits")
    assert titles() == []


def test_a_team_that_asks_for_far_more_than_it_owes(sound):
    make.quotas(sound.north, 96_000_000)  # 2 × 60 against 96: exactly a quarter more
    assert titles() == []
    make.quotas(sound.north, 95_999_999, first=date(2026, 7, 1), months=1)
    assert titles() == ["1 team asks its reps for far more than it owes"]


def test_a_company_without_anything(db, settings):
    User.objects.create(email="adi@example.com", name="Adi", kind="admin", password="!")
    assert titles() == [
        "The company has no name", "No holiday calendar is chosen", "There is no team", "There are no stages", "Mail is not sent",
        "You are the only admin", "There are no products",
    ]  # fmt: skip


def test_a_team_without_a_lead_and_one_led_by_someone_who_left(sound):
    revise(TeamLead, subject={"team": sound.north}, start=TODAY, values=None, actor=None)
    sound.south_manager.rep.left_on = TODAY
    sound.south_manager.rep.save()
    User.objects.filter(pk=sound.south_manager.pk).update(is_active=False)
    assert titles() == ["1 team has no lead", "1 team is led by someone who left"]


def test_people_out_of_place(sound):
    make.rep("Loose", user=make.user("X", kind="auditor"))
    make.rep("Unsigned", team=sound.north, sells=False)
    User.objects.create(email="nobody@example.com", name="Nobody")
    gone = make.user("Gone", team=sound.north, left_on=TODAY - timedelta(days=1))
    make.deal(owner=gone, account=make.account(), opened_on=TODAY)
    assert titles() == [
        "1 rep is in no team", "1 person who left may still sign in", "1 person signs in without being a rep",
        "1 open deal belongs to someone who left", "1 rep cannot sign in yet", "1 rep has no role",
    ]  # fmt: skip


def test_deals_that_do_not_add_up(sound):
    account = make.account()
    won = make.deal(owner=sound.ana, account=account, currency="USD", outcome="won")
    won.credits.update(superseded_at=won.created_at)
    make.credit(won, sound.ana, fx=None)
    make.deal(owner=sound.ana, account=account, currency="SGD")
    make.deal(owner=sound.ana)
    unknown = make.deal(owner=sound.ana, account=account)
    unknown.opened_on = None
    unknown.save()
    assert titles() == [
        "1 win has no exchange rate", "1 open deal is in a currency without a rate", "1 deal has no account", "1 deal has no opening day",
    ]  # fmt: skip
    FxRate.objects.create(currency="SGD", rate=12_000, valid=since(TODAY))
    assert "1 open deal is in a currency without a rate" not in titles()


def test_stages_none_of_which_count(sound):
    Stage.objects.update(is_qualified=False)
    assert titles() == ["No stage counts as qualified"]
    Pipeline.objects.update(is_default=False)
    assert titles() == ["There are no stages"]


def test_holidays_by_year(sound):
    Holiday.objects.filter(day_on__year=2027).delete()
    assert titles() == []
    assert titles(date(2026, 11, 2)) == ["The calendar has no days for 2027 yet"]
    assert titles(date(2027, 1, 4)) == ["The calendar has no days for 2027"]


def test_worst_first_and_each_with_a_page_that_opens(sound, signed_in):
    revise(TeamLead, subject={"team": sound.north}, start=TODAY, values=None, actor=None)
    make.deal(owner=sound.ana)
    findings = setup_health.read(company=Company.load(), today=TODAY).findings
    assert [finding.weight for finding in findings] == [Weight.WRONG, Weight.HINT]
    client = signed_in(sound.admin)
    assert {client.get(finding.url).status_code for finding in findings} == {200}
    page = client.get("/").content.decode()
    assert all(finding.title in page and finding.effect in page for finding in findings)


def test_one_query(sound, django_assert_num_queries):
    company = Company.load()
    with django_assert_num_queries(1):
        setup_health.read(company=company, today=TODAY)
