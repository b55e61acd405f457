"""The night's ledger as admins read it: each run in words, its defects and why it failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deals.models import Deal
from lib import clock, numbers
from lib.money import places
from lib.periods import containing
from metrics.cards import lang
from metrics.definitions import METRICS
from metrics.models import NightRun
from metrics.night import ATTEMPTS
from metrics.words import period_name
from reps.models import Company, Rep

# A run that began so long ago was cut short: a task lives ten minutes at most.
CUT_SHORT = timedelta(minutes=15)
_COLUMNS: dict[str, Promise] = {
    "team": gettext_lazy("team of the day"),
    "sum": gettext_lazy("sum of the days"),
    "effective quota": gettext_lazy("effective quota"),
    "lost_qualified_count": gettext_lazy("deals lost, qualified"),
    "no_decision_count": gettext_lazy("no decision"),
    "no_decision_qualified_count": gettext_lazy("no decision, qualified"),
    "disqualified_count": gettext_lazy("not a fit"),
    "disqualified_qualified_count": gettext_lazy("not a fit, qualified"),
    "credit_count": gettext_lazy("credits"),
    "unrated_count": gettext_lazy("credits without a rate"),
    "no_shows": gettext_lazy("meetings nobody came to"),
    "late_cancels": gettext_lazy("meetings cancelled late"),
}
_REASONS: dict[str, Promise] = {
    "OperationalError": gettext_lazy("The database did not answer, or another write stood in the way too long."),
    "InterfaceError": gettext_lazy("The connection to the database was lost."),
    "SoftTimeLimitExceeded": gettext_lazy("It took too long and was stopped."),
    "MemoryError": gettext_lazy("There was not enough memory."),
}


@dataclass(frozen=True)
class Line:
    """A run as the table shows it. `took` is empty while it runs; `error` is for the log, `reason` for the reader."""

    run: NightRun
    state: str
    tone: str
    took: str
    reason: str
    error: str
    defects: list[str]

    @property
    def may_run_again(self) -> bool:
        """It failed, was cut short, or found defects."""
        return self.tone in ("bad", "warn") or bool(self.run.defects)


def lines(runs: Iterable[NightRun], company: Company) -> list[Line]:
    """The runs in words. One query, for the names of reps with defects."""
    listed = list(runs)
    told = {defect["rep"] for run in listed for defect in run.detail.get("defects", ())}
    names = dict(Rep.objects.filter(pk__in=told).values_list("pk", "name")) if told else {}
    return [_line(run, names, company) for run in listed]


def _line(run: NightRun, names: Mapping[int, str], company: Company) -> Line:
    state, tone = _state(run)
    error = str(run.detail.get("error", ""))
    return Line(
        run=run, state=state, tone=tone, took=_took(run.started_at, run.finished_at), error=error,
        reason=_reason(run, error), defects=[_defect(row, names, company) for row in run.detail.get("defects", ())],
    )  # fmt: skip


def _state(run: NightRun) -> tuple[str, str]:
    if run.state == NightRun.State.DONE:
        return (_("Done, mended"), "warn") if run.defects else (_("Done"), "good")
    if run.state == NightRun.State.FAILED or run.attempts >= ATTEMPTS:
        return _("Failed"), "bad"
    if not run.attempts:
        return _("Waits"), "neutral"
    if run.detail.get("error") or clock.now() - run.started_at > CUT_SHORT:
        return _("Is tried again"), "warn"
    return _("Running"), "info"


def _reason(run: NightRun, error: str) -> str:
    if run.state == NightRun.State.DONE:
        return ""
    if error:
        return str(
            _REASONS.get(error.partition(":")[0], _("Something went wrong that nobody foresaw; the server’s log tells more."))
        )
    return _("It was cut short each time.") if run.state == NightRun.State.FAILED else ""


def _took(start: datetime, end: datetime | None) -> str:
    if end is None:
        return ""
    seconds = Decimal(max(0.0, (end - start).total_seconds()))
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": numbers.number(seconds, lang(), 1)}
    return _("%(minutes)s min") % {"minutes": numbers.number(seconds / 60, lang(), 1)}


def _defect(row: Mapping[str, Any], names: Mapping[int, str], company: Company) -> str:
    """Ana, 14 Sep 2026, calls made: kept 7, counted 1."""
    what = {"rep": names.get(row["rep"], str(row["rep"])), "when": _when(row, company), "column": _column(row["column"])}
    if "kept" not in row:
        return _("%(rep)s, %(when)s: %(column)s") % what
    said = {name: _value(row["column"], row[name], company) for name in ("kept", "counted")}
    return _("%(rep)s, %(when)s, %(column)s: kept %(kept)s, counted %(counted)s") % {**what, **said}


def _when(row: Mapping[str, Any], company: Company) -> str:
    for grain in ("month", "quarter"):
        if grain in row:
            return period_name(containing(date.fromisoformat(row[grain]), grain, company.fiscal_start))
    return date_format(date.fromisoformat(row["day"]), "j M Y")


def _column(name: str) -> str:
    """A column of the roll-ups by the name of the number it keeps."""
    if name in _COLUMNS:
        return str(_COLUMNS[name])
    key = name.replace("_minor", "_value")
    if key in METRICS:
        return str(METRICS[key].title)
    for kind in Deal.Type:
        base = key.replace(f"_{kind.value}", "")
        if base in METRICS:
            return f"{METRICS[base].title}, {kind.label}"
    return name


def _value(column: str, value: int, company: Company) -> str:
    if column.endswith("_minor"):
        return numbers.money(Decimal(value) / 10 ** places(company.currency), company.currency, lang())
    return numbers.number(value, lang(), 0)
