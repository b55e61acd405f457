"""Setting quotas: a change supersedes the row of its month and writes the next version; nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True)
class NewQuota:
    """One month's number for a rep or a team; `amount` None takes it away."""

    month_on: date
    amount: Decimal | None
    rep_id: int | None = None
    team_id: int | None = None


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
    *, metric: str, deal_type: str = "", numbers: Sequence[NewQuota], by: User | None, company: Company, reason: str = ""
) -> int:
    """Bring the months named to these numbers, all or none; returns how many changed. Equal ones are left alone.

    Money is taken in the company's currency and whole minor units, counts with four decimals. Raises PermissionDenied
    when one of them is not this person's to set (`by` None is the system).
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
        gone = [found[_key(new)].pk for new in changed if _key(new) in found]
        if gone:
            Quota.objects.filter(pk__in=gone).update(superseded_at=now)
        rows = [_row(new, metric, deal_type, currency, now, by, reason) for new in changed if new.amount is not None]
        Quota.objects.bulk_create(rows)
        _record(changed, found, metric, deal_type, currency, by, reason)
    return len(changed)


def undo(*, made_at: datetime, by: User, company: Company) -> int:
    """Take back what this person set at that instant, where nobody has changed it since; returns how many."""
    with transaction.atomic():
        made = list(Quota.objects.filter(actor=by, recorded_at=made_at).select_for_update().order_by("pk"))
        before = {_key_of(row): row for row in Quota.objects.filter(superseded_at=made_at)}
        back = 0
        for kind in {(row.metric, row.deal_type) for row in made}:
            standing = [row for row in made if (row.metric, row.deal_type) == kind and row.superseded_at is None]
            numbers = [NewQuota(row.month_on, _amount(before.get(_key_of(row))), row.rep_id, row.team_id) for row in standing]
            back += set_quotas(metric=kind[0], deal_type=kind[1], numbers=numbers, by=by, company=company)
    return back


def _row(new: NewQuota, metric: str, deal_type: str, currency: str, now: datetime, by: User | None, reason: str) -> Quota:
    assert new.amount is not None
    return Quota(
        rep_id=new.rep_id, team_id=new.team_id, metric=metric, deal_type=deal_type, month_on=new.month_on, currency=currency,
        amount=_rounded(new.amount, currency), recorded_at=now, actor=by, reason=reason,
    )  # fmt: skip


def _rounded(amount: Decimal | None, currency: str) -> Decimal | None:
    if amount is None:
        return None
    return quantize(amount, currency) if currency else amount.quantize(COUNT_PLACES)


def _amount(row: Quota | None) -> Decimal | None:
    return row.amount if row else None


def _key(new: NewQuota) -> tuple[int | None, int | None, date]:
    return (new.rep_id, new.team_id, new.month_on)


def _key_of(row: Quota) -> tuple[int | None, int | None, date, str, str]:
    return (row.rep_id, row.team_id, row.month_on, row.metric, row.deal_type)


def _lock(numbers: Iterable[NewQuota]) -> None:
    """Reps before teams, each in the order of their ids; whoever sets the same numbers waits here."""
    reps = {new.rep_id for new in numbers if new.rep_id is not None}
    teams = {new.team_id for new in numbers if new.team_id is not None}
    list(Rep.objects.select_for_update(no_key=True).filter(pk__in=reps).order_by("pk").values_list("pk", flat=True))
    list(Team.objects.select_for_update(no_key=True).filter(pk__in=teams).order_by("pk").values_list("pk", flat=True))


def _current(metric: str, deal_type: str, numbers: Sequence[NewQuota]) -> dict[tuple[int | None, int | None, date], Quota]:
    reps = {new.rep_id for new in numbers if new.rep_id is not None}
    teams = {new.team_id for new in numbers if new.team_id is not None}
    months = {new.month_on for new in numbers}
    rows = Quota.objects.current().filter(
        Q(rep__in=reps) | Q(team__in=teams), metric=metric, deal_type=deal_type, month_on__in=months
    )
    return {(row.rep_id, row.team_id, row.month_on): row for row in rows}


def _record(
    changed: Sequence[NewQuota],
    found: dict[tuple[int | None, int | None, date], Quota],
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
