"""Keyword factories: each writes one thing with plain defaults and returns it. A person may be given as user or rep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password

from deals.models import (
    Account,
    Activity,
    ActivityText,
    Competitor,
    Contact,
    Credit,
    Deal,
    DealEvent,
    DealEventText,
    Lead,
    Pipeline,
    Product,
    Stage,
)
from lib import clock
from lib.periods import add_months
from lib.versioned import since
from metrics.quotas import NewQuota, set_quotas
from reps.models import Company, Rep, Role, RoleAssignment, Team, TeamLead, TeamMembership, User
from reps.sealing import seal
from reps.second_factor import new_seed
from reps.tokens import digest

STAGES: Sequence[dict[str, Any]] = (
    {"name": "Lead", "probability": Decimal("0.1"), "is_qualified": False, "expected_days": 14},
    {"name": "Qualified", "probability": Decimal("0.3"), "expected_days": 21},
    {"name": "Proposal", "probability": Decimal("0.5"), "kind": Stage.Kind.PROPOSAL, "expected_days": 21},
    {"name": "Agreement", "probability": Decimal("0.8"), "kind": Stage.Kind.AGREEMENT, "expected_days": 14},
)
_numbers = count(1)


def today() -> date:
    """The frozen day in Jakarta, which is the cast's zone."""
    return clock.today(Company(time_zone="Asia/Jakarta").zone)


def rep_of(person: User | Rep) -> Rep:
    """The seller behind a user, or the rep itself."""
    return person.rep if isinstance(person, User) else person


# ── People ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@cache
def _hashed() -> str:
    return make_password("correct horse battery")


def team(name: str = "", *, parent: Team | None = None, **fields: Any) -> Team:
    """A team below `parent`, or at the root."""
    made = Team.objects.create(name=name or f"Team {next(_numbers)}", parent=parent, **fields)
    made.path = f"{parent.path if parent else '/'}{made.pk}/"
    made.save(update_fields=["path"])
    return made


def rep(
    name: str = "", *, team: Team | None = None, leads: Iterable[Team] = (), role: Role | None = None, start: date | None = None,
    **fields: Any,
) -> Rep:  # fmt: skip
    """A seller without a sign-in; member of `team` and lead of `leads` from `start` on (since ever unless given)."""
    made = Rep.objects.create(name=name or f"Rep {next(_numbers)}", **fields)
    if team is not None:
        TeamMembership.objects.create(rep=made, team=team, valid=since(start))
    for led in leads:
        TeamLead.objects.create(rep=made, team=led, valid=since(start))
    if role is not None:
        RoleAssignment.objects.create(rep=made, role=role, valid=since(start))
    return made


def user(
    name: str = "", *, kind: str = User.Kind.MEMBER, team: Team | None = None, leads: Iterable[Team] = (), email: str = "",
    language: str = "en", is_active: bool = True, **rep_fields: Any,
) -> User:  # fmt: skip
    """Someone who signs in as name@example.com with the cast's password; a member gets a rep."""
    name = name or f"Person {next(_numbers)}"
    address = email or f"{name.lower().replace(' ', '.')}@example.com"
    made = User.objects.create(name=name, email=address, kind=kind, language=language, is_active=is_active, password=_hashed())
    if kind == User.Kind.MEMBER:
        rep(name, team=team, leads=leads, user=made, **rep_fields)
    return made


def second_factor(user: User, *, codes: Iterable[str] = ()) -> str:
    """Signing in asks this person for a code; `codes` are recovery codes. Returns the seed (tests/codes.py makes codes of it)."""
    seed = new_seed()
    Authenticator.objects.create(user=user, type="totp", data={"secret": seal(seed), "last": 0}, created_at=clock.now())
    Authenticator.objects.create(user=user, type="recovery_codes", data={"digests": [digest(code) for code in codes]})
    return seed


def role(name: str = "", *, capabilities: Iterable[str] = (), **fields: Any) -> Role:
    """A role with these verbs."""
    return Role.objects.create(name=name or f"Role {next(_numbers)}", capabilities=list(capabilities), **fields)


# ── What we sell ────────────────────────────────────────────────────────────────────────────────────────────────────
def pipeline(name: str = "", *, stages: Sequence[dict[str, Any]] = STAGES, is_default: bool = False) -> Pipeline:
    """A pipeline with its stages."""
    made = Pipeline.objects.create(name=name or f"Pipeline {next(_numbers)}", is_default=is_default)
    Stage.objects.bulk_create(Stage(pipeline=made, order=order, **fields) for order, fields in enumerate(stages, 1))
    return made


def default_pipeline() -> Pipeline:
    """The company's pipeline, made if need be."""
    return Pipeline.objects.filter(is_default=True).first() or pipeline("Sales", is_default=True)


def product(name: str = "", **fields: Any) -> Product:
    """Something sold."""
    return Product.objects.create(name=name or f"Product {next(_numbers)}", **{"currency": "IDR", **fields})


def competitor(name: str = "") -> Competitor:
    """Somebody deals are lost to."""
    return Competitor.objects.create(name=name or f"Competitor {next(_numbers)}")


def account(name: str = "", *, owner: User | Rep | None = None, **fields: Any) -> Account:
    """A customer."""
    return Account.objects.create(name=name or f"PT Pelanggan {next(_numbers)}", owner=rep_of(owner) if owner else None, **fields)


def contact(name: str = "", *, account: Account | None = None, **fields: Any) -> Contact:
    """A person at a customer."""
    return Contact.objects.create(
        name=name or f"Ibu Kontak {next(_numbers)}", account=account or globals()["account"](), **fields
    )


