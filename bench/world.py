"""A company of the size asked for: the same rows for the same day. Built once and kept until a migration changes.

Teams of six to eight under regions under one VP; 18 months of deals with their history, and activities on them.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from deals.bulk import NewDeal, NewEvent, Words, Writer
from deals.models import Account, DealEvent, Pipeline, Stage
from lib import clock
from lib.periods import add_months
from lib.versioned import since
from metrics.quotas import NewQuota, set_quotas
from reps.models import Company, Rep, Team, TeamLead, TeamMembership, User

PASSWORD = "correct horse battery"  # noqa: S105  # of people who exist in the benchmark alone
MONTHS = 18
PER_TEAM = 6
TEAMS_PER_REGION = 10
STAGES = (("Lead", "0.1", "open", False), ("Qualified", "0.3", "open", True), ("Proposal", "0.5", "proposal", True),
          ("Agreement", "0.8", "agreement", True))  # fmt: skip
_K = DealEvent.Kind


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    name: str
    reps: int
    deals: int
    activities: int


SIZES = {"S": Size("S", 35, 8_800, 100_000), "L": Size("L", 1_000, 200_000, 2_000_000)}


def build(size: Size) -> None:
    """Fill an empty, migrated database."""
    started, today = time.perf_counter(), clock.today(Company().zone)

    def told(what: str) -> None:
        sys.stdout.write(f"{size.name}: {what} after {time.perf_counter() - started:.0f} s\n")
        sys.stdout.flush()

    rnd = random.Random(f"bench {size.name}")  # noqa: S311 - the same company each time is the point
    company, reps = _people(size)
    pipeline = _pipeline()
    with transaction.atomic():
        accounts = _accounts(size, reps, company)
    told("people and accounts")
    stages = list(pipeline.stages.order_by("order"))
    deals = _deals(size, reps, accounts, pipeline, stages, today, rnd)
    while chunk := list(islice(deals, 20_000)):
        with transaction.atomic(), Writer(company=company, actor=None) as writer:
            for at in range(0, len(chunk), 4_000):
                writer.deals(chunk[at : at + 4_000])
    told("deals")
    _activities(size, today)
    told("activities")
    _quotas(company, reps, today)
    told("quotas")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _people(size: Size) -> tuple[Company, list[Rep]]:
    company = Company.load()
    Company.objects.filter(pk=1).update(name="Bench", set_up_at=clock.now(), currency="IDR")
    company.refresh_from_db()
    hashed = make_password(PASSWORD)
    vp = _person("vp", hashed, sells=False)
    _person_user("admin", hashed, User.Kind.ADMIN)
    top = _team("Company", None, vp)
    reps: list[Rep] = []
    teams = -(-size.reps // PER_TEAM)
    regions = [_team(f"Region {n}", top, _person(f"head{n}", hashed, sells=False)) for n in range(-(-teams // TEAMS_PER_REGION))]
    for n in range(teams):
        team = _team(f"Team {n:03}", regions[n // TEAMS_PER_REGION], _person(f"manager{n}", hashed, sells=False))
        for m in range(min(PER_TEAM, size.reps - n * PER_TEAM)):
            rep = _person(f"rep{n * PER_TEAM + m}", hashed, sells=True)
            TeamMembership.objects.create(rep=rep, team=team, valid=since())
            reps.append(rep)
    return company, reps


def _person_user(name: str, hashed: str, kind: str) -> User:
    return User.objects.create(name=name.title(), email=f"{name}@example.com", password=hashed, kind=kind)


def _person(name: str, hashed: str, *, sells: bool) -> Rep:
    user = _person_user(name, hashed, User.Kind.MEMBER)
    return Rep.objects.create(name=name.title(), user=user, sells=sells, work_email=user.email)


def _team(name: str, parent: Team | None, lead: Rep) -> Team:
    team = Team.objects.create(name=name, parent=parent)
    team.path = f"{parent.path if parent else '/'}{team.pk}/"
    team.save(update_fields=["path"])
    TeamLead.objects.create(rep=lead, team=team, valid=since())
    return team


def _pipeline() -> Pipeline:
    pipeline = Pipeline.objects.filter(is_default=True).first() or Pipeline.objects.create(name="Sales", is_default=True)
    if not pipeline.stages.exists():
        Stage.objects.bulk_create(
            Stage(pipeline=pipeline, name=name, order=n, probability=Decimal(p), is_qualified=ok, expected_days=21,
                  **({} if kind == "open" else {"kind": kind}))
            for n, (name, p, kind, ok) in enumerate(STAGES, 1)
        )  # fmt: skip
    return pipeline


def _accounts(size: Size, reps: list[Rep], company: Company) -> list[tuple[int, int]]:
    """(account, owner): one for every two deals."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO deals_account (name, owner_id, sector, city, phone, website, employees, extra, external_id, created_at)
            SELECT 'PT Pelanggan ' || n, (%(reps)s::bigint[])[1 + n %% %(count)s], '', '', '', '', NULL, '{}', '', now()
            FROM generate_series(1, %(n)s) n
            """,
            {"reps": [rep.pk for rep in reps], "count": len(reps), "n": size.deals // 2},
        )
    return list(Account.objects.order_by("pk").values_list("pk", "owner_id"))


def _deals(
    size: Size, reps: list[Rep], accounts: list[tuple[int, int]], pipeline: Pipeline, stages: list[Stage], today: date,
    rnd: random.Random,
) -> Iterator[NewDeal]:  # fmt: skip
    first = add_months(today.replace(day=1), -MONTHS)
    days = (today - first).days
    kinds = ("new", "new", "new", "cross_sell", "renewal", "expansion")
    for n in range(size.deals):
        account, owner = accounts[rnd.randrange(len(accounts))]
        opened = first + timedelta(days=rnd.randrange(days))
        events = [
            NewEvent(_K.STAGE, opened, stage=stages[0]), NewEvent(_K.OWNER, opened, rep_id=owner),
            NewEvent(_K.AMOUNT, opened, amount=Decimal(rnd.randrange(2, 900) * 500_000)),
            NewEvent(_K.CLOSE_ON, opened, on_date=opened + timedelta(days=rnd.randrange(20, 120))),
        ]  # fmt: skip
        closed = opened + timedelta(days=rnd.randrange(5, 110))
        reached = rnd.randrange(1, 4)
        for step in range(1, reached + 1):
            on = opened + timedelta(days=(min(closed, today) - opened).days * step // (reached + 1))
            events.append(NewEvent(_K.STAGE, on, stage=stages[step]))
        if closed <= today:
            code = rnd.choices(("won", "lost", "no_decision", "disqualified"), (36, 44, 14, 6))[0]
            events.append(NewEvent(_K.OUTCOME, closed, code=code, reason="" if code == "won" else "price"))
        elif rnd.random() < 0.7:
            due = today + timedelta(days=rnd.randrange(-4, 20))
            events.append(NewEvent(_K.NEXT_ACTION, opened, on_date=due, text=Words("Call about the proposal")))
        if n % 20 == 0 and closed <= today:  # one in twenty changed hands on the way
            events.append(NewEvent(_K.OWNER, opened + (closed - opened) // 2, rep_id=rnd.choice(reps).pk))
        yield NewDeal(
            f"Deal {n:06}", "IDR", pipeline.pk, events, opened_on=opened, account_id=account, deal_type=rnd.choice(kinds)
        )


# Channels by share: WhatsApp and visits make the most, meetings the least; a day has working hours.
_ACTIVITIES = """
INSERT INTO deals_activity (id, rep_id, deal_id, account_id, channel, purpose, is_cold, direction, outcome, booked_at, booked_by_id,
                            occurred_at, occurred_on, is_human, recorded_at, source, external_id)
