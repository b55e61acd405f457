"""The leaderboard laid out: the whole, the lines of reps and of teams, and who reads what. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib import marks, numbers
from lib.bullets import Bullet, Mark, bullet
from metrics import standing_rights as rights
from metrics.asking import Choice
from metrics.attainment import Attainment, Board, attainment
from metrics.board_rows import Row
from metrics.definitions import METRICS
from metrics.models import Quota
from metrics.scopes import Scope
from metrics.standing_asking import Asked
from metrics.standing_words import BANDS, OPENS, amount, band_chip, explain_url, lang, percent
from metrics.standings import Target
from metrics.targets import Band, Pace, is_over_assigned
from metrics.windows import AsOf
from reps.access import Viewer
from reps.models import Company, Team


@dataclass(frozen=True)
class Line:
    """A rep or team on the board in words; what the reader may not read is empty. `indent` sets teams below others."""

    name: str
    url: str
    note: str
    rank: str
    picture: SafeString
    percent: str
    url_percent: str
    chip: SafeString
    credited: str
    quota: str
    gap: str
    pace: str
    street: str
    why: str
    is_me: bool
    indent: int


@dataclass(frozen=True)
class Cell:
    """A figure of the whole. Without a `url` there is no more to read about it."""

    label: str
    text: str
    url: str = ""
    note: str = ""
    chip: str = ""


@dataclass(frozen=True)
class Whole:
    """The scope's whole: its figures, the picture, and by how much its reps were asked for more than the team."""

    cells: Sequence[Cell]
    picture: SafeString
    over: str
    over_url: str
    is_too_much: bool


@dataclass(frozen=True)
class Sheet:
    """What everything on the board is laid out with: what was asked for, who reads, in which currency."""

    asked: Asked
    viewer: Viewer
    company: Company

    def amount(self, value: Decimal | None) -> str:
        """In what is measured; a dash for None."""
        return amount(value, self.asked.target, self.company.currency)

    def url(self, metric: str, scope_key: str) -> str:
        """Where a number is explained."""
        return explain_url(metric, scope_key, self.asked.period, self.asked.target)

    @property
    def asked_word(self) -> str:
        """What is asked: a quota of wins, a target of activity."""
        return _("Quota") if self.asked.target.metric in Quota.BY_TYPE else _("Target")

    @property
    def measured(self) -> str:
        """What is measured, as a column's title."""
        return str(METRICS[self.asked.target.metric].title)


# ── The whole ───────────────────────────────────────────────────────────────────────────────────────────────────────
def whole(sheet: Sheet, found: Attainment) -> Whole:
    """The head of the board, as far as this person reads it."""
    scope, viewer = sheet.asked.scope, sheet.viewer
    how = rights.sees(viewer, scope, scope.standing)
    credited = rights.shows_credited(viewer, scope, sheet.asked.target.metric)
    over, too_much = _over(sheet, found) if rights.shows_over_assignment(viewer, scope) else ("", False)
    return Whole(
        cells=_cells(sheet, found, how, credited=credited),
        picture=_picture(sheet, found, how, credited=credited),
        over=over,
        over_url=sheet.url("over_assignment", scope.key) if over else "",
        is_too_much=too_much,
    )


def _cells(sheet: Sheet, found: Attainment, how: str, *, credited: bool) -> list[Cell]:
    key, has_quota = sheet.asked.scope.key, found.roll_up.quota is not None
    cells = [_credited_cell(sheet, found)] if credited else []
    if how == rights.EXACT:
        cells.append(Cell(sheet.asked_word, sheet.amount(found.roll_up.quota), sheet.url("quota", key), _source(sheet, found)))
    if has_quota:
        cells += _against_quota(sheet, found, how)
    if credited and found.pace.run_rate is not None and found.elapsed < found.total:
        cells.append(Cell(_("Run-rate"), sheet.amount(found.pace.run_rate), sheet.url("run_rate", key), _("at the same pace")))
    return cells