def lead(name: str = "", *, owner: User | Rep | None = None, **fields: Any) -> Lead:
    """Someone who may buy."""
    return Lead.objects.create(name=name or f"Bapak Prospek {next(_numbers)}", owner=rep_of(owner) if owner else None, **fields)


# ── What happens ────────────────────────────────────────────────────────────────────────────────────────────────────
def deal(
    *, owner: User | Rep, name: str = "", amount: Any = Decimal(10_000_000), stage: Stage | str | int = 2,
    account: Account | None = None, opened_on: date | None = None, expected_close_on: date | None = None,
    outcome: str = "", closed_on: date | None = None, reason: str = "", competitor: Competitor | None = None,
    next_action: str = "", next_action_on: date | None = None, pipeline: Pipeline | None = None, **fields: Any,
) -> Deal:  # fmt: skip
    """A deal with the events behind it. `stage` is a stage, its name or its order; opened 30 days ago unless given.

    With `outcome` it is closed on `closed_on` (today unless given); a win gets its credit.
    """
    seller, at = rep_of(owner), stage if isinstance(stage, Stage) else _stage(pipeline or default_pipeline(), stage)
    opened = opened_on or (closed_on or today()) - timedelta(days=30)
    money = None if amount is None else Decimal(amount)
    closed = (closed_on or today()) if outcome else None
    made = Deal.objects.create(
        name=name or f"Deal {next(_numbers)}", account=account, pipeline=at.pipeline, stage=at, stage_since=opened,
        owner=seller, amount=money, expected_close_on=expected_close_on, opened_on=opened, next_action=next_action,
        next_action_on=next_action_on, qualified_on=opened if at.is_qualified else None,
        is_qualified=at.is_qualified or outcome == Deal.Outcome.WON,
        outcome=outcome, outcome_reason=reason, competitor=competitor, closed_on=closed,
        closing_owner=seller if outcome else None, **{"currency": "IDR", **fields},
    )  # fmt: skip
    kinds = DealEvent.Kind
    _event(made, kinds.STAGE, opened, stage=at)
    _event(made, kinds.OWNER, opened, rep=seller)
    if money is not None:
        _event(made, kinds.AMOUNT, opened, amount=money)
    if expected_close_on:
        _event(made, kinds.CLOSE_ON, opened, on_date=expected_close_on)
    if next_action or next_action_on:
        DealEventText.objects.create(event=_event(made, kinds.NEXT_ACTION, opened, on_date=next_action_on), text=next_action)
    if outcome:
        _event(made, kinds.OUTCOME, closed, code=outcome, reason=reason, competitor=competitor)
    if outcome == Deal.Outcome.WON:
        credit(made, seller)
    return made


def won(*, owner: User | Rep, amount: Any = Decimal(10_000_000), on: date | None = None, **fields: Any) -> Deal:
    """A deal won on that day."""
    return deal(owner=owner, amount=amount, outcome=Deal.Outcome.WON, closed_on=on, **fields)


def lost(*, owner: User | Rep, on: date | None = None, reason: str = Deal.Reason.PRICE, **fields: Any) -> Deal:
    """A deal lost on that day."""
    return deal(owner=owner, outcome=Deal.Outcome.LOST, closed_on=on, reason=reason, **fields)


def credit(
    deal: Deal, rep: User | Rep, *, share: Any = 1, fx: Decimal | None = Decimal(1), kind: str = Credit.Kind.REVENUE
) -> Credit:
    """The rep's share of a win; `fx=None` for a currency without a rate."""
    amount = (deal.amount or Decimal(0)) * Decimal(share)
    return Credit.objects.create(
        deal=deal, rep=rep_of(rep), kind=kind, share=Decimal(share), amount=amount, currency=deal.currency, fx=fx,
        base_amount=None if fx is None else amount * fx, won_on=deal.closed_on or today(), valid=since(),
    )  # fmt: skip


def activity(
    *, rep: User | Rep, channel: str = Activity.Channel.CALL, outcome: str = Activity.Outcome.REACHED,
    at: datetime | None = None, on: date | None = None, note: str = "", **fields: Any,
) -> Activity:  # fmt: skip
    """Something a rep did, an hour ago unless given."""
    happened = at or clock.now() - timedelta(hours=1)
    day = on or clock.local_date(happened, Company(time_zone="Asia/Jakarta").zone)
    made = Activity.objects.create(
        rep=rep_of(rep), channel=channel, outcome=outcome, occurred_at=happened, occurred_on=day, **fields
    )
    if note:
        ActivityText.objects.create(activity=made, text=note)
    return made


def quotas(
    whose: User | Rep | Team, amount: Any = Decimal(60_000_000), *, first: date = date(2026, 1, 1), months: int = 12,
    metric: str = "won_value", deal_type: str = "",
) -> None:  # fmt: skip
    """The same quota for so many months of a rep or team, set by nobody."""
    whom = {"team_id": whose.pk} if isinstance(whose, Team) else {"rep_id": rep_of(whose).pk}
    numbers = [NewQuota(add_months(first, at), Decimal(amount), **whom) for at in range(months)]
    set_quotas(metric=metric, deal_type=deal_type, numbers=numbers, by=None, company=Company.load())


def _stage(pipeline: Pipeline, wanted: str | int) -> Stage:
    return pipeline.stages.get(**({"order": wanted} if isinstance(wanted, int) else {"name": wanted}))


def _event(deal: Deal, kind: str, on: date | None, **fields: Any) -> DealEvent:
    return DealEvent.objects.create(deal=deal, kind=kind, effective_on=on, **fields)
