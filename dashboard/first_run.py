"""Setting up an empty installation: its first admin, then the company, its people, its stages.

Each step is a verb of its own and can wait. Until the first admin exists anyone who reaches the server may become it,
so in production that takes a token which only the server's owner can print (`manage.py create_admin`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from deals.catalogue import PRESET, Stages, make_pipeline
from deals.models import Deal, Pipeline, Stage
from lib import clock
from reps import audit, holiday_files, invitations, throttle
from reps.models import Company, Holiday, HolidayCalendar, User

_LOCK = "first admin"


@dataclass(frozen=True)
class Preset:
    """A pipeline to start from."""

    key: str
    name: Promise
    about: Promise
    stages: Stages

    @property
    def stage_names(self) -> list[str]:
        """Its stages, in order."""
        return [str(stage[0]) for stage in self.stages]


PRESETS = (
    Preset("written", _("Sales with a written agreement"), _("From first talk to signed paper: most companies"), PRESET),
    Preset(
        "field",
        _("Field sales"),
        _("Visit, offer, order: outlets and small companies"),
        (
            (pgettext_lazy("stage", "Visit planned"), Stage.Kind.OPEN, "0.15", 7, False),
            (pgettext_lazy("stage", "Visited"), Stage.Kind.OPEN, "0.35", 7, True),
            (pgettext_lazy("stage", "Offer"), Stage.Kind.PROPOSAL, "0.60", 7, True),
            (pgettext_lazy("stage", "Order promised"), Stage.Kind.AGREEMENT, "0.85", 5, True),
        ),
    ),
    Preset(
        "short",
        _("Short sale"),
        _("Three stages, decided within days"),
        (
            (pgettext_lazy("stage", "New"), Stage.Kind.OPEN, "0.20", 5, False),
            (pgettext_lazy("stage", "Talking"), Stage.Kind.OPEN, "0.40", 7, True),
            (pgettext_lazy("stage", "Offer"), Stage.Kind.PROPOSAL, "0.70", 7, True),
        ),
    ),
)


@dataclass(frozen=True)
class Progress:
    """Which steps are done. `company`, `people`, `deals` and `stages` follow from what there is."""

    company: bool
    people: int
    deals: bool
    pipeline: Pipeline | None

    @property
    def done(self) -> int:
        """How many of the four."""
        return sum((self.company, self.people > 0, self.deals, self.pipeline is not None))


def is_open() -> bool:
    """Nobody has been made yet: the first-run page may make the first admin."""
    return not User.objects.exists()


def token() -> str:
    """The one-time set-up token of this installation. It is worth nothing once somebody exists."""
    digest = salted_hmac("dashboard.first_run", settings.SECRET_KEY, algorithm="sha256").hexdigest()[:24]
    return "-".join(digest[at : at + 6] for at in range(0, 24, 6))


def is_token(typed: str) -> bool:
    """Whether that is the token, compared in constant time."""
    return constant_time_compare(typed.strip().lower(), token())


def make_first_admin(*, name: str, email: str, password: str, language: str = "") -> User | None:
    """The first person of an empty installation; None when there is somebody already. Of two at once, one wins.

    Raises ValidationError for an address that is none.
    """
    with transaction.atomic(), throttle.alone(_LOCK):
        if not is_open():
            return None
        user = User(email=email.strip().lower(), name=name, kind=User.Kind.ADMIN, language=language)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save()
        audit.record(actor=user, verb="user.first_admin", subject=user, detail={"address": user.email})
    return user


def progress(company: Company) -> Progress:
    """What is done of the set-up."""
    return Progress(
        company=company.set_up_at is not None,
        people=User.objects.count() - 1,
        deals=Deal.objects.exists(),
        pipeline=Pipeline.objects.filter(is_default=True).prefetch_related("stages").first(),
    )


def set_up_company(*, company: Company, by: User, holidays: str, **fields: Any) -> Company:
    """Write the company's name, zone, currency and language, and load a country's shipped holidays ("id", or "" for none).

    Raises ValidationError when the currency is settled by deals that are there already.
    """
    with transaction.atomic():
        found = Company.objects.select_for_update().get(pk=company.pk)
        if found.currency_settled_at is not None and fields.get("currency", found.currency) != found.currency:
            raise ValidationError(
                {"currency": _("Deals are in %(currency)s already, so it stays.") % {"currency": found.currency}}
            )
        changed = sorted(name for name, value in fields.items() if getattr(found, name) != value)
        for name, value in fields.items():
            setattr(found, name, value)
        if holidays and found.calendar_id is None:
            found.calendar = load_holidays(holidays, found.language)
        found.set_up_at = found.set_up_at or clock.now()
        found.full_clean(exclude=["calendar"])
        found.save()
        audit.record(actor=by, verb="company.set_up", subject=found, facts={"fields": changed})
    return found


def load_holidays(country: str, language: str) -> HolidayCalendar:
    """The calendar of a country with every year that comes with the product."""
    name = holiday_files.COUNTRIES[country]
    lists = [shipped.read(language) for shipped in holiday_files.shipped() if shipped.country == country]
    calendar, _made = HolidayCalendar.objects.get_or_create(name=name, defaults={"source": lists[0].source if lists else ""})
    days = [day for found in lists for day in found.days]
    Holiday.objects.bulk_create(
        (Holiday(calendar=calendar, day_on=day.day_on, name=day.name, kind=day.kind) for day in days), ignore_conflicts=True
    )
    return calendar


@dataclass(frozen=True)
class Invited:
    """What became of a pasted list: how many were invited, and the pieces that were not, each with its reason."""

    count: int
    refused: tuple[str, ...]


def invite_team(*, typed: str, by: User) -> Invited:
    """Invite everyone of a pasted list as a rep; teams and roles can wait."""
    found = invitations.read_list(typed)
    refused = [str(_("%(piece)s is no e-mail address.") % {"piece": piece}) for piece in found.unread]
    count = 0
    for person in found.people[: invitations.MOST_AT_ONCE]:
        try:
            invitations.invite(address=person.address, name=person.name, by=by)
            count += 1
        except ValidationError as error:
            refused.append(f"{person.address}: {error.messages[0]}")
    return Invited(count, tuple(refused))


def choose_pipeline(*, key: str, by: User) -> Pipeline | None:
    """Make the pipeline of a preset, unless there is one already; None for an unknown preset."""
    preset = next((preset for preset in PRESETS if preset.key == key), None)
    if preset is None:
        return None
    with transaction.atomic(), throttle.alone("first pipeline"):
        present = Pipeline.objects.filter(is_default=True).first()
        return present or make_pipeline(name=gettext("Sales"), by=by, stages=preset.stages)