def _against_quota(sheet: Sheet, found: Attainment, how: str) -> list[Cell]:
    key, pace = sheet.asked.scope.key, found.pace
    if not rights.shows_ratio(how):
        return [Cell(_("Attainment"), "", chip=band_chip(found.band))] if rights.shows_band(how) else []
    cells = [Cell(_("Attainment"), percent(found.roll_up.attainment), sheet.url("attainment", key), chip=band_chip(found.band))]
    if how == rights.EXACT:
        cells.append(Cell(_("Gap"), sheet.amount(found.gap), sheet.url("gap", key)))
    if pace.ratio is not None:
        cells.append(Cell(_("Pace"), percent(pace.ratio), sheet.url("pace", key), _pace_note(sheet, pace, how)))
    return cells


def _credited_cell(sheet: Sheet, found: Attainment) -> Cell:
    target = sheet.asked.target
    url = explain_url(target.metric, sheet.asked.scope.key, sheet.asked.period, Target()) if not target.deal_type else ""
    note = _("day %(day)s of %(days)s") % {"day": found.elapsed, "days": found.total} if found.total else ""
    return Cell(sheet.measured, sheet.amount(found.roll_up.actual), url, note)


def _source(sheet: Sheet, found: Attainment) -> str:
    if found.roll_up.quota is None:
        return _("none was set")
    if sheet.asked.scope.is_rep:
        return _("after leave")
    if not found.roll_up.manager_quota:
        return _("sum of the reps")
    return _("as set for the company") if sheet.asked.scope.is_company else _("as set for the team")


def _pace_note(sheet: Sheet, pace: Pace, how: str) -> str:
    if how != rights.EXACT or pace.expected is None:
        return ""
    return _("%(amount)s expected by now") % {"amount": sheet.amount(pace.expected)}


def _over(sheet: Sheet, found: Attainment) -> tuple[str, bool]:
    over, roll_up = found.roll_up.over_assignment, found.roll_up
    if over is None or not roll_up.street_quota:
        return "", False
    words = {"street": sheet.amount(roll_up.street_quota), "own": sheet.amount(roll_up.manager_quota)}
    share = numbers.percent(abs(over), lang())
    if over < 0:
        return _("The reps' quotas add up to %(street)s, %(share)s below the %(own)s that was set.") % {
            **words,
            "share": share,
        }, True
    text = _("The reps' quotas add up to %(street)s, %(share)s above the %(own)s that was set.") % {**words, "share": share}
    return text, is_over_assigned(roll_up.street_quota, roll_up.manager_quota)


def _picture(sheet: Sheet, found: Attainment, how: str, *, credited: bool) -> SafeString:
    """In amounts where they may be read, else in percent, else none."""
    quota, actual = found.roll_up.quota, found.roll_up.actual
    if not quota or not rights.shows_ratio(how):
        return SafeString("")
    expected = found.pace.expected if found.elapsed < found.total else None
    if how == rights.EXACT and credited:
        words = f"{sheet.measured} {sheet.amount(actual)}"
        ticks = [Mark(float(quota), f"{sheet.asked_word} {sheet.amount(quota)}")]
        if expected is not None:
            ticks.append(Mark(float(expected), f"{_('Pace today')} {sheet.amount(expected)}", "pace"))
        return bullet(Bullet(max(float(actual), 0.0), words, ticks))
    share = found.roll_up.attainment or Decimal(0)
    ticks = [Mark(1.0, f"{sheet.asked_word} 100%")]
    if expected is not None:
        ticks.append(Mark(float(expected / quota), _("Pace today"), "pace"))
    return bullet(Bullet(max(float(share), 0.0), percent(share), ticks))


def of_rep(scope: Scope, choice: Choice, *, viewer: Viewer, at: AsOf, company: Company) -> Whole | None:
    """A rep's won value against the quota, for their page; None where there is no quota or it is not this person's to read."""
    if choice.period.grain == "week":
        return None
    found = attainment(scope, choice.period, at=at, company=company)
    if found.roll_up.quota is None:
        return None
    sheet = Sheet(Asked(replace(scope, standing=found.lines[0].standing), choice, Target(), by_team=False), viewer, company)
    made = whole(sheet, found)
    cells = [cell for cell in made.cells if cell.label != sheet.measured]
    return replace(made, cells=cells) if rights.shows_band(rights.sees(viewer, scope, found.lines[0].standing)) else None


