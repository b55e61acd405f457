"""The first page of each role."""

from datetime import date, timedelta

import pytest

from dashboard import periods
from reps.models import User
from tests import make

TODAY = date(2026, 9, 16)


def text(response):
    return response.content.decode()


def fill(cast):
    """Enough to fill every panel of North."""
    for at in range(12):
        owner = (cast.ana, cast.budi)[at % 2]
        account = make.account(f"PT Pelanggan Panjang Nusantara {at}", owner=owner)
        make.won(owner=owner, account=account, on=TODAY - timedelta(days=at * 20))
        for week in range(8):
            make.deal(
                owner=owner, account=account, name=f"{account.name} – Gudang", expected_close_on=TODAY + timedelta(days=7 * week),
                amount=(at + 1) * 10_000_000, push_count=week % 4, agreement_ready_on=TODAY - timedelta(days=1),
                next_action="Call", next_action_on=TODAY,
            )  # fmt: skip
        make.activity(rep=owner)


def test_a_manager_sees_the_five_panels_of_their_team(cast, signed_in):
    fill(cast)
    response = signed_in(cast.manager).get("/")
    for title in ("North", "Where we stand", "What changed since Monday", "Needs you", "This week", "Closing by week"):
        assert title in text(response)
    assert response.context["standing"].now.figures.won_count.value == 4


def test_every_number_of_the_standing_opens_its_explanation(cast, signed_in):
    fill(cast)
    client = signed_in(cast.manager)
    page = text(client.get("/"))
    for metric in ("won_value", "won_count", "win_rate", "average_deal", "median_cycle_days"):
        address = f"/numbers/explain/?metric={metric}&scope=team%3A{cast.north.pk}&period=2026-Q3"
        assert address.replace("&", "&amp;") in page
        assert client.get(address).status_code == 200


def test_the_home_stays_light_when_there_is_much_to_show(cast, signed_in):
    fill(cast)
    assert len(signed_in(cast.manager).get("/").content) <= 60_000
    assert len(signed_in(cast.ana).get("/").content) <= 60_000


def test_a_manager_chooses_a_team_below_and_no_other(cast, signed_in):
    client = signed_in(cast.vp)
    assert "<h1>South</h1>" in text(client.get("/", {"team": cast.south.pk}))
    assert signed_in(cast.manager).get("/", {"team": cast.south.pk}).status_code == 404
    assert signed_in(cast.manager).get("/", {"team": "x"}).status_code == 404


def test_nothing_of_another_team_stands_on_a_managers_home(cast, signed_in):
    make.deal(owner=cast.outsider, name="Rahasia", amount=10**9, expected_close_on=TODAY - timedelta(days=1))
    make.won(owner=cast.outsider, name="Rahasia menang", on=TODAY)
    page = text(signed_in(cast.manager).get("/"))
    assert "Rahasia" not in page
    assert "Oki" not in page


def test_each_need_has_one_button_that_opens_the_field_to_fill(cast, signed_in):
    overdue = make.deal(owner=cast.ana, expected_close_on=TODAY - timedelta(days=1), next_action="Call")
    client = signed_in(cast.manager)
    address = f"/deals/{overdue.pk}/edit/close/"
    assert f'href="{address}">Set date</a>' in text(client.get("/"))
    assert client.get(address).status_code == 200


def test_silence_is_answered_by_the_log_sheet(cast, signed_in):
    silent = make.deal(owner=cast.ana, next_action="Call", last_contact_on=TODAY - timedelta(days=20))
    assert f'href="/log/?deal={silent.pk}" data-log>Reach out</a>' in text(signed_in(cast.manager).get("/"))


def test_all_needs_stand_on_a_page_of_their_own(cast, signed_in):
    for at in range(7):
        make.deal(owner=cast.ana, name=f"Late {at}", expected_close_on=TODAY - timedelta(days=1))
    client = signed_in(cast.manager)
    assert "2 smaller items" in text(client.get("/"))
    page = text(client.get("/needs/", {"team": cast.north.pk}))
    assert all(f"Late {at}" in page for at in range(7))
    assert signed_in(cast.ana).get("/needs/").status_code == 403


