"""Writes the activities: what was done about each deal and lead, and what is booked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from dashboard.demo import people
from dashboard.demo.calendar import Days, at
from dashboard.demo.people import FIELD, MIDDLE
from dashboard.demo.plan import STARTED
from dashboard.demo.sales import Story
from dashboard.demo.staff import Seller, Staff

Row = dict[str, Any]
# Outcome by channel, with weights.
OUTCOMES = {
    "call": (("reached", 42), ("no_answer", 45), ("left_message", 9), ("wrong_number", 4)),
    "whatsapp": (("sent", 45), ("replied", 55)),
    "visit": (("held", 82), ("no_show", 18)),
    "meeting": (("held", 80), ("no_show", 12), ("rescheduled", 8)),
    "email": (("sent", 60), ("replied", 40)),
    "message": (("sent", 60), ("replied", 40)),
}
PURPOSES = ("discovery", "discovery", "demo", "proposal", "negotiation")
NOTES = (
    "Minta harga untuk dua cabang.", "Bandingkan dengan Kompetitor K.", "Pemilik di luar kota sampai Jumat.", "Sudah cocok, tunggu anggaran.",
    "Minta demo ulang untuk kepala gudang.", "Kirim brosur dan daftar harga.", "Tanya cicilan.", "Data barang belum rapi, bantu migrasi.",
)  # fmt: skip
# Meetings that an SDR holds in a month, as a share of the 18 asked for: the usual range, and those with a story.
MEETINGS, USUAL_SHARE = 18, (0.78, 1.12)
SHARES = {"Putri Anjani": (1.15, 1.3), "Rizky Pratama": (1.35, 1.5)}
# Busy, not moving: so few of the meetings of these months were held, whatever was booked.
BUSY, BUSY_MONTHS, BUSY_HELD = "Fajar Ramadhan", 1, 5
# Of the meetings that Rizky booked, as many more came to nothing.
MISSED_SHARE = 0.24
LEAD_SOURCES = ("cold", "referral", "web", "event", "partner", "inbound")


class Toucher:
    """Makes up touches from one stream of chance, ids included, so that the same day gives the same rows."""

    def __init__(self, staff: Staff, days: Days, rnd: Random) -> None:
        self.staff, self.days, self.rnd = staff, days, rnd
        self.last = days.index(days.today)
        self.held: dict[tuple[int, date], int] = {}
        self.busy = staff.sellers[BUSY].rep.pk
        self.busy_since = days.month(BUSY_MONTHS)[0]
        self._weighted = {name: ([word for word, _ in rows], [weight for _, weight in rows]) for name, rows in OUTCOMES.items()}

    def _id(self, milliseconds: int) -> UUID:
        value = (milliseconds << 80) | self.rnd.getrandbits(80)
        return UUID(int=value & ~(0xF << 76) | 0x7 << 76 & ~(0x3 << 62) | 0x2 << 62)

    def _row(self, rep_id: int, day: date, channel: str, **values: Any) -> Row:
        moment = at(day, self.rnd.randrange(510, 1050))
        words, weights = self._weighted[channel]
        row: Row = {
            "id": self._id(int(moment.timestamp() * 1000)), "rep_id": rep_id, "channel": channel, "occurred_at": moment,
            "occurred_on": day, "recorded_at": moment, "outcome": self.rnd.choices(words, weights)[0], **values,
        }  # fmt: skip
        if channel in ("meeting", "visit"):
            row["ended_at"] = moment + timedelta(minutes=self.rnd.choice((30, 45, 60, 90)))
        if channel == "meeting":
            row.setdefault("booked_at", moment - timedelta(days=self.rnd.randint(1, 6), minutes=30))
            row.setdefault("booked_by_id", rep_id)
            self._hold(row)
        return row

    def _hold(self, row: Row) -> None:
        """Count the meetings held in each month; the busy one holds no more than a few."""
        place = (row["rep_id"], row["occurred_on"].replace(day=1))
        if row["outcome"] == "held" and row["rep_id"] == self.busy and row["occurred_on"] >= self.busy_since:
            back = int(place[1] < self.days.today.replace(day=1))
            if self.held.get(place, 0) >= round(BUSY_HELD * self.days.elapsed_share(back)):
                row["outcome"] = "no_show"
        if row["outcome"] == "held":
            self.held[place] = self.held.get(place, 0) + 1

    def about(self, story: Story) -> Iterator[Row]:
        """The touches of one deal, from its opening to its end or today."""
        kind = story.seller.kind or MIDDLE
        channels, weights = [name for name, _ in kind.channels], [weight for _, weight in kind.channels]
        place, end = self.days.index(story.start), min(self.days.index(story.end or self.days.today), self.last - 1)
        quiet = story.end is None and self.rnd.random() < 0.07
        end -= self.rnd.randint(10, 18) if quiet else 0
        started, span = place, max(end - place, 1)
        while place <= end:
            day = self.days.working[place]
            opener = story.opener if story.opener and story.handed_on and day < story.handed_on else None
            who = opener or story.seller
            extra: Row = {"booked_by_id": story.opener.rep.pk} if story.opener and not opener and place - started < 12 else {}
            row = self._row(
                who.rep.pk, day, self.rnd.choices(channels, weights)[0], deal_id=story.key, account_id=story.customer and story.customer.pk,
                contact_id=story.customer and story.customer.contact,
                purpose=PURPOSES[min(4, int(5 * (place - started) / span))],
            )  # fmt: skip
            if row["channel"] == "meeting":
                row |= extra
            if self.rnd.random() < 0.06:
                row["note"] = self.rnd.choice(NOTES)
            yield row
            place += max(1, round(self.rnd.expovariate(1 / kind.touch_every)))

    def booked(self, stories: list[Story]) -> Iterator[Row]:
        """Meetings and visits of the coming days."""
        open_now = [story for story in stories if story.end is None and story.seller.kind and not story.seller.rep.left_on]
        upcoming = self.days.working[self.last : self.last + 6]
        for story in self.rnd.sample(open_now, min(len(open_now), 90)):
            day = self.rnd.choice(upcoming)
            row = self._row(
                story.seller.rep.pk, day, "visit" if story.seller.kind is FIELD else "meeting", deal_id=story.key,
                account_id=story.customer and story.customer.pk, contact_id=story.customer and story.customer.contact, purpose="demo",
            )  # fmt: skip
            booked = at(self.days.working[self.last - self.rnd.randint(1, 3)], self.rnd.randrange(520, 1000))
            row |= {"outcome": "", "booked_at": booked, "booked_by_id": story.seller.rep.pk, "recorded_at": booked}
            yield row

    # ── Leads ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def leads(self, backs: range) -> list[Row]:
        """What the prospectors find: about 120 a month each, fewer today's month."""
        team = self.staff.of("SDR")[0].team
        made = []
        for back in backs:
            past = self.days.past(back)
            for seller in self.staff.of("Pencari Prospek"):
                for day in past:
                    for _ in range(self.rnd.choice((4, 5, 6, 7))):
                        made.append(self._lead(seller, day, team.pk, fresh=back == 0 and (self.days.today - day).days < 8))
        return made

    def _lead(self, finder: Seller, day: date, team_id: int, fresh: bool) -> Row:
        owner = None if fresh and self.rnd.random() < 0.12 else self.rnd.choice(self.staff.of("SDR")).rep.pk
        states, weights = (("new", "working"), (45, 55)) if fresh else (("converted", "disqualified", "working"), (38, 46, 16))
        state = self.rnd.choices(states, weights)[0]
        form = self.rnd.choice(("CV", "PT", "Toko", "UD"))
        company = f"{form} {self.rnd.choice(people.FIRST_WORDS)} {self.rnd.choice(people.SECOND_WORDS)}"
        return {
            "name": f"{self.rnd.choice(people.GIVEN)} {self.rnd.choice(people.FAMILY)}",
            "company_name": company,
            "phone": f"+628{self.rnd.choice((11, 12, 13, 21, 52))}{self.rnd.randrange(10**6, 10**8)}", "source": self.rnd.choice(LEAD_SOURCES),
            "state": "new" if owner is None else state, "owner_id": owner, "team_id": team_id, "created_by_id": finder.rep.pk,
            "created_at": at(day, self.rnd.randrange(510, 1040)),
        }  # fmt: skip

    def prospecting(self, leads: list[tuple[int, Row]], backs: range) -> Iterator[Row]:
        """Calls and messages of the prospectors and SDRs, day by day."""
        by_owner: dict[int, list[tuple[int, Row]]] = {}
        for key, lead in leads:
            by_owner.setdefault(lead["owner_id"] or lead["created_by_id"], []).append((key, lead))
        for seller in (*self.staff.of("Pencari Prospek"), *self.staff.of("SDR")):
            own = by_owner.get(seller.rep.pk, [])
            for back in backs:
                busy = seller.name == BUSY and back <= BUSY_MONTHS
                for day in self.days.past(back):
                    yield from self._prospecting_day(seller, day, own, busy)
                if seller.group == "SDR":
                    yield from self._first_meetings(seller, back, own)
        rizky = self.staff.sellers["Rizky Pratama"]
        for back in backs:
            if back > STARTED[rizky.name]:
                yield from self._first_meetings(rizky, back, [], missed=MISSED_SHARE)

    def _first_meetings(self, seller: Seller, back: int, own: list[tuple[int, Row]], missed: float = 0) -> Iterator[Row]:
        """What an SDR needs beside the meetings of deals to come near what is asked."""
        past = self.days.past(back)
        if not past:
            return
        share = self.rnd.uniform(*SHARES.get(seller.name, USUAL_SHARE))
        wanted = round(
            (BUSY_HELD if seller.name == BUSY and back <= BUSY_MONTHS else MEETINGS * share) * self.days.elapsed_share(back)
        )
        had = self.held.get((seller.rep.pk, past[0].replace(day=1)), 0)
        for number in range(max(0, wanted - had) + round(wanted * missed)):
            day = self.rnd.choice(past)
            known = [key for key, lead in own if lead["created_at"] < at(day, 0)]
            lead_id = self.rnd.choice(known) if known else None
            row = self._row(seller.rep.pk, day, "meeting", purpose="discovery", lead_id=lead_id, outcome="held")
            if number >= wanted - had and missed:
                row["outcome"] = "no_show"
            yield row

    def _prospecting_day(self, seller: Seller, day: date, own: list[tuple[int, Row]], busy: bool) -> Iterator[Row]:
        known = [pair for pair in self.rnd.choices(own, k=28) if pair[1]["created_at"] < at(day, 0)] if own else []
        dead = [pair for pair in known if pair[1]["state"] == "disqualified"]
        for _ in range(self.rnd.randint(18, 22) if busy else self.rnd.randint(17, 23)):
            call = busy or self.rnd.random() < 0.55
            pool = dead if busy and dead and self.rnd.random() < 0.46 else known
            row = self._row(
                seller.rep.pk, day, "call" if call else "whatsapp", purpose="prospecting", is_cold=self.rnd.random() < 0.7,
                lead_id=self.rnd.choice(pool)[0] if pool else None,
            )  # fmt: skip
            if busy:
                row["outcome"] = "reached" if self.rnd.random() < 0.09 else "no_answer"
            yield row