# ── Lines ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def lines(sheet: Sheet, rows: Sequence[Row]) -> list[Line]:
    """The rows in words. Addresses and chips are made once: there are fifty rows."""
    rep, team = reverse("reps:rep", kwargs={"pk": 0}), reverse("reps:team", kwargs={"pk": 0})
    made = _Made(sheet, team if rows and rows[0].scope.is_team else rep, sheet.url("attainment", "~"), _chips())
    return [_line(made, row) for row in rows]


@dataclass(frozen=True)
class _Made:
    """What the lines of a table share: addresses with a place for the id and for the scope, and the chip of each band."""

    sheet: Sheet
    page: str
    explain: str
    chips: dict[Band | None, SafeString]


def _chips() -> dict[Band | None, SafeString]:
    return {None: SafeString(""), **{band: band_chip(band) for band in Band}}


def _line(made: _Made, row: Row) -> Line:
    say = made.sheet.amount
    known = row.ratio is not None
    return Line(
        name=row.scope.name,
        url=made.page.replace("/0/", f"/{row.scope.id}/"),
        note=row.note,
        rank="" if row.rank is None else str(row.rank),
        picture=marks.mini_bullet(max(float(row.ratio or 0), 0.0), pace=row.elapsed_share) if known else SafeString(""),
        percent=percent(row.ratio) if known else "",
        url_percent=made.explain.replace("~", row.scope.key.replace(":", "%3A")) if known else "",
        chip=made.chips[row.band],
        credited="" if row.credited is None else say(row.credited),
        quota="" if row.quota is None else say(row.quota),
        gap="" if row.gap is None else say(row.gap),
        pace="" if row.pace is None else percent(row.pace),
        street="" if row.street is None else say(row.street),
        why=_why(row),
        is_me=row.is_me,
        indent=min(row.depth, 3),
    )


def _why(row: Row) -> str:
    """What stands in place of a band."""
    if row.band is not None:
        return ""
    if not rights.shows_band(row.how):
        return _("only the rank is shown")
    return "" if row.asked else _("no quota")


# ── Words for the reader ────────────────────────────────────────────────────────────────────────────────────────────
def reads(sheet: Sheet, found: Board) -> str:
    """In one line: what this person reads here, and why."""
    viewer = sheet.viewer
    if viewer.reads_everything:
        return _("You read every quota and percentage.")
    if viewer.is_manager:
        return _("You read everyone below you exactly, and of other teams what each chose to show.")
    mine = found.me.line if found.me else None
    if mine is None or not mine.team_name:
        return _("Of each team you read what it chose to show: percentages, bands or ranks. Quotas are not shown.")
    shown = {"team": mine.team_name, "what": OPENS[mine.standing or Team.Standing.BAND.value]}
    return (
        _(
            "You read your own quota. %(team)s shows %(what)s, and every other team what it chose. Colleagues' quotas are not shown."
        )
        % shown
    )


def my_band(sheet: Sheet, found: Board) -> str:
    """The sentence on top for a rep whose team shows bands; nothing where the lines around them say it."""
    if found.me is None or found.around:
        return ""
    if found.me.band is None:
        return _("No quota was set for you in this period.")
    others, (word, _state) = found.in_band - 1, BANDS[found.me.band]
    if others == 0:
        return _("You stand at “%(band)s”, nobody else does.") % {"band": word}
    return ngettext(
        "You stand at “%(band)s”, as does %(n)s other person.", "You stand at “%(band)s”, as do %(n)s other people.", others
    ) % {"band": word, "n": numbers.number(others, lang(), 0)}


def reads_teams(sheet: Sheet) -> str:
    """The same for the teams' totals."""
    if sheet.viewer.reads_everything:
        return _("You read every quota and percentage.")
    if sheet.viewer.is_manager:
        return _("You read the teams below you exactly, and of the others what each chose to show.")
    return _("A team's quota is read by its leads and those above; of the rest you read what each team chose to show.")