def test_a_rep_sees_their_day_and_nobody_elses(cast, signed_in):
    make.deal(owner=cast.ana, name="Mine", next_action="Call", next_action_on=TODAY)
    make.deal(owner=cast.budi, name="Theirs", next_action="Call", next_action_on=TODAY)
    page = text(signed_in(cast.ana).get("/"))
    for words in ("Hello, Ana", "My number", "Next steps", "Agreements to send", "Closing soon", "My week", "Mine"):
        assert words in page
    assert "Theirs" not in page


def test_the_day_refreshes_itself_as_a_fragment_after_a_log(cast, signed_in):
    fragment = text(signed_in(cast.ana, htmx=True).get("/mine/"))
    assert fragment.lstrip().startswith('<div class="day" id="day"')
    assert "activity-logged from:body" in fragment


def test_a_manager_who_sells_reaches_their_own_day(cast, signed_in):
    assert 'href="/mine/"' not in text(signed_in(cast.manager).get("/"))
    cast.manager.rep.sells = True
    cast.manager.rep.save()
    assert 'href="/mine/"' in text(signed_in(cast.manager).get("/"))
    assert "Hello, Maya" in text(signed_in(cast.manager).get("/mine/"))


def test_finance_sees_people_by_team_and_no_deal(cast, signed_in):
    make.deal(owner=cast.ana, name="Rahasia", next_action_on=TODAY)
    page = text(signed_in(cast.finance).get("/"))
    assert all(words in page for words in ("North", "Ana", "Maya", "leads"))
    assert "Rahasia" not in page
    assert "Rp" not in page


def test_an_auditor_sees_the_company_and_may_change_nothing(cast, signed_in):
    make.won(owner=cast.ana, on=TODAY)
    make.won(owner=cast.outsider, on=TODAY)
    response = signed_in(cast.auditor).get("/")
    assert response.context["standing"].now.figures.won_count.value == 2
    assert "Needs you" not in text(response)
    assert "data-log>" not in text(response)
    assert 'href="/settings/audit/"' in text(response)


def test_someone_without_a_rep_is_told_whom_to_ask(cast, signed_in):
    new = User.objects.create(email="new@example.com", name="Nina")
    assert "Ask an admin to add you as a rep" in text(signed_in(new).get("/"))


def test_years_old_data_is_shown_at_once(cast, signed_in):
    make.won(owner=cast.ana, on=date(2017, 12, 31))
    client = signed_in(cast.manager)
    assert client.get("/").context["choice"].name == "2017"
    asked = client.get("/", {"period": "quarter"})
    assert asked.context["choice"].name == "Q3 2026"
    assert "See 2017" in text(asked)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("2026-08", "Aug 2026"), ("2026-Q1", "Q1 2026"), ("2025", "2025"), ("month", "Sep 2026"), ("year", "2026"),
        ("", "Q3 2026"), ("2026-W30", "Q3 2026"), ("2027", "Q3 2026"), ("0001", "Q3 2026"), ("9999-12", "Q3 2026"),
        ("nonsense", "Q3 2026"), ("1991", "1991"),
    ],
)  # fmt: skip
def test_the_period_of_the_address(cast, asked, name):
    choice = periods.chosen({"period": asked} if asked else {}, cast.company, TODAY)
    assert choice.name == name
    assert [is_chosen for _period, _name, is_chosen in choice.grains].count(True) == 1


def test_there_is_nothing_later_than_today(cast):
    choice = periods.chosen({}, cast.company, TODAY)
    assert (choice.earlier.label, choice.later) == ("2026-Q2", None)
    assert periods.chosen({"period": "2025"}, cast.company, TODAY).later.label == "2026"


def test_an_empty_team_says_what_will_stand_where(cast, signed_in):
    page = text(signed_in(cast.manager).get("/"))
    for words in ("Nothing is won in Q3 2026 yet", "No open deal is due by 30 Sep 2026", "No open deals", "within eight weeks"):
        assert words in page


def test_indonesian_numbers_on_an_indonesian_home(cast, signed_in):
    User.objects.filter(pk=cast.manager.pk).update(language="id")
    make.won(owner=cast.ana, amount=7_620_000_000, on=TODAY)
    assert "Rp\u00a07,62\u00a0M" in text(signed_in(cast.manager).get("/"))
