"""Which deals a list shows, in which order: read from its address, applied to a query, told as chips."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deals.models import Deal, Pipeline, Product, Stage
from deals.models.pipeline import DealQuerySet
from deals.signs import AGREEMENT_SOON, QUIET_RED
from lib import clock
from lib.pages import as_date, as_number
from lib.periods import BadPeriod, Period, containing, named
from lib.text import clean_param, int_param
from reps.access import Viewer, viewer_of
from reps.models import Company, Rep, Team, User

STATES: dict[str, Promise] = {
    "open": gettext_lazy("Open"),
    "won": gettext_lazy("Won"),
    "lost": gettext_lazy("Lost"),
    "no_decision": gettext_lazy("No decision"),
    "disqualified": gettext_lazy("Not a fit"),
    "all": gettext_lazy("All"),
}
# The four that have a button; the others stand in the filter panel.
MAIN_STATES = ("open", "won", "lost", "all")


@dataclass(frozen=True)
class Sort:
    """A sort offered: its column, its words, how its cursor is read, and whether the greatest comes first."""

    key: str
    label: Promise
    parse: Callable[[str], Any]
    descending: bool = False


# Other names for spans that addresses use: `due=late`.
_ALIASES = {"late": "overdue"}
SORTS = {
    "close": Sort("expected_close_on", gettext_lazy("Expected close"), as_date),
    "amount": Sort("amount", gettext_lazy("Amount"), as_number, descending=True),
    "new": Sort("id", gettext_lazy("Newest"), int, descending=True),
    "contact": Sort("last_contact_on", gettext_lazy("Longest quiet"), as_date),
    "next": Sort("next_action_on", gettext_lazy("Next step"), as_date),
    "ended": Sort("closed_on", gettext_lazy("Last closed"), as_date, descending=True),
}
_FLAGS: dict[str, Promise] = {
    "nostep": gettext_lazy("No next step"),
    "quiet": gettext_lazy("No contact 14 d"),
    "agree": gettext_lazy("Agreement due"),
    "pushed": gettext_lazy("Pushed"),
}
SPANS = ("overdue", "month", "next-month", "quarter", "next-quarter", "none")


@dataclass(frozen=True)
class Asked:
    """What the address asks for. Ids are None where it names none; texts are "" then."""

    q: str = ""
    state: str = "open"
    stage: int | None = None
    owner: int | None = None
    team: int | None = None
    product: int | None = None
    pipeline: int | None = None
    type: str = ""
    closes: str = ""
    mine: str = ""  # "1" own deals, "0" everybody's, "" where the address says nothing
    nostep: bool = False
    quiet: bool = False
    agree: bool = False
    pushed: bool = False
    sort: str = ""

    @property
    def order(self) -> Sort:
        """The sort in force: by expected close for open deals, else the last closed first."""
        return SORTS[self.sort or ("close" if self.state == "open" else "new" if self.state == "all" else "ended")]

    @property
    def order_may_be_empty(self) -> bool | None:
        """False where the state rules out rows without the sort's value; None where the column itself says it."""
        return False if self.order.key == "closed_on" and self.state not in ("open", "all") else None

    @property
    def is_filtered(self) -> bool:
        """Anything narrows the list besides its state."""
        return replace(self, state="open", sort="", mine="") != Asked()

    def link(self, **change: Any) -> str:
        """The address of the list with something changed, from its first page."""
        kept = {name: value for name, value in asdict(replace(self, **change)).items() if value and value != "open"}
        return "?" + urlencode({name: "1" if value is True else value for name, value in kept.items()})

    def hidden(self) -> dict[str, str]:
        """The parameters a search form must carry along, the search itself aside."""
        kept = {name: value for name, value in asdict(self).items() if value and name != "q" and value != "open"}
        return {name: "1" if value is True else str(value) for name, value in kept.items()}


def read(params: Mapping[str, str], viewer: Viewer) -> Asked:
    """The parameters of an address; what is unknown or spoilt is left out. A bare address shows a rep their own deals."""
    asked = _read(params)
    if asked == Asked() and viewer.rep_id is not None and not viewer.is_manager:
        return replace(asked, mine="1")
    return asked


def _read(params: Mapping[str, str]) -> Asked:
    state, sort = clean_param(params, "state"), clean_param(params, "sort")
    kind, mine = clean_param(params, "type"), clean_param(params, "mine")
    owner = int_param(params, "owner")
    closes = _ALIASES.get(clean_param(params, "due"), clean_param(params, "due")) or clean_param(params, "closes", most=12)
    return Asked(
        q=clean_param(params, "q", most=100),
        state=state if state in STATES else "open",
        stage=int_param(params, "stage"),
        owner=owner,
        team=int_param(params, "team"),
        product=int_param(params, "product"),
        pipeline=int_param(params, "pipeline"),
        type=kind if kind in Deal.Type.values else "",
        closes=closes if closes in SPANS or _week_from(closes) or _named(closes) else "",
        mine=mine if mine in ("0", "1") and not owner else "",
        sort=sort if sort in SORTS else "",
        **{name: clean_param(params, name) == "1" for name in _FLAGS},
    )


