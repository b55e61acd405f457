"""What a deal was on a day, read from its events alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from deals.models import DealEvent, DealEventText, Stage
from deals.replay import pushes, replay

Kind = DealEvent.Kind
LEAD, QUALIFIED, PROPOSAL = (Stage(pk=pk, is_qualified=pk > 1) for pk in (1, 2, 3))
_ids = count(1)


def at(day: int) -> date:
    return date(2026, 9, day)


def event(kind: str, on: int | None, *, recorded: int | None = None, text: str = "", **fields: Any) -> DealEvent:
    """An event of September 2026 that no database has seen."""
    instant = datetime(2026, 9, recorded or on or 1, 3, tzinfo=UTC)
    made = DealEvent(
        pk=next(_ids), kind=kind, effective_on=at(on) if on else None, occurred_at=instant, recorded_at=instant, **fields
    )
    if text:
        DealEventText(event=made, text=text)
    return made


def opened(on: int | None = 1, stage: Stage = LEAD) -> list[DealEvent]:
    return [event(Kind.STAGE, on, stage=stage), event(Kind.OWNER, on, rep_id=7), event(Kind.AMOUNT, on, amount=Decimal(100))]


def test_no_events_are_no_deal() -> None:
    state = replay([])
    assert not state.exists
    assert not state.is_open


def test_a_deal_does_not_exist_before_the_day_it_was_opened() -> None:
    assert not replay(opened(5), day=at(4)).exists
    assert replay(opened(5), day=at(5)).is_open


def test_a_day_that_is_unknown_comes_before_every_day() -> None:
    events = [*opened(None, QUALIFIED), event(Kind.STAGE, 9, stage=PROPOSAL)]
    assert replay(events, day=date(1999, 1, 1)).stage_id == 2
    assert replay(events).qualified_on is None
    assert replay(events).is_qualified


def test_a_back_dated_move_does_not_bring_back_an_old_amount() -> None:
    events = [*opened(1), event(Kind.AMOUNT, 8, amount=Decimal(900)), event(Kind.STAGE, 4, recorded=10, stage=PROPOSAL)]
    assert replay(events, day=at(5)).stage_id == 3
    assert replay(events, day=at(5)).amount == 100
    assert replay(events).amount == 900


def test_what_was_recorded_later_was_not_known_before() -> None:
    late = event(Kind.AMOUNT, 4, recorded=20, amount=Decimal(500))
    events = [*opened(1), late]
    assert replay(events, day=at(10), known_at=datetime(2026, 9, 10, tzinfo=UTC)).amount == 100
    assert replay(events, day=at(10)).amount == 500


def test_a_voided_event_counts_until_the_voiding_is_known() -> None:
    won = event(Kind.OUTCOME, 5, code="won")
    events = [*opened(1), won, event(Kind.DETAIL, 9, code="undo", voids_id=won.pk)]
    assert replay(events, known_at=datetime(2026, 9, 6, tzinfo=UTC)).outcome == "won"
    assert replay(events).is_open
    assert replay(events, day=at(5)).is_open


def test_a_correction_stands_in_place_of_the_row_it_names() -> None:
    wrong = event(Kind.AMOUNT, 3, amount=Decimal(999))
    events = [*opened(1), wrong, event(Kind.AMOUNT, 3, recorded=4, amount=Decimal(300), voids_id=wrong.pk)]
    assert replay(events).amount == 300


def test_the_stage_counts_from_the_first_day_of_the_visit() -> None:
    events = [*opened(1), event(Kind.STAGE, 3, stage=PROPOSAL), event(Kind.STAGE, 5, stage=PROPOSAL)]
    assert replay(events).stage_since == at(3)
    assert replay([*events, event(Kind.STAGE, 8, stage=LEAD)]).stage_since == at(8)


def test_qualified_is_kept_when_the_deal_goes_back_to_an_early_stage() -> None:
    events = [*opened(1), event(Kind.STAGE, 3, stage=QUALIFIED), event(Kind.STAGE, 6, stage=LEAD)]
    assert replay(events).qualified_on == at(3)
    assert replay(events, day=at(2)).is_qualified is False


def test_a_win_passes_every_stage_and_a_loss_does_not() -> None:
    assert replay([*opened(1), event(Kind.OUTCOME, 5, code="won")]).qualified_on == at(5)
    assert not replay([*opened(1), event(Kind.OUTCOME, 5, code="lost")]).is_qualified


def test_reopening_clears_outcome_reason_and_day() -> None:
    lost = event(Kind.OUTCOME, 5, code="lost", reason="price", competitor_id=4)
    events = [*opened(1), lost]
    assert replay(events).outcome_reason == "price"
    assert replay(events).competitor_id == 4
    assert replay(events).has_history is False
    state = replay([*events, event(Kind.OUTCOME, 9, code=DealEvent.REOPENED)])
    assert (state.outcome, state.outcome_reason, state.competitor_id, state.closed_on) == ("", "", None, None)
    assert state.has_history is True


def test_the_next_action_is_text_and_day() -> None:
    state = replay([*opened(1), event(Kind.NEXT_ACTION, 2, text="Send the draft", on_date=at(4))])
    assert (state.next_action, state.next_action_on) == ("Send the draft", at(4))


def close_on(on: int, to: date | None, hour: int = 3) -> DealEvent:
    made = event(Kind.CLOSE_ON, on, on_date=to)
    made.occurred_at += timedelta(hours=hour)
    return made


def test_a_close_moved_later_is_a_push_and_one_moved_earlier_is_none() -> None:
    closes = [close_on(1, at(20)), close_on(2, at(25)), close_on(3, at(22)), close_on(4, at(30))]
    assert pushes(closes) == 2


def test_many_moves_in_a_day_are_one_push_and_there_and_back_is_none() -> None:
    assert pushes([close_on(1, at(10)), close_on(2, at(15)), close_on(2, at(20)), close_on(2, at(25))]) == 1
    assert pushes([close_on(1, at(10)), close_on(2, at(25)), close_on(2, at(10))]) == 0


def test_clearing_the_date_first_hides_no_push() -> None:
    assert pushes([close_on(1, at(10)), close_on(2, None), close_on(3, at(28))]) == 1


def test_a_first_date_is_no_push() -> None:
    assert pushes([close_on(3, at(10))]) == 0
