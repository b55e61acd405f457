"""Needs you and Closing by week, from open deals."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dashboard.cards import closing, needs
from dashboard.panels import deals
from dashboard.panels.open_deals import Reason
from deals.models import FxRate
from lib.versioned import since
from tests import make

TODAY, MONDAY = date(2026, 9, 16), date(2026, 9, 14)
M = Decimal(1_000_000)
STEP = {"next_action": "Call", "next_action_on": TODAY + timedelta(days=2)}


def read(*people, currency="IDR", **options):
    return deals.read(
        rep_ids=[person.rep.pk for person in people], currency=currency, today=TODAY, due_before=date(2026, 10, 1), **options
    ).open


def calm(owner, **fields):
    """A deal that needs nobody: talked to yesterday, with a next step and a date ahead."""
    plain = {"last_contact_on": TODAY - timedelta(days=1), "expected_close_on": TODAY + timedelta(days=9), **STEP}
    return make.deal(owner=owner, **{**plain, **fields})


@pytest.mark.parametrize(
    ("fields", "reason", "words"),
    [
        ({"agreement_ready_on": date(2026, 9, 15), "expected_close_on": date(2026, 9, 10)}, Reason.UNSENT, "agreement was due 15 Sep"),
        ({"expected_close_on": date(2026, 9, 15)}, Reason.OVERDUE, "close was due 1\u00a0day ago"),
        ({"push_count": 3}, Reason.PUSHED, "pushed 3×, now 25 Sep"),
        ({"last_contact_on": date(2026, 9, 2)}, Reason.SILENT, "no contact for 14\u00a0days"),
        ({"last_contact_on": None, "opened_on": date(2026, 3, 1)}, Reason.SILENT, "no contact since Mar 2026"),
        ({"next_action": "", "next_action_on": None}, Reason.NO_STEP, "no next step"),
    ],
)  # fmt: skip
def test_a_deal_needs_someone_for_its_gravest_reason(cast, fields, reason, words):
    calm(cast.ana)
    needy = calm(cast.ana, **fields)
    found = read(cast.ana)
    assert [(need.deal_id, need.reason) for need in found.needs] == [(needy.pk, reason)]
    assert needs.card(found).rows[0].why == words


def test_a_day_less_is_no_reason(cast):
    calm(cast.ana, last_contact_on=TODAY - timedelta(days=13), push_count=2, agreement_ready_on=TODAY, expected_close_on=TODAY)
    calm(cast.ana, agreement_ready_on=date(2026, 9, 1), agreement_sent_on=date(2026, 9, 1))
    assert read(cast.ana).needs == ()


def test_rows_go_by_money_and_the_sum_is_of_all(cast):
    for amount in (3, 1, 7, 5, 2, 6):
        calm(cast.ana, amount=amount * M, next_action="", next_action_on=None)
    calm(cast.budi, amount=None, next_action="", next_action_on=None)
    calm(cast.outsider, amount=90 * M, next_action="", next_action_on=None)
    found = read(cast.ana, cast.budi)
    card = needs.card(found)
    assert [need.amount for need in found.needs] == [7 * M, 6 * M, 5 * M, 3 * M, 2 * M]
    assert (card.amount, card.more, card.more_amount) == (24 * M, 2, 1 * M)
    assert len(read(cast.ana, cast.budi, needs=100).needs) == 7


def test_a_closed_deal_needs_nobody(cast):
    make.lost(owner=cast.ana, expected_close_on=date(2026, 9, 1))
    found = read(cast.ana)
    assert (found.needs, found.open.deals) == ((), 0)


def test_amounts_are_in_company_money_at_todays_rate_and_never_at_one(cast):
    FxRate.objects.create(currency="USD", rate=15_000, valid=since(TODAY - timedelta(days=31)))
    FxRate.objects.create(currency="EUR", rate=17_000, valid=since(TODAY - timedelta(days=32)))
    for currency in ("USD", "EUR", "SGD"):
        calm(cast.ana, amount=100, currency=currency, next_action="", next_action_on=None)
    found = read(cast.ana)
    assert [need.amount for need in found.needs] == [1_500_000, None, None]
    assert found.open.amount == 1_500_000
    assert found.by_owner[cast.ana.rep.pk].deals == 3


def test_weeks_hold_closes_and_agreements_by_monday(cast):
    sunday, next_monday = date(2026, 9, 20), date(2026, 9, 21)
    calm(cast.ana, amount=4 * M, expected_close_on=sunday)
    calm(cast.ana, amount=6 * M, expected_close_on=next_monday, agreement_ready_on=next_monday)
    calm(cast.ana, amount=8 * M, expected_close_on=MONDAY + timedelta(weeks=8))
    calm(cast.ana, amount=2 * M, expected_close_on=MONDAY - timedelta(days=1), agreement_ready_on=date(2026, 9, 3))
    calm(cast.ana, amount=1 * M, expected_close_on=None)
    found = read(cast.ana)
    assert [(week.start_on, week.deals, week.amount) for week in found.weeks[:3]] == [
        (MONDAY, 1, 4 * M), (next_monday, 1, 6 * M), (next_monday + timedelta(weeks=1), 0, 0),
    ]  # fmt: skip
    assert [(week.to_send, week.late_to_send) for week in found.weeks[:3]] == [(1, 1), (1, 0), (0, 0)]
    assert (found.late.deals, found.late.amount) == (1, 2 * M)
    assert (found.undated.deals, found.undated.amount) == (1, 1 * M)
    assert found.due_amount == 12 * M


def test_a_full_week_shows_its_four_largest_and_the_rest_as_a_sum(cast):
    for amount in range(1, 8):
        calm(cast.ana, amount=amount * M, expected_close_on=TODAY)
    week = read(cast.ana).weeks[0]
    assert [block.amount for block in week.blocks] == [7 * M, 6 * M, 5 * M, 4 * M]
    assert (week.rest, week.rest_amount) == (3, 6 * M)


def test_blocks_say_sent_or_late(cast):
    plain = {"expected_close_on": TODAY + timedelta(days=1)}
    calm(cast.ana, amount=4 * M, **plain)
    calm(cast.ana, amount=3 * M, agreement_ready_on=date(2026, 9, 10), agreement_sent_on=date(2026, 9, 11), **plain)
    calm(cast.ana, amount=2 * M, agreement_ready_on=date(2026, 9, 10), **plain)
    calm(cast.ana, amount=1 * M, expected_close_on=TODAY - timedelta(days=1))
    assert [block.state for block in read(cast.ana).weeks[0].blocks] == ["plain", "sent", "late", "late"]


def test_the_card_scales_every_bar_alike(cast):
    calm(cast.ana, amount=40 * M, expected_close_on=TODAY)
    calm(cast.ana, amount=20 * M, expected_close_on=TODAY + timedelta(weeks=1))
    card = closing.card(read(cast.ana), currency="IDR")
    first, second = card.columns[0].blocks[0], card.columns[1].blocks[0]
    assert abs(first.bar - 2 * second.bar) <= 1
    assert card.unit == "Rp\u00a0m"
    assert (card.columns[0].text, card.columns[0].number, card.columns[0].label) == ("40.00", "W38", "2026-W38")


def test_the_last_win_is_known_where_nothing_is_open(cast):
    make.won(owner=cast.ana, on=date(2017, 12, 31))
    found = read(cast.ana)
    assert found.last_won_on == date(2017, 12, 31)
    assert closing.card(found, currency="IDR").is_empty
