"""Setting quotas: a change supersedes the row of its month and writes the next version; nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from lib import clock
from lib.money import quantize
from metrics.models import Quota
from metrics.targets import COUNT_PLACES
from reps import audit
from reps.access import Viewer, viewer_of
from reps.models import Company, Rep, Team, User

MONEY = (Quota.Metric.WON_VALUE,)
# Whose number, and of which month: (rep, team, month).
Key = tuple[int | None, int | None, date]


@dataclass(frozen=True)
class NewQuota:
    """One month's number for a rep or a team; `amount` None takes it away."""

    month_on: date
    amount: Decimal | None
    rep_id: int | None = None
    team_id: int | None = None


@dataclass(frozen=True)
class Saved:
    """What a save did: how many numbers changed, and the instant by which it can be taken back."""

    count: int
    at: datetime


class Stale(Exception):
    """Somebody changed some of the numbers since they were read; nothing was saved. `now` holds what stands there."""

    def __init__(self, now: dict[Key, Quota | None]) -> None:
        super().__init__(len(now))
        self.now = now


def is_money(metric: str) -> bool:
    """Whether a quota of this metric is an amount of money, in the company's currency."""
    return metric in MONEY


def may_set(viewer: Viewer, *, rep_id: int | None = None, team_id: int | None = None) -> bool:
    """Whether this person sets that rep's or team's number: an admin any, a manager those below and never their own."""
    if not viewer.may("quota.edit"):
        return False
    if viewer.kind == "admin":
        return True
    if rep_id is not None:
        return rep_id in viewer.subtree_rep_ids and rep_id != viewer.rep_id
    return team_id in viewer.subtree_team_ids and team_id not in viewer.led_team_ids


def set_quotas(
    *, metric: str, deal_type: str = "", numbers: Sequence[NewQuota], by: User | None, company: Company, reason: str = "",
    seen: Mapping[Key, Decimal | None] | None = None,
) -> Saved:  # fmt: skip
    """Bring the months named to these numbers, all or none. Equal ones are left alone.

    Money is taken in the company's currency and whole minor units, counts with four decimals. `seen` says what stood
    there when the numbers were chosen: raises Stale where something else stands there now, unless it is what is wanted.
    Raises PermissionDenied when one of them is not this person's to set (`by` None is the system).
    """
    if by is not None:
        viewer = viewer_of(by)
        if not all(may_set(viewer, rep_id=new.rep_id, team_id=new.team_id) for new in numbers):
            raise PermissionDenied
    currency = company.currency if is_money(metric) else ""
    with transaction.atomic():
        _lock(numbers)
        now = clock.now()
        found = _current(metric, deal_type, numbers)
        changed = [new for new in numbers if _rounded(new.amount, currency) != _amount(found.get(_key(new)))]
        if seen is not None:
            _refuse_stale(changed, found, seen)
        gone = [found[_key(new)].pk for new in changed if _key(new) in found]
        if gone:
            Quota.objects.filter(pk__in=gone).update(superseded_at=now)
        rows = [_row(new, metric, deal_type, currency, now, by, reason) for new in changed if new.amount is not None]
        Quota.objects.bulk_create(rows)
        _record(changed, found, metric, deal_type, currency, by, reason)
    return Saved(len(changed), now)


def undo(*, made_at: datetime, by: User, company: Company) -> int:
    """Take back what this person set or took away at that instant, where nobody has changed it since; returns how many.

    Raises Stale where somebody changes it at this moment.
    """
    with transaction.atomic():
        made = list(Quota.objects.filter(actor=by, recorded_at=made_at).select_for_update().order_by("pk"))
        before = {_key_of(row): row for row in Quota.objects.filter(superseded_at=made_at).order_by("pk")}
        taken = [row for key, row in before.items() if key not in {_key_of(row) for row in made}]
        back = 0
        for metric, deal_type in {(row.metric, row.deal_type) for row in [*made, *taken]}:
            standing = [row for row in made if (row.metric, row.deal_type) == (metric, deal_type) and row.superseded_at is None]
            gone = [row for row in taken if (row.metric, row.deal_type) == (metric, deal_type)]
            numbers = [NewQuota(row.month_on, _amount(before.get(_key_of(row))), row.rep_id, row.team_id) for row in standing]
            numbers += _still_without(metric, deal_type, gone)
            seen = {_key_of(row)[:3]: row.amount for row in standing}
            back += set_quotas(metric=metric, deal_type=deal_type, numbers=numbers, by=by, company=company, seen=seen).count
    return back