SELECT uuidv7(), d.owner_id, d.id, d.account_id, a.channel, 'discovery', FALSE, 'out', a.outcome,
       CASE WHEN a.channel = 'meeting' THEN at - interval '3 days' END, CASE WHEN a.channel = 'meeting' THEN d.owner_id END,
       at, (at AT TIME ZONE 'Asia/Jakarta')::date, TRUE, at, 'app', ''
FROM (
    SELECT n, (%(first)s::date + (random() * (%(days)s - 1))::int) + interval '1 hour' + random() * interval '9 hours' AS at,
           1 + (random() * (%(deals)s - 1))::int AS deal,
           (ARRAY['whatsapp', 'whatsapp', 'call', 'call', 'visit', 'email', 'meeting'])[1 + (random() * 6)::int] AS channel
    FROM generate_series(1, %(n)s) n
) r
JOIN numbered d ON d.n = r.deal
CROSS JOIN LATERAL (SELECT r.channel, CASE r.channel WHEN 'whatsapp' THEN 'sent' WHEN 'email' THEN 'sent'
    WHEN 'call' THEN (CASE WHEN r.n % 3 = 0 THEN 'no_answer' ELSE 'reached' END)
    ELSE (CASE WHEN r.n % 5 = 0 THEN 'no_show' ELSE 'held' END) END AS outcome) a
"""


def _activities(size: Size, today: date) -> None:
    first = add_months(today.replace(day=1), -MONTHS)
    parts = 10
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute(
            "CREATE TEMP TABLE numbered ON COMMIT DROP AS "
            "SELECT row_number() OVER (ORDER BY id) AS n, id, owner_id, account_id FROM deals_deal"
        )
        cursor.execute("CREATE INDEX ON numbered (n)")
        cursor.execute("ANALYZE numbered")
        params: dict[str, Any] = {"deals": size.deals, "first": first, "days": (today - first).days}
        for _ in range(parts):
            cursor.execute(_ACTIVITIES.replace(" % ", " %% "), {**params, "n": size.activities // parts})
        cursor.execute(
            "UPDATE deals_deal d SET last_contact_on = a.day FROM (SELECT deal_id, max(occurred_on) AS day FROM deals_activity "
            "WHERE outcome IN ('reached', 'held') GROUP BY deal_id) a WHERE a.deal_id = d.id AND d.outcome = ''"
        )


def _quotas(company: Company, reps: list[Rep], today: date) -> None:
    """Every rep each month; every team the sum of its reps less an eighth."""
    months = [add_months(today.replace(day=1), n) for n in range(-MONTHS, 12 - today.month + 1)]
    numbers = [
        NewQuota(month, Decimal(420_000_000 + 10_000_000 * (n % 9)), rep_id=rep.pk)
        for n, rep in enumerate(reps)
        for month in months
    ]
    members: dict[int, int] = {}
    for team_id in TeamMembership.objects.values_list("team_id", flat=True):
        members[team_id] = members.get(team_id, 0) + 1
    members[Team.objects.get(parent=None).pk] = len(reps)
    numbers += [NewQuota(month, Decimal(400_000_000) * count, team_id=pk) for pk, count in members.items() for month in months]
    set_quotas(metric="won_value", numbers=numbers, by=None, company=company)
