"""*Set-up health*: what is missing or contradictory in the company's set-up, each with the page that mends it.

One query counts everything; what follows is a pure reading of the counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import night_health
from dashboard.reading import RATES_TODAY, document
from lib.periods import containing
from metrics.targets import OVER_ASSIGNED
from reps.models import Company

_COUNT = f"""
WITH {RATES_TODAY}, members AS (
    SELECT rep_id, team_id FROM reps_teammembership WHERE superseded_at IS NULL AND valid @> %(today)s::date
), leads AS (
    SELECT team_id, rep_id FROM reps_teamlead WHERE superseded_at IS NULL AND valid @> %(today)s::date
), present AS (
    SELECT * FROM reps_rep WHERE left_on IS NULL OR left_on > %(today)s
), own AS (
    -- This quarter's won value: what each team answers for, and what is asked of those in it.
    SELECT team_id, month_on, amount FROM metrics_quota
    WHERE superseded_at IS NULL AND team_id IS NOT NULL AND metric = 'won_value' AND deal_type = ''
      AND month_on >= %(quarter)s AND month_on < %(quarter_end)s
), street AS (
    SELECT team_id, month_on, sum(amount) AS amount FROM (
        SELECT e.team_id, e.month_on, e.minor / (10 ^ metrics_places(%(currency)s))::numeric AS amount FROM metrics_effectivequota e
        WHERE e.metric = 'won_value' AND e.deal_type = '' AND e.month_on >= %(quarter)s AND e.month_on < %(quarter_end)s
        UNION ALL SELECT t.parent_id, o.month_on, o.amount FROM own o JOIN reps_team t ON t.id = o.team_id
    ) asked GROUP BY 1, 2
), over_assigned AS (
    SELECT o.team_id FROM own o JOIN street s ON s.team_id = o.team_id AND s.month_on = o.month_on
    GROUP BY o.team_id HAVING sum(s.amount) > %(over)s * sum(o.amount) AND sum(o.amount) > 0
), quotaless AS (
    SELECT r.id FROM present r WHERE r.sells AND r.id IN (SELECT rep_id FROM members)
      AND (r.joined_on IS NULL OR r.joined_on <= %(today)s)
      AND NOT EXISTS (SELECT FROM metrics_quota q WHERE q.superseded_at IS NULL AND q.rep_id = r.id
                      AND q.month_on = date_trunc('month', %(today)s::date))
), open AS (
    SELECT d.* FROM deals_deal d WHERE d.outcome = ''
)
SELECT json_build_object(
    'teams', (SELECT count(*) FROM reps_team WHERE closed_on IS NULL),
    'reps', (SELECT count(*) FROM present WHERE sells),
    'deals', (SELECT count(*) FROM deals_deal),
    'open_deals', (SELECT count(*) FROM open),
    'stages', (SELECT count(*) FROM deals_stage s JOIN deals_pipeline p ON p.id = s.pipeline_id WHERE p.is_default AND s.is_active),
    'qualified_stages', (SELECT count(*) FROM deals_stage s JOIN deals_pipeline p ON p.id = s.pipeline_id
                         WHERE p.is_default AND s.is_active AND s.is_qualified),
    'products', (SELECT count(*) FROM deals_product WHERE is_active),
    'roles', (SELECT count(*) FROM reps_role),
    'admins', (SELECT count(*) FROM reps_user WHERE kind = 'admin' AND is_active),
    'users', (SELECT count(*) FROM reps_user WHERE is_active),
    'leaderless', (SELECT count(DISTINCT m.team_id) FROM members m JOIN present r ON r.id = m.rep_id AND r.sells
                   WHERE m.team_id NOT IN (SELECT team_id FROM leads)),
    'led_by_gone', (SELECT count(*) FROM leads WHERE rep_id NOT IN (SELECT id FROM present)),
    'teamless', (SELECT count(*) FROM present WHERE sells AND id NOT IN (SELECT rep_id FROM members)),
    'roleless', (SELECT count(*) FROM present WHERE sells AND id NOT IN (
        SELECT rep_id FROM reps_roleassignment WHERE superseded_at IS NULL AND valid @> %(today)s::date)),
    'userless', (SELECT count(*) FROM present WHERE user_id IS NULL),
    'codeless', (SELECT count(*) FROM reps_user u WHERE u.kind IN ('admin', 'finance') AND u.is_active AND u.password NOT LIKE '!%%'
                 AND NOT EXISTS (SELECT FROM mfa_authenticator a WHERE a.user_id = u.id AND a.type = 'totp')),
    'repless', (SELECT count(*) FROM reps_user u WHERE u.kind = 'member' AND u.is_active
                AND NOT EXISTS (SELECT FROM reps_rep r WHERE r.user_id = u.id)),
    'leavers_in', (SELECT count(*) FROM reps_rep r JOIN reps_user u ON u.id = r.user_id
                   WHERE r.left_on <= %(today)s AND u.is_active),
    'orphaned', (SELECT count(*) FROM open d JOIN reps_rep r ON r.id = d.owner_id WHERE r.left_on <= %(today)s),
    'no_account', (SELECT count(*) FROM deals_deal WHERE account_id IS NULL),
    'no_opening', (SELECT count(*) FROM deals_deal WHERE opened_on IS NULL),
    'no_rate', (SELECT count(*) FROM open WHERE amount IS NOT NULL AND currency NOT IN (SELECT currency FROM rates)),
    'won_without_rate', (SELECT count(*) FROM deals_credit WHERE superseded_at IS NULL AND fx IS NULL),
    'quotas', (SELECT count(*) FROM metrics_quota WHERE superseded_at IS NULL),
    'quotaless', (SELECT count(*) FROM quotaless),
    'quotaless_team', (SELECT min(m.team_id) FROM members m JOIN quotaless q ON q.id = m.rep_id),
    'over_assigned', (SELECT count(*) FROM over_assigned),
    'over_assigned_team', (SELECT min(team_id) FROM over_assigned),
    'holidays', (SELECT count(*) FROM reps_holiday WHERE calendar_id = %(calendar)s AND extract(year FROM day_on) = %(year)s),
    {night_health.COUNTS},
    'next_holidays', (SELECT count(*) FROM reps_holiday WHERE calendar_id = %(calendar)s AND extract(year FROM day_on) = %(year)s + 1)
)::text
"""  # noqa: S608 - built of constants


class Weight(IntEnum):
    """How much a finding matters, worst first."""

    WRONG = 0
    MISSING = 1
    HINT = 2


@dataclass(frozen=True)
class Finding:
    """Something to mend: what it is, what it leads to, and the button that goes there."""

    weight: Weight
    title: str
    effect: str
    url: str
    action: str


@dataclass(frozen=True)
class Health:
    """What there is, and what should be mended, worst first."""

    counts: dict[str, int]
    findings: tuple[Finding, ...]


def read(*, company: Company, today: date) -> Health:
    """The state of the set-up on that day. One query."""
    quarter = containing(today, "quarter", company.fiscal_start)
    asked = {"today": today, "currency": company.currency, "calendar": company.calendar_id, "year": today.year}
    span = {"quarter": quarter.start_on, "quarter_end": quarter.end_on, "over": 1 + OVER_ASSIGNED}
    counts = document(_COUNT, {**asked, **span})
    found = [
        *_company(company, counts, today),
        *_people(counts),
        *_quotas(company, counts, today),
        *_sales(counts),
        *_nights(counts),
        *_mail(),
    ]
    return Health(counts, tuple(sorted(found, key=lambda finding: finding.weight)))


def _company(company: Company, counts: dict[str, int], today: date) -> Iterator[Finding]:
    if not company.name:
        yield _finding(
            Weight.MISSING,
            _("The company has no name"),
            _("It stands on every page and in every mail."),
            "reps:company",
            _("Name it"),
        )
    if company.calendar_id is None:
        yield _finding(
            Weight.MISSING, _("No holiday calendar is chosen"), _("Working days are counted as if there were no holidays."),
            "reps:company", _("Choose"),
        )  # fmt: skip
    elif not counts["holidays"]:
        yield _finding(
            Weight.WRONG, _("The calendar has no days for %(year)s") % {"year": today.year},
            _("Working days are counted as if there were no holidays."), "reps:calendars", _("Load them"),
        )  # fmt: skip
    elif today.month >= 11 and not counts["next_holidays"]:
        yield _finding(
            Weight.HINT, _("The calendar has no days for %(year)s yet") % {"year": today.year + 1},
            _("Plans across the new year will miss its holidays."), "reps:calendars", _("Load them"),
        )  # fmt: skip


def _people(counts: dict[str, int]) -> Iterator[Finding]:
    if not counts["teams"]:
        yield _finding(
            Weight.MISSING,
            _("There is no team"),
            _("Managers see their teams, so nobody sees anything yet."),
            "reps:teams",
            _("Add a team"),
        )
    yield from _counted(
        counts, "leaderless", Weight.WRONG,
        lambda n: ngettext("%(n)s team has no lead", "%(n)s teams have no lead", n),
        _("Nobody sees their work and decides for them."), "reps:teams", _("Set leads"),
    )  # fmt: skip
    yield from _counted(
        counts, "led_by_gone", Weight.WRONG,
        lambda n: ngettext("%(n)s team is led by someone who left", "%(n)s teams are led by someone who left", n),
        _("Choose who leads now."), "reps:teams", _("Set leads"),
    )  # fmt: skip
    yield from _counted(
        counts, "teamless", Weight.WRONG,
        lambda n: ngettext("%(n)s rep is in no team", "%(n)s reps are in no team", n),
        _("Their deals count for the company and for no team."), "reps:people", _("Place them"),
    )  # fmt: skip
    yield from _counted(
        counts, "leavers_in", Weight.WRONG,
        lambda n: ngettext("%(n)s person who left may still sign in", "%(n)s people who left may still sign in", n),
        _("End their access."), "reps:people", _("Review"),
    )  # fmt: skip
    yield from _counted(
        counts, "repless", Weight.WRONG,
        lambda n: ngettext("%(n)s person signs in without being a rep", "%(n)s people sign in without being a rep", n),
        _("They see an empty home."), "reps:people", _("Review"),
    )  # fmt: skip
    yield from _counted(
        counts, "userless", Weight.HINT,
        lambda n: ngettext("%(n)s rep cannot sign in yet", "%(n)s reps cannot sign in yet", n),
        _("Their numbers count all the same."), "reps:invite", _("Invite"),
    )  # fmt: skip
    if counts["roles"]:
        yield from _counted(
            counts, "roleless", Weight.HINT,
            lambda n: ngettext("%(n)s rep has no role", "%(n)s reps have no role", n),
            _("They may do what every rep may."), "reps:people", _("Give roles"),
        )  # fmt: skip
    yield from _counted(
        counts, "codeless", Weight.HINT,
        lambda n: ngettext("%(n)s admin or finance sign-in has no second factor", "%(n)s admin or finance sign-ins have no second factor", n),
        _("They set it up when they come in next.") if settings.SECOND_FACTOR == "required"
        else _("A stolen password alone opens them. Each switches it on under My account."),
        "reps:signins", _("See who"),
    )  # fmt: skip
    if counts["admins"] == 1:
        yield _finding(
            Weight.HINT, _("You are the only admin"), _("If you are away, nobody can help people back in."), "reps:invite", _("Invite one"),
        )  # fmt: skip


def _quotas(company: Company, counts: dict[str, int], today: date) -> Iterator[Finding]:
    year = containing(today, "year", company.fiscal_start).label
    missing = _counted(
        counts, "quotaless", Weight.MISSING if counts["quotas"] else Weight.HINT,
        lambda n: ngettext("%(n)s rep has no quota this month", "%(n)s reps have no quota this month", n),
        _("Their attainment is not known, and the team's sum is too low."), "metrics:quotas", _("Set quotas"),
    )  # fmt: skip
    over = _counted(
        counts, "over_assigned", Weight.HINT,
        lambda n: ngettext("%(n)s team asks its reps for far more than it owes", "%(n)s teams ask their reps for far more than they owe", n),
        _("Over-assignment is above 25% this quarter."), "metrics:quotas", _("Look at quotas"),
    )  # fmt: skip
    for team, findings in ((counts["quotaless_team"], missing), (counts["over_assigned_team"], over)):
        for found in findings:
            yield replace(found, url=f"{found.url}?team={team}&year={year}")


def _sales(counts: dict[str, int]) -> Iterator[Finding]:
    if not counts["stages"]:
        yield _finding(
            Weight.MISSING, _("There are no stages"), _("A deal needs a stage to stand in."), "deals:pipelines", _("Add stages")
        )
    elif not counts["qualified_stages"]:
        yield _finding(
            Weight.WRONG, _("No stage counts as qualified"), _("Lost deals then never enter the win rate."), "deals:pipelines", _("Mark one"),
        )  # fmt: skip
    if not counts["products"]:
        yield _finding(
            Weight.HINT, _("There are no products"), _("Deals can be opened without one."), "deals:products", _("Add products")
        )
    yield from _counted(
        counts, "orphaned", Weight.WRONG,
        lambda n: ngettext("%(n)s open deal belongs to someone who left", "%(n)s open deals belong to someone who left", n),
        _("Give them to a colleague."), "deals:list", _("See deals"),
    )  # fmt: skip
    yield from _counted(
        counts, "won_without_rate", Weight.WRONG,
        lambda n: ngettext("%(n)s win has no exchange rate", "%(n)s wins have no exchange rate", n),
        _("Won value cannot be given while a rate is missing."), "deals:rates", _("Enter rates"),
    )  # fmt: skip
    yield from _counted(
        counts, "no_rate", Weight.WRONG,
        lambda n: ngettext("%(n)s open deal is in a currency without a rate", "%(n)s open deals are in a currency without a rate", n),
        _("Its value is left out of sums. A rate lasts 31 days."), "deals:rates", _("Enter rates"),
    )  # fmt: skip
    yield from _counted(
        counts, "no_account", Weight.HINT,
        lambda n: ngettext("%(n)s deal has no account", "%(n)s deals have no account", n),
        _("It stands under its own name."), "deals:list", _("See deals"),
    )  # fmt: skip
    yield from _counted(
        counts, "no_opening", Weight.HINT,
        lambda n: ngettext("%(n)s deal has no opening day", "%(n)s deals have no opening day", n),
        _("It counts as open since ever and is left out of cycle times."), "deals:list", _("See deals"),
    )  # fmt: skip


def _nights(counts: dict[str, int]) -> Iterator[Finding]:
    for title, effect in night_health.findings(counts):
        yield _finding(Weight.WRONG, title, effect, "metrics:nights", _("See the nights"))


def _mail() -> Iterator[Finding]:
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        yield _finding(
            Weight.MISSING, _("Mail is not sent"), _("Invitations and password resets are kept as files. Set EMAIL_HOST to send them."),
            "dashboard:help", _("How to"),
        )  # fmt: skip


def _counted(
    counts: dict[str, int], key: str, weight: Weight, title: Callable[[int], str], effect: str, name: str, action: str
) -> Iterator[Finding]:
    """The finding, when there is at least one of what it counts."""
    if counts[key]:
        yield _finding(weight, title(counts[key]) % {"n": f"{counts[key]:,}"}, effect, name, action)


def _finding(weight: Weight, title: str, effect: str, name: str, action: str) -> Finding:
    return Finding(weight, title, effect, reverse(name), action)