def apply(asked: Asked, rows: DealQuerySet, *, user: User, company: Company) -> DealQuerySet:
    """The rows that the address asks for."""
    today = clock.today(company.zone)
    if asked.state != "all":
        rows = rows.filter(outcome="" if asked.state == "open" else asked.state)
    if asked.q:
        rows = rows.named_like(asked.q)
    if asked.mine == "1":
        rows = rows.filter(owner=viewer_of(user).rep_id)
    exact = {
        "stage": asked.stage, "owner": asked.owner, "product": asked.product, "pipeline": asked.pipeline, "deal_type": asked.type,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    team = Team.objects.visible_to(user).filter(pk=asked.team).first() if asked.team else None
    if asked.team:
        rows = rows.in_team(team, today) if team else rows.none()
    if asked.closes == "none":
        rows = rows.open().filter(expected_close_on=None)
    elif asked.closes:
        rows = rows.closing_between(*days_of(asked.closes, today, company))
    rows = rows.without_next_step() if asked.nostep else rows
    rows = rows.untouched_since(today - timedelta(days=QUIET_RED - 1)) if asked.quiet else rows
    rows = rows.agreement_due(today + AGREEMENT_SOON) if asked.agree else rows
    return rows.pushed() if asked.pushed else rows


def days_of(closes: str, today: date, company: Company) -> tuple[date | None, date | None]:
    """The days [start, end) that a `closes` filter names."""
    if closes == "overdue":
        return None, today
    if closes in SPANS:
        grain = closes.removeprefix("next-")
        span = containing(today, grain, company.fiscal_start)
        span = containing(span.end_on, grain, company.fiscal_start) if closes.startswith("next-") else span
        return span.start_on, span.end_on
    monday = _week_from(closes)
    if monday:
        return monday, monday + timedelta(days=7)
    period = named(closes, company.fiscal_start)
    return period.start_on, period.end_on


def chips(asked: Asked, *, user: User, company: Company, names_pipeline: bool = True) -> list[dict[str, Any]]:
    """The filters in force, each with the address without it, then the quick ones on offer.

    A page that shows the pipeline elsewhere has no chip for it, and saves the question for its name.
    """
    found: list[dict[str, Any]] = [
        {"label": label, "on": True, "url": asked.link(**{name: replacement})}
        for name, label, replacement in _chosen(asked, user=user, company=company, names_pipeline=names_pipeline)
    ]
    for name, words in _FLAGS.items():
        on = bool(getattr(asked, name))
        if on or asked.state == "open":
            found.append({"label": str(words), "on": on, "url": asked.link(**{name: not on})})
    return found


def flags(asked: Asked) -> list[tuple[str, bool, Promise]]:
    """The quick filters: parameter, whether it is on, words."""
    return [(name, bool(getattr(asked, name)), words) for name, words in _FLAGS.items()]


def span_words(closes: str, company: Company) -> str:
    """A `closes` filter in words: "Closes Sep 2026"."""
    words = {
        "overdue": _("Close date passed"),
        "month": _("Closes this month"),
        "next-month": _("Closes next month"),
        "quarter": _("Closes this quarter"),
        "next-quarter": _("Closes next quarter"),
        "none": _("No close date"),
    }
    if closes in words:
        return words[closes]
    monday = _week_from(closes)
    if monday:
        return _("Closes in the week of %(day)s") % {"day": date_format(monday, "j M")}
    period = named(closes, company.fiscal_start)
    label = date_format(period.start_on, "M Y") if period.grain == "month" else period.label
    return _("Closes in %(period)s") % {"period": label}


def pushes_words(count: int) -> str:
    """How a push count is spoken."""
    return ngettext("%(count)d push", "%(count)d pushes", count) % {"count": count}


def _chosen(asked: Asked, *, user: User, company: Company, names_pipeline: bool) -> list[tuple[str, str, Any]]:
    """Filters by value that are in force: parameter, words, and the value that takes it away."""
    chosen: list[tuple[str, str, Any]] = []
    if asked.state not in MAIN_STATES:
        chosen.append(("state", str(STATES[asked.state]), "open"))
    if asked.closes:
        chosen.append(("closes", span_words(asked.closes, company), ""))
    if asked.pipeline and names_pipeline:
        chosen.append(("pipeline", _name_of(Pipeline.objects.all(), asked.pipeline), None))
    if asked.stage:
        chosen.append(("stage", _name_of(Stage.objects.all(), asked.stage), None))
    if asked.team:
        chosen.append(("team", _name_of(Team.objects.visible_to(user), asked.team), None))
    if asked.owner:
        chosen.append(("owner", _name_of(Rep.objects.visible_to(user), asked.owner), None))
    if asked.product:
        chosen.append(("product", _name_of(Product.objects.all(), asked.product), None))
    if asked.type:
        chosen.append(("type", str(Deal.Type(asked.type).label), ""))
    return chosen


def _name_of(rows: Any, pk: int) -> str:
    name = rows.filter(pk=pk).values_list("name", flat=True).first()
    return name or _("no longer there")


def _week_from(text: str) -> date | None:
    """The first of seven days, written as a date."""
    try:
        return date.fromisoformat(text) if len(text) == 10 and "2000" <= text < "2100" else None
    except ValueError:
        return None


def _named(text: str) -> Period | None:
    try:
        return named(text) if text else None
    except BadPeriod:
        return None
