"""The stories of DEMO that a finder must come upon by itself: deals with a known history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from dashboard.demo.calendar import at
from dashboard.demo.people import HEIR, LARGE, LEAVER, MIDDLE
from dashboard.demo.plan import AFTER_MIDNIGHT
from dashboard.demo.sales import K, Story, Teller
from deals.bulk import Words
from deals.models import Deal

LEAVERS_DEALS = 23
LEAVERS_MONEY = 1_900_000


def stories(teller: Teller) -> Iterator[Story]:
    """All of them."""
    yield from slipping(teller)
    yield from handed_over(teller)
    yield after_midnight(teller)


def slipping(teller: Teller) -> Iterator[Story]:
    """Three large agreements that moved out, Rp 1.190 jt together; the largest four weeks running, with legal."""
    today = teller.days.today
    customers = teller.market.named
    for seller, customer, product, amount, pushes, note in (
        (
            "Ratna Dewanti",
            "RS Harapan Contoh",
            "Pusat (ERP)",
            640_000,
            4,
            "Pasal denda: tunggu jawaban legal, direktur belum tanda tangan",
        ),
        ("Indra Kusuma", None, "Distribusi", 310_000, 2, "Tanya jadwal tanda tangan"),
        ("Yulia Hartono", None, "Implementasi", 240_000, 1, "Kirim revisi perjanjian"),
    ):
        who = teller.staff.sellers[seller]
        story = teller.begun(
            who, LARGE, today - timedelta(days=120), amount, customers.get(customer or ""), product, haggle=False
        )
        teller.walk(story, story.start, today - timedelta(days=35), 5)
        expected = today + timedelta(days=3)
        for back in range(pushes, -1, -1):
            said = teller.days.on_or_after(today - timedelta(days=7 * back + 3)) if back < pushes else story.start
            teller.add(story, K.CLOSE_ON, min(said, today - timedelta(days=1)), on_date=expected - timedelta(weeks=back))
        teller.add(story, K.AGREEMENT_ON, today - timedelta(days=30), on_date=today - timedelta(days=8 * pushes - 4))
        teller.add(story, K.NEXT_ACTION, today - timedelta(days=6), on_date=today - timedelta(days=2), text=Words(note))
        yield story


def handed_over(teller: Teller) -> Iterator[Story]:
    """The open deals of the rep who left, now with the heir."""
    leaver, heir = teller.staff.sellers[LEAVER[0]], teller.staff.sellers[HEIR]
    left_on = leaver.rep.left_on
    assert left_on is not None
    amounts = [LEAVERS_MONEY // LEAVERS_DEALS] * (LEAVERS_DEALS - 1)
    for amount in [*amounts, LEAVERS_MONEY - sum(amounts)]:
        start = teller.days.on_or_after(left_on - timedelta(days=teller.rnd.randint(5, 60)))
        story = teller.begun(leaver, MIDDLE, min(start, left_on), amount, relay=False, haggle=False)
        ready = teller.days.today + timedelta(days=teller.rnd.randint(2, 40))
        teller.walk(story, story.start, left_on, teller.rnd.choice((2, 3, 4)), ready)
        story.opener, story.seller, story.handed_on = leaver, heir, left_on + timedelta(days=1)
        teller.add(story, K.OWNER, story.handed_on, rep_id=heir.rep.pk)
        teller.promise(
            story, story.start, teller.days.today + timedelta(days=teller.rnd.randint(3, 50)), pushes=teller.rnd.choice((1, 2))
        )
        yield story


def after_midnight(teller: Teller) -> Story:
    """Won in Denpasar at 00:30 on the 1st, which is still the last day of the month in Jakarta."""
    first = teller.days.month(0)[0]
    last: date = first - timedelta(days=1)
    story = teller.begun(
        teller.staff.sellers["Ketut Ariani"],
        teller.staff.sellers["Ketut Ariani"].kind or MIDDLE,
        last - timedelta(days=20),
        AFTER_MIDNIGHT,
    )
    teller.walk(story, story.start, last, 5)
    teller.add(story, K.OUTCOME, last, code=Deal.Outcome.WON.value)
    win = story.deal.events[-1]
    win.occurred_at = win.recorded_at = at(last, 23 * 60 + 30)
    story.end = last
    return story
