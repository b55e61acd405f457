"""*Explain this number* for quota, attainment and what follows: the value, its fraction, what is in it, and how it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from metrics import board_rows, targets
from metrics import standing_rights as rights
from metrics.attainment import Attainment, Place, attainment
from metrics.board_rows import Row
from metrics.coverage import OpenDue, open_due
from metrics.definitions import METRICS, Metric
from metrics.figures import Figure
from metrics.quota_story import Month, Story, story
from metrics.quotas import is_money
from metrics.rows import PAGE_ROWS, Question, Rows, Unseen, page, unseen
from metrics.scopes import shows
from metrics.standings import Target
from metrics.team_totals import TeamTotal, next_level, team_totals

# These say nothing without the amounts.
_OF_AMOUNTS = ("quota", "gap", "coverage")
_OF_RATIO = ("attainment", "pace")


@dataclass(frozen=True)
class Standing:
    """Everything said about one of these numbers, nothing in it that this person may not read.

    `how` is how the whole may be read; `rows` are those of the numerator, None where they are not this person's.
    """

    metric: Metric
    how: str
    whole: Attainment
    figure: Figure
    credited: bool
    parts: Sequence[Row]
    story: Story
    rows: Rows | None
    unseen: Unseen
    open: OpenDue | None


class NotTheirs(Exception):
    """This person may not read the number."""


def explain_standing(question: Question, target: Target, *, size: int = PAGE_ROWS, after: str = "") -> Standing:
    """The explanation; raises NotTheirs. `question` names the number, its scope and who asks, `target` what is measured."""
    metric, scope, at, viewer = question.metric, question.scope, question.at, question.user.viewer
    found, totals = _whole(question, target)
    how = rights.sees(viewer, scope, rights.setting_of(scope, found.lines))
    credited = rights.shows_credited(viewer, scope, target.metric)
    if not _may_read(question, target, how, credited=credited):
        raise NotTheirs
    numerator = numerator_of(question, target)
    has_rows = metric.key != "coverage" and shows(viewer, numerator.metric, scope)
    opened = open_due(scope, question.span, at=at, company=question.company) if metric.key == "coverage" and at.is_now else None
    return Standing(
        metric=metric,
        how=how,
        whole=found,
        figure=_figure(metric, found, opened),
        credited=credited,
        parts=_parts(question, target, found, totals),
        story=_story(question, target, how, credited=credited),
        rows=page(numerator, size=size, after=after) if has_rows else None,
        unseen=unseen(numerator) if has_rows else Unseen(0, Decimal(0)),
        open=opened,
    )


def numerator_of(question: Question, target: Target) -> Question:
    """The same scope and days asked for what was credited."""
    return Question(
        METRICS[target.metric], question.scope, question.period, question.at, question.company, question.user, target.deal_type
    )


def _may_read(question: Question, target: Target, how: str, *, credited: bool) -> bool:
    key, viewer, scope = question.metric.key, question.user.viewer, question.scope
    if key == "over_assignment":
        return rights.shows_over_assignment(viewer, scope)
    if key == "run_rate":
        return credited
    if key == "coverage":
        return how == rights.EXACT and is_money(target.metric) and not target.deal_type
    return how == rights.EXACT if key in _OF_AMOUNTS else rights.shows_ratio(how)


# ── The figure ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _figure(metric: Metric, found: Attainment, opened: OpenDue | None) -> Figure:
    roll_up, pace = found.roll_up, found.pace
    if metric.key == "run_rate":
        return _known(pace.run_rate, "not_begun", roll_up.actual)
    if metric.key == "over_assignment":
        reason = "" if roll_up.over_assignment is not None else "no_team_quota"
        return Figure(roll_up.over_assignment, reason, part=roll_up.street_quota, whole=roll_up.manager_quota)
    if roll_up.quota is None:
        return Figure(None, "no_quota", part=roll_up.actual)
    if metric.key == "coverage":
        if opened is None:
            return Figure(None, "only_today")
        value, reason = targets.coverage(opened.amount, roll_up.quota, roll_up.actual)
        return Figure(value, reason, n=opened.count, part=opened.amount, whole=found.gap)
    if metric.key == "pace":
        return _known(pace.ratio, "not_begun", roll_up.actual, pace.expected)
    values = {"attainment": roll_up.attainment, "quota": roll_up.quota, "gap": found.gap}
    return Figure(values[metric.key], part=roll_up.actual, whole=roll_up.quota)


def _known(value: Decimal | None, reason: str, part: Decimal, whole: Decimal | None = None) -> Figure:
    return Figure(value, "" if value is not None else reason, part=part, whole=whole)


# ── What is in it ───────────────────────────────────────────────────────────────────────────────────────────────────
def _whole(question: Question, target: Target) -> tuple[Attainment, list[TeamTotal]]:
    """The scope's whole, with its teams where there are any; a team that is made of teams is one of the totals."""
    scope, how = question.scope, {"at": question.at, "company": question.company, "target": target}
    totals = team_totals(scope, question.span, **how) if scope.is_company or scope.is_parent else []  # type: ignore[arg-type]
    own = next((total for total in totals if scope.is_team and total.scope.id == scope.id), None)
    if own is None or not next_level(totals, scope):
        return attainment(scope, question.span, **how), totals  # type: ignore[arg-type]
    elapsed, total = max(one.elapsed for one in totals), max(one.total for one in totals)
    return Attainment(target, own.roll_up, elapsed, total, ()), totals


def _parts(question: Question, target: Target, found: Attainment, totals: Sequence[TeamTotal]) -> list[Row]:
    """Teams of the level below, or reps; none of a rep."""
    scope, viewer = question.scope, question.user.viewer
    if scope.is_rep:
        return []
    below = next_level(totals, scope)
    if below:
        return board_rows.team_rows(below, viewer=viewer, scope=scope, target=target)
    exact = viewer.own_ids | viewer.subtree_rep_ids
    places = [
        Place(line, rights.EXACT if viewer.reads_everything or line.rep_id in exact else line.standing or "band", line.band, None)
        for line in found.lines
    ]
    return sorted(board_rows.rep_rows(places, viewer=viewer, scope=scope, target=target), key=board_rows.best_first)


def _story(question: Question, target: Target, how: str, *, credited: bool) -> Story:
    revised = [*([target.metric] if credited else []), *([f"quota_{target.metric}"] if how == rights.EXACT else [])]
    found = story(question.scope, question.span, target, question.at, question.company, revised=revised)
    if how != rights.EXACT:
        return Story((), found.revisions)
    return Story([month for month in found.months if _reads_month(question, month)], found.revisions)


def _reads_month(question: Question, month: Month) -> bool:
    """Everybody reads the company's sum, not the numbers of the teams it is made of."""
    viewer = question.user.viewer
    return not question.scope.is_company or viewer.reads_everything or month.team_id in viewer.subtree_team_ids