def _still_without(metric: str, deal_type: str, gone: Sequence[Quota]) -> list[NewQuota]:
    """The numbers that were taken away and have not been set again since."""
    numbers = [NewQuota(row.month_on, row.amount, row.rep_id, row.team_id) for row in gone]
    standing = _current(metric, deal_type, numbers)
    return [new for new in numbers if _key(new) not in standing]


def _refuse_stale(changed: Sequence[NewQuota], found: Mapping[Key, Quota], seen: Mapping[Key, Decimal | None]) -> None:
    now = {_key(new): found.get(_key(new)) for new in changed if _amount(found.get(_key(new))) != seen.get(_key(new))}
    if now:
        raise Stale(now)


def _row(new: NewQuota, metric: str, deal_type: str, currency: str, now: datetime, by: User | None, reason: str) -> Quota:
    amount = _rounded(new.amount, currency)
    assert amount is not None
    return Quota(
        rep_id=new.rep_id, team_id=new.team_id, metric=metric, deal_type=deal_type, month_on=new.month_on, currency=currency,
        amount=amount, recorded_at=now, actor=by, reason=reason,
    )  # fmt: skip


def _rounded(amount: Decimal | None, currency: str) -> Decimal | None:
    if amount is None:
        return None
    return quantize(amount, currency) if currency else amount.quantize(COUNT_PLACES)


def _amount(row: Quota | None) -> Decimal | None:
    return row.amount if row else None


def _key(new: NewQuota) -> Key:
    return (new.rep_id, new.team_id, new.month_on)


def _key_of(row: Quota) -> tuple[int | None, int | None, date, str, str]:
    return (row.rep_id, row.team_id, row.month_on, row.metric, row.deal_type)


def _lock(numbers: Iterable[NewQuota]) -> None:
    """Reps before teams, each in the order of their ids; whoever sets the same numbers waits here."""
    reps = {new.rep_id for new in numbers if new.rep_id is not None}
    teams = {new.team_id for new in numbers if new.team_id is not None}
    list(Rep.objects.select_for_update(no_key=True).filter(pk__in=reps).order_by("pk").values_list("pk", flat=True))
    list(Team.objects.select_for_update(no_key=True).filter(pk__in=teams).order_by("pk").values_list("pk", flat=True))


def _current(metric: str, deal_type: str, numbers: Sequence[NewQuota]) -> dict[Key, Quota]:
    reps = {new.rep_id for new in numbers if new.rep_id is not None}
    teams = {new.team_id for new in numbers if new.team_id is not None}
    months = {new.month_on for new in numbers}
    rows = (
        Quota.objects.current()
        .filter(Q(rep__in=reps) | Q(team__in=teams), metric=metric, deal_type=deal_type, month_on__in=months)
        .select_related("actor")
    )
    return {(row.rep_id, row.team_id, row.month_on): row for row in rows}


def _record(
    changed: Sequence[NewQuota],
    found: dict[Key, Quota],
    metric: str,
    deal_type: str,
    currency: str,
    by: User | None,
    reason: str,
) -> None:
    """One audit row for each rep or team; amounts stand in the detail, which may be blanked."""
    subjects = {**Rep.objects.in_bulk([n.rep_id for n in changed if n.rep_id])}
    teams = {**Team.objects.in_bulk([n.team_id for n in changed if n.team_id])}
    for kind, known in (("rep_id", subjects), ("team_id", teams)):
        for pk in sorted({getattr(new, kind) for new in changed if getattr(new, kind) is not None}):
            mine = [new for new in changed if getattr(new, kind) == pk]
            facts = {
                "metric": metric,
                "deal_type": deal_type,
                "currency": currency,
                "months": sorted(new.month_on for new in mine),
            }
            detail = {
                "amounts": {
                    f"{new.month_on:%Y-%m}": [_text(_amount(found.get(_key(new)))), _text(_rounded(new.amount, currency))]
                    for new in mine
                },
                **({"reason": reason} if reason else {}),
            }
            audit.record(actor=by, verb="quota.set", subject=known[pk], facts=facts, detail=detail)


def _text(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}"
