"""How a deal stands, in the words a list has room for."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from deals.models import Deal
from deals.signs import signs, size_band
from deals.templatetags import deal_words

TODAY = date(2026, 9, 16)


def a_deal(**fields: Any) -> Deal:
    """An open deal of a month ago that no database has seen."""
    return Deal(**{"opened_on": TODAY - timedelta(days=30), **fields})


@pytest.mark.parametrize(
    ("fields", "state", "late"),
    [
        ({}, "bad", None),
        ({"next_action": "Call"}, "", None),
        ({"next_action": "Call", "next_action_on": TODAY}, "", 0),
        ({"next_action": "Call", "next_action_on": TODAY - timedelta(days=2)}, "bad", 2),
        ({"outcome": "won"}, "", None),
    ],
)
def test_no_next_step_or_a_late_one_is_bad(fields: dict[str, Any], state: str, late: int | None) -> None:
    shown = signs(a_deal(**fields), TODAY)
    assert (shown.next_state, shown.next_late_days) == (state, late)


@pytest.mark.parametrize(("days", "state"), [(0, ""), (6, ""), (7, "warn"), (13, "warn"), (14, "bad")])
def test_silence_turns_amber_at_7_days_and_red_at_14(days: int, state: str) -> None:
    assert signs(a_deal(last_contact_on=TODAY - timedelta(days=days)), TODAY).quiet_state == state
    assert signs(a_deal(opened_on=TODAY - timedelta(days=days)), TODAY).quiet_state == state


@pytest.mark.parametrize(
    ("ready", "sent", "state"),
    [(None, None, ""), (-1, None, "bad"), (7, None, "warn"), (8, None, ""), (-1, 0, "good")],
)
def test_an_agreement_warns_a_week_ahead(ready: int | None, sent: int | None, state: str) -> None:
    days = [None if number is None else TODAY + timedelta(days=number) for number in (ready, sent)]
    assert signs(a_deal(agreement_ready_on=days[0], agreement_sent_on=days[1]), TODAY).agreement_state == state


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        (None, None),
        (0, None),
        (1, (1, 5)),
        (5, (5, 10)),
        (49_999_999, (10_000_000, 50_000_000)),
        (50_000_000, (50_000_000, 100_000_000)),
    ],
)
def test_a_size_band_holds_its_amount(amount: int | None, band: tuple[int, int] | None) -> None:
    assert size_band(None if amount is None else Decimal(amount)) == band


@pytest.mark.parametrize(
    ("days", "said"), [(-1, "1 day late"), (-3, "3 days late"), (0, "today"), (1, "tomorrow"), (5, "Mon 21 Sep"), (7, "23 Sep")]
)
def test_a_due_day_is_said_as_a_seller_says_it(days: int, said: str) -> None:
    with translation.override("en"):
        assert deal_words.due(TODAY + timedelta(days=days), TODAY) == said
        assert deal_words.near(date(2027, 1, 5), TODAY) == "5 Jan 2027"
        assert deal_words.quiet(None) == "never"
