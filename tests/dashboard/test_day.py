"""A rep's day: what is due, whom to meet, what must go out, and the week so far."""

from datetime import UTC, date, datetime, timedelta

from dashboard.cards import day as cards
from dashboard.panels import day
from tests import make

TODAY = date(2026, 9, 16)


def read(user):
    return day.read(rep_id=user.rep.pk, currency="IDR", today=TODAY)


def shown(user):
    return cards.card(read(user), me="Ana", company="PT Contoh", today=TODAY)


def at(day_of_month, hour=2):
    return datetime(2026, 9, day_of_month, hour, tzinfo=UTC)


def test_steps_go_by_day_late_ones_first_and_count_only_what_is_due(cast):
    for name, days in (("Ahead", 3), ("Today", 0), ("Late", -2), ("Far", 8)):
        make.deal(owner=cast.ana, name=name, next_action="Call", next_action_on=TODAY + timedelta(days=days))
    make.deal(owner=cast.budi, name="Not mine", next_action="Call", next_action_on=TODAY)
    found = shown(cast.ana)
    assert [(step.line.name, step.due, step.state) for step in found.steps] == [
        ("Late", "2\u00a0days late", "bad"), ("Today", "today", "strong"), ("Ahead", "Sat 19 Sep", "muted"),
    ]  # fmt: skip
    assert read(cast.ana).steps.count == 2


def test_the_contact_is_reached_by_phone_and_whatsapp(cast):
    account = make.account("PT Anggrek", phone="+62215550000")
    contact = make.contact("Ibu Citra", account=account, phone="+628123456789")
    make.deal(owner=cast.ana, account=account, contact=contact, next_action_on=TODAY)
    make.deal(owner=cast.ana, account=account, next_action_on=TODAY + timedelta(days=1))
    make.deal(owner=cast.ana, next_action_on=TODAY + timedelta(days=2))
    first, second, third = shown(cast.ana).steps
    assert first.line.phone == "+628123456789"
    assert first.whatsapp_url.startswith("https://wa.me/628123456789?text=Hello%20Ibu%20Citra")
    assert second.line.phone == "+62215550000"
    assert (third.line.phone, third.whatsapp_url) == ("", "")


def test_agreements_and_closes_that_are_near(cast):
    make.deal(
        owner=cast.ana, name="Late", agreement_ready_on=TODAY - timedelta(days=3), expected_close_on=TODAY + timedelta(days=14)
    )
    make.deal(
        owner=cast.ana, name="Soon", agreement_ready_on=TODAY + timedelta(days=7), expected_close_on=TODAY + timedelta(days=15)
    )
    make.deal(owner=cast.ana, name="Far", agreement_ready_on=TODAY + timedelta(days=8))
    make.deal(owner=cast.ana, name="Sent", agreement_ready_on=TODAY, agreement_sent_on=TODAY)
    found = read(cast.ana)
    assert ([line.name for line in found.sending.lines], found.sending.count) == (["Late", "Soon"], 2)
    assert ([line.name for line in found.closing.lines], found.closing.count, found.closing.amount) == (["Late"], 1, 10_000_000)


def test_meetings_of_today_and_those_that_wait_for_an_outcome(cast):
    booked = {"channel": "meeting", "outcome": "", "booked_at": at(10)}
    make.activity(rep=cast.ana, at=at(16, 7), **booked)
    make.activity(rep=cast.ana, at=at(14), **booked)
    make.activity(rep=cast.ana, at=at(17), **booked)
    make.activity(rep=cast.ana, at=at(15), **{**booked, "outcome": "held"})
    make.activity(rep=cast.budi, at=at(16), **booked)
    found = shown(cast.ana).meetings
    assert [(meeting.booking.on.day, meeting.is_past) for meeting in found] == [(14, True), (16, False)]


def test_the_week_is_counted_by_channel_and_compared_with_the_same_days_of_the_last(cast):
    for day_of_month, channel in ((7, "call"), (9, "visit"), (10, "call"), (14, "whatsapp"), (14, "whatsapp"), (16, "visit")):
        make.activity(rep=cast.ana, channel=channel, at=at(day_of_month))
    found = shown(cast.ana)
    assert [(entry.label, entry.count) for entry in found.logged] == [("WhatsApp", 2), ("Visit", 1)]
    assert [column.text for column in found.columns] == ["2", "0", "1", "", ""]
    assert found.earlier == 2


def test_deals_without_a_step_and_silent_ones_are_counted(cast):
    make.deal(owner=cast.ana, last_contact_on=TODAY)
    make.deal(owner=cast.ana, next_action="Call", last_contact_on=TODAY - timedelta(days=14))
    found = read(cast.ana)
    assert (found.no_step, found.silent, found.open, found.open_amount) == (1, 1, 2, 20_000_000)


def test_an_empty_day_is_empty(cast):
    found = read(cast.ana)
    assert (found.steps.lines, found.bookings, found.logged, found.last_won_on) == ((), (), 0, None)


def test_one_query_for_all_of_it(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        read(cast.ana)
