"""Writes the deals: what was won, lost and is open, each with the history that led there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from dashboard.demo.calendar import Days, at
from dashboard.demo.market import Customer, Market
from dashboard.demo.people import CARE, FIELD, LARGE, MIDDLE, Kind
from dashboard.demo.plan import Month, first_days_often, last_days_only
from dashboard.demo.staff import Seller, Staff
from deals.bulk import NewDeal, NewEvent, Words
from deals.models import Deal, DealEvent

K = DealEvent.Kind
LOST_REASONS = (
    Deal.Reason.PRICE,
    Deal.Reason.COMPETITOR,
    Deal.Reason.BUDGET,
    Deal.Reason.TIMING,
    Deal.Reason.SILENCE,
    Deal.Reason.FEATURE,
)
NEXT_STEPS = {
    0: ("Telepon pemilik", "Kirim profil lewat WA", "Cari PIC pembelian"),
    1: ("Jadwalkan demo", "Kunjungi toko", "Tanya kebutuhan gudang"),
    2: ("Kirim penawaran", "Bahas penawaran", "Tanya anggaran"),
    3: ("Bahas diskon", "Temui direktur", "Jawab catatan legal"),
    4: ("Kirim PKS", "Ambil tanda tangan", "Tagih PO"),
}


# Minutes past midnight at which deals are opened, and what is said then.
_OPENED_AT = 560
_OPENING = (K.OWNER, K.STAGE, K.AMOUNT, K.CLOSE_ON)


@dataclass
class Story:
    """A deal with what the touches need to know of it."""

    deal: NewDeal
    seller: Seller
    customer: Customer | None
    start: date
    end: date | None
    opener: Seller | None = None
    handed_on: date | None = None
    # What the first amount became when the offer went out; without one the first amount stood.
    agreed: Decimal | None = None
    key: int = 0


@dataclass
class Teller:
    """Makes up deals one after the other, from one stream of chance."""

    staff: Staff
    market: Market
    days: Days
    rnd: Random

    def closed(self, months: list[Month]) -> Iterator[Story]:
        """Every win of the plan, with the losses that belong to it."""
        for month in months:
            seller = self.staff.sellers[month.name]
            closing = self._closing_days(month)
            for amount, day in zip(self._amounts(month), closing, strict=True):
                yield self._finished(seller, month.kind, day, amount, Deal.Outcome.WON)
            for _ in range(self._losses(month)):
                day = self.rnd.choice(self.days.past(month.back) or closing)
                amount = round(month.kind.average * 1000 * self.rnd.lognormvariate(0, 0.5))
                yield self._finished(seller, month.kind, day, amount, self._bad_end())

    def _closing_days(self, month: Month) -> list[date]:
        past = self.days.past(month.back) or [self.days.on_or_after(self.days.month(month.back)[0])]
        late, early = past[-3:], past[:3]
        if last_days_only(month.name, month.back):
            return [self.rnd.choice(late if self.rnd.random() < 0.7 else past) for _ in range(month.wins)]
        if first_days_often(month.name):
            return [self.rnd.choice(early if self.rnd.random() < 0.38 else past) for _ in range(month.wins)]
        return [self.rnd.choice(past) for _ in range(month.wins)]

    def _amounts(self, month: Month) -> list[int]:
        """Thousands of rupiah that sum to the month's amount."""
        weights = [self.rnd.lognormvariate(0, 0.45) for _ in range(month.wins)]
        total, shares = sum(weights), []
        for weight in weights[:-1]:
            shares.append(max(1, int(month.amount * weight / total)))
        return [*shares, max(1, month.amount - sum(shares))]

    def _losses(self, month: Month) -> int:
        if month.name == "Rizky Pratama":
            return 13 if month.back else 6
        expected = month.wins * (1 / month.kind.win_rate - 1)
        return int(expected) + (self.rnd.random() < expected % 1)

    def _bad_end(self) -> Deal.Outcome:
        return Deal.Outcome.NO_DECISION if self.rnd.random() < 0.18 else Deal.Outcome.LOST

    def _finished(self, seller: Seller, kind: Kind, day: date, amount: int, outcome: Deal.Outcome) -> Story:
        start = self.days.on_or_after(day - timedelta(days=self.rnd.randint(*kind.cycle)))
        start = min(start, day)
        reached = 5 if outcome == Deal.Outcome.WON else self.rnd.choices((1, 2, 3, 4), (25, 35, 25, 15))[0]
        story = self.begun(seller, kind, start, amount, until=day)
        self.walk(story, start, day, reached)
        self.promise(
            story, start, day + timedelta(days=self.rnd.randint(-3, 12)), pushes=self.rnd.choices((0, 1, 2), (70, 22, 8))[0]
        )
        if reached >= 4:
            sent = self.days.on_or_after(max(start, day - timedelta(days=self.rnd.randint(2, 9))))
            self.add(story, K.AGREEMENT_SENT, min(sent, day), on_date=min(sent, day))
        self._end(story, day, outcome)
        return story

    def _end(self, story: Story, day: date, outcome: Deal.Outcome) -> None:
        reason, competitor = "", None
        if outcome == Deal.Outcome.LOST:
            reason = self.rnd.choice(LOST_REASONS).value
            if reason == Deal.Reason.COMPETITOR:
                weights = (60, 20, 10, 10) if story.customer and story.customer.sector == "F&B" else (15, 35, 30, 20)
                competitor = self.rnd.choices(self.market.competitors, weights)[0].pk
        elif outcome == Deal.Outcome.NO_DECISION:
            reason = self.rnd.choice((Deal.Reason.SILENCE, Deal.Reason.BUDGET, Deal.Reason.TIMING)).value
        minutes = self.rnd.randrange(540, 1050)
        self.add(story, K.OUTCOME, day, code=outcome.value, reason=reason, competitor_id=competitor, minutes=minutes)
        story.end = day

    def begun(
        self,
        seller: Seller,
        kind: Kind,
        start: date,
        amount: int,
        customer: Customer | None = None,
        product: str = "",
        relay: bool = True,
        until: date | None = None,
        haggle: bool = True,
    ) -> Story:
        """A deal opened on that day for so many thousand rupiah, by an SDR where the relay brought it."""
        customer = customer or self.rnd.choice(self.market.customers[seller.name])
        product = product or self.rnd.choice(kind.products)
        types = (
            ((Deal.Type.RENEWAL, 60), (Deal.Type.EXPANSION, 25), (Deal.Type.CROSS_SELL, 15))
            if kind is CARE
            else ((Deal.Type.NEW, 1),)
        )
        deal_type = self.rnd.choices([name for name, _ in types], [weight for _, weight in types])[0]
        story = Story(
            NewDeal(
                name=f"{customer.name} – {product}", currency="IDR", pipeline_id=self.market.pipeline.pk, events=[], opened_on=start,
                account_id=customer.pk, contact_id=customer.contact, product_id=self.market.products[product].pk,
                deal_type=deal_type.value, created_at=at(start, _OPENED_AT),
            ),
            seller, customer, start, None,
        )  # fmt: skip
        handed = self.days.on_or_after(start + timedelta(days=self.rnd.randint(2, 8)))
        opener = self._opener(kind) if relay and handed < min(until or self.days.today, self.days.today) else None
        if opener:
            story.opener, story.handed_on = opener, handed
        self.add(story, K.OWNER, start, rep_id=(opener or seller).rep.pk)
        if opener:
            self.add(story, K.OWNER, handed, rep_id=seller.rep.pk)
        self.add(story, K.STAGE, start, stage=self.market.stages[0])
        agreed = Decimal(amount) * 1000
        if haggle and self.rnd.random() < 0.3:
            story.agreed = agreed
        asked = agreed * self.rnd.randint(95, 118) // 100 if story.agreed else agreed
        self.add(story, K.AMOUNT, start, amount=asked)
        return story

    def _opener(self, kind: Kind) -> Seller | None:
        """Relay deals start with an SDR who hands them over."""
        if kind not in (MIDDLE, LARGE) or self.rnd.random() > 0.6:
            return None
        return self.rnd.choice(self.staff.of("SDR"))

    def walk(self, story: Story, start: date, end: date, reached: int, ready_on: date | None = None) -> None:
        """Through the first `reached` stages between the two days; the agreement is to be ready on `ready_on`."""
        span = max((end - start).days, 0)
        for step in range(1, reached):
            day = start + timedelta(days=round(span * step / (reached + 0.6)))
            self.add(story, K.STAGE, day, stage=self.market.stages[step])
            if step == 2:
                ready = ready_on or day + timedelta(days=self.rnd.randint(4, 18))
                self.add(story, K.AGREEMENT_ON, day, on_date=ready)
            if step == 2 and story.agreed:
                self.add(story, K.AMOUNT, day, amount=story.agreed)

    def promise(self, story: Story, start: date, expected: date, pushes: int) -> None:
        """The expected close as it was first said, and each time it moved later."""
        first = expected - timedelta(days=sum(self.rnd.randint(7, 16) for _ in range(pushes)))
        steps = [first, *(first + (expected - first) * n / pushes for n in range(1, pushes + 1))] if pushes else [expected]
        said = start
        for step in steps:
            self.add(story, K.CLOSE_ON, min(said, self.days.today - timedelta(days=1)), on_date=step)
            said = max(said, step - timedelta(days=self.rnd.randint(0, 4)))

    def _moved(self, story: Story, start: date, expected: date, pushes: int) -> None:
        """The expected close of an open deal: first said at the start, moved later on some days since."""
        steps = [expected - timedelta(days=9 * left) for left in range(pushes, -1, -1)]
        # Few of them in the last days: a week in which everything moves is no usual week.
        until = self.days.today - timedelta(days=0 if self.rnd.random() < 0.2 else self.days.today.weekday() + 1)
        since = self.days.within(start + timedelta(days=1), until) or [start]
        said = [start, *sorted(self.rnd.choice(since) for _ in range(pushes))]
        for day, step in zip(said, steps, strict=True):
            self.add(story, K.CLOSE_ON, day, on_date=max(step, start))

    def add(self, story: Story, kind: K, day: date, *, minutes: int = 0, **values: object) -> None:
        """An event by whoever held the deal that day, at some hour of it; those that open it are one save."""
        actor = story.opener if story.opener and story.handed_on and day < story.handed_on else story.seller
        opens = day == story.start and kind in _OPENING and all(event.kind != kind.value for event in story.deal.events)
        instant = at(day, minutes or (_OPENED_AT if opens else self.rnd.randrange(_OPENED_AT + 5, 1040)))
        event = NewEvent(kind.value, day, occurred_at=instant, recorded_at=instant, actor_id=actor.user.pk, **values)  # type: ignore[arg-type]
        story.deal.events.append(event)

    # ── Open deals ──────────────────────────────────────────────────────────────────────────────────────────────────
    def open(self) -> Iterator[Story]:
        """What everybody has in hand today."""
        for seller in self.staff.sellers.values():
            kind = seller.kind or MIDDLE
            count = kind.open_deals if seller.kind else 12 if seller.group == "SDR" else 0
            if seller.rep.left_on or not count:
                continue
            for _ in range(count):
                yield self._in_hand(seller, kind, early=seller.kind is None)

    def _in_hand(self, seller: Seller, kind: Kind, early: bool) -> Story:
        age = self.rnd.randint(1, round(kind.cycle[1] * 0.9))
        start = self.days.within(self.days.today - timedelta(days=age + 4), self.days.today - timedelta(days=1))
        opened = self.rnd.choice(start[:4]) if start else self.days.today - timedelta(days=4)
        reached = self.rnd.choice((1, 2)) if early else min(5, 1 + round(4.4 * age / kind.cycle[1] * self.rnd.uniform(0.5, 1.25)))
        amount = round(kind.average * 1000 * self.rnd.lognormvariate(0, 0.5))
        owner = self.staff.sellers[self.rnd.choice(list(self.market.customers))] if early else seller
        story = self.begun(seller, kind, opened, amount, customer=self.rnd.choice(self.market.customers[owner.name]))
        yesterday = self.days.today - timedelta(days=1)
        ahead = -self.rnd.randint(1, 9) if self.rnd.random() < 0.06 else self.rnd.randint(1, 58)
        ready = -self.rnd.randint(1, 8) if self.rnd.random() < 0.05 else self.rnd.randint(2, max(ahead, 20))
        self.walk(story, opened, yesterday, reached, self.days.today + timedelta(days=ready))
        pushes = self.rnd.choices((0, 1, 2, 3), (76, 16, 6, 2))[0]
        self._moved(story, opened, self.days.today + timedelta(days=ahead), pushes)
        if reached == 5 and self.rnd.random() < 0.6:
            sent = self.days.within(yesterday - timedelta(days=9), self.days.today)[0]
            self.add(story, K.AGREEMENT_SENT, sent, on_date=sent)
        if self.rnd.random() < 0.86:
            self._next(story, reached)
        if kind is not FIELD and self.rnd.random() < 0.05:
            self._change_this_week(story)
        return story

    def _next(self, story: Story, reached: int) -> None:
        due = self.days.on_or_after(
            self.days.today + timedelta(days=self.rnd.choices((-2, -1, 0, 1, 2, 3, 5, 7), (4, 5, 22, 18, 16, 13, 12, 10))[0])
        )
        said = self.days.within(self.days.today - timedelta(days=8), self.days.today)
        self.add(
            story,
            K.NEXT_ACTION,
            max(self.rnd.choice(said), story.start),
            on_date=due,
            text=Words(self.rnd.choice(NEXT_STEPS[reached - 1])),
        )

    def _change_this_week(self, story: Story) -> None:
        monday = self.days.today - timedelta(days=self.days.today.weekday())
        week = self.days.within(monday, self.days.today)
        if not week or story.start >= week[0]:
            return
        last = next(event for event in reversed(story.deal.events) if event.kind == K.AMOUNT)
        self.add(
            story,
            K.AMOUNT,
            self.rnd.choice(week),
            amount=(last.amount or Decimal(0)) * self.rnd.choice((80, 85, 110, 125)) // 100,
        )

    # ── Disqualified early by the SDRs ──────────────────────────────────────────────────────────────────────────────
    def disqualified(self, backs: range) -> Iterator[Story]:
        """Deals that an SDR opened and found not to be a fit."""
        customers = [customer for seller in self.staff.of("Menengah Jawa") for customer in self.market.customers[seller.name]]
        for back in backs:
            for seller in self.staff.of("SDR"):
                for day in self.rnd.sample(self.days.past(back), min(8, len(self.days.past(back)))):
                    start = self.days.on_or_after(day - timedelta(days=self.rnd.randint(3, 20)))
                    story = self.begun(seller, FIELD, min(start, day), 30_000, self.rnd.choice(customers), "Gudang")
                    self._end(story, day, Deal.Outcome.DISQUALIFIED)
                    yield story
