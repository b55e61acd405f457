"""Roles: what a job lets its holder do. Presets are made with one click and changed like any other."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reps import audit
from reps.models import Capability, Role, RoleAssignment, User

C = Capability


@dataclass(frozen=True)
class Preset:
    """A role as many teams have it."""

    key: str
    name: Promise
    purpose: Promise
    capabilities: tuple[Capability, ...]


PRESETS = (
    Preset(
        "sdr", gettext_lazy("Sales development rep"), gettext_lazy("Finds and qualifies leads, then hands them over."),
        (C.LEAD_EDIT, C.ACCOUNT_EDIT, C.ACTIVITY_LOG, C.DEAL_CREATE),
    ),
    Preset(
        "ae", gettext_lazy("Account executive"), gettext_lazy("Takes deals from the first talk to the signed agreement."),
        (C.DEAL_CREATE, C.DEAL_EDIT, C.DEAL_EXPORT, C.ACCOUNT_EDIT, C.LEAD_EDIT, C.ACTIVITY_LOG),
    ),
    Preset(
        "csm", gettext_lazy("Account manager"), gettext_lazy("Keeps customers, renews and grows what they buy."),
        (C.DEAL_CREATE, C.DEAL_EDIT, C.DEAL_EXPORT, C.ACCOUNT_EDIT, C.ACTIVITY_LOG),
    ),
    Preset(
        "field", gettext_lazy("Field rep"), gettext_lazy("Visits customers on a route and logs from the phone."),
        (C.DEAL_CREATE, C.DEAL_EDIT, C.ACCOUNT_EDIT, C.LEAD_EDIT, C.ACTIVITY_LOG),
    ),
    Preset(
        "lead", gettext_lazy("Team lead"), gettext_lazy("Leads a team, moves deals and people within it."),
        tuple(C),
    ),
)  # fmt: skip


def preset(key: str) -> Preset | None:
    """The preset of that key."""
    return next((one for one in PRESETS if one.key == key), None)


def save_role(*, role: Role | None, name: str, purpose: str, capabilities: list[str], by: User) -> Role:
    """Make a role or change one; it holds for everyone who has it from the next click on."""
    with transaction.atomic():
        found = Role.objects.select_for_update().get(pk=role.pk) if role else Role()
        before = set(found.capabilities)
        found.name, found.purpose, found.capabilities = name, purpose, sorted(set(capabilities))
        found.full_clean()
        found.save()
        facts = {"added": sorted(set(found.capabilities) - before), "taken": sorted(before - set(found.capabilities))}
        audit.record(actor=by, verb="role.edit" if role else "role.create", subject=found, facts=facts, detail={"name": name})
    return found


def delete_role(*, role: Role, by: User) -> None:
    """Delete a role that nobody ever held. Raises ValidationError for another: history names it."""
    with transaction.atomic():
        found = Role.objects.select_for_update().get(pk=role.pk)
        if RoleAssignment.objects.filter(role=found).exists():
            raise ValidationError(
                _("Somebody holds or held this role, so it stays. Give its holders another one, then rename it.")
            )
        audit.record(actor=by, verb="role.delete", subject=found, detail={"name": found.name})
        found.delete()
