"""Reps and their sign-ins: adding, linking, ending, changing an address."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from lib import clock
from reps import audit, mail, org, sessions
from reps.models import Company, Mail, Rep, Role, Team, User


def add_rep(
    *, name: str, work_email: str = "", phone: str = "", external_id: str = "", sells: bool = True,
    joined_on: date | None = None, team: Team | None = None, role: Role | None = None, by: User | None,
) -> Rep:  # fmt: skip
    """A seller without a sign-in; member of the team and holder of the role from the day they joined (None: since ever)."""
    with transaction.atomic():
        rep = Rep(name=name, work_email=work_email, phone=phone, external_id=external_id, sells=sells, joined_on=joined_on)
        rep.full_clean()
        rep.save()
        audit.record(actor=by, verb="rep.create", subject=rep, detail={"name": name})
        if team is not None:
            org.place(rep=rep, team=team, start=joined_on, by=by)
        if role is not None:
            org.assign_role(rep=rep, role=role, start=joined_on, by=by)
    return rep


def edit_rep(*, rep: Rep, by: User, **fields: object) -> Rep:
    """Change the card. `fields` are names of Rep's own fields."""
    with transaction.atomic():
        found = Rep.objects.select_for_update().get(pk=rep.pk)
        changed = {name: [getattr(found, name), value] for name, value in fields.items() if getattr(found, name) != value}
        if not changed:
            return found
        for name, value in fields.items():
            setattr(found, name, value)
        found.full_clean()
        found.save(update_fields=list(fields))
        if "name" in changed and found.user_id:
            User.objects.filter(pk=found.user_id).update(name=found.name)
        audit.record(actor=by, verb="rep.edit", subject=found, facts={"fields": sorted(changed)}, detail=changed)
    return found


def link(*, rep: Rep, user: User, by: User) -> None:
    """Have an existing sign-in act for a rep. Raises ValidationError where either is taken."""
    with transaction.atomic():
        found = Rep.objects.select_for_update().get(pk=rep.pk)
        if found.user_id not in (None, user.pk):
            raise ValidationError(_("%(name)s has a sign-in already.") % {"name": found.name})
        if Rep.objects.filter(user=user).exclude(pk=rep.pk).exists():
            raise ValidationError(_("%(name)s acts for another rep already.") % {"name": user.name})
        found.user = user
        found.save(update_fields=["user"])
        audit.record(actor=by, verb="rep.link", subject=found, facts={"user": user.pk})


def unlink(*, rep: Rep, by: User) -> None:
    """The sign-in no longer acts for the rep; both stay."""
    with transaction.atomic():
        found = Rep.objects.select_for_update().get(pk=rep.pk)
        facts, found.user = {"user": found.user_id}, None
        found.save(update_fields=["user"])
        audit.record(actor=by, verb="rep.unlink", subject=found, facts=facts)


def set_kind(*, user: User, kind: str, by: User) -> None:
    """Change what a sign-in is for. Nobody changes their own, and the last admin stays one."""
    with transaction.atomic():
        _lock_admins()
        found = User.objects.select_for_update().get(pk=user.pk)
        if found.pk == by.pk:
            raise ValidationError(_("You cannot change your own access. Ask another admin."))
        before = found.kind
        if before == kind:
            return
        _keep_one_admin(found)
        found.kind = kind
        found.save(update_fields=["kind"])
        sessions.end_all(found, by=by)
        audit.record(actor=by, verb="user.kind", subject=found, facts={"from": before, "to": kind})


def deactivate(*, user: User, by: User | None) -> None:
    """End a sign-in; effective on the next request. The rep and all that happened stay."""
    with transaction.atomic():
        _lock_admins()
        found = User.objects.select_for_update().get(pk=user.pk)
        if by is not None and found.pk == by.pk:
            raise ValidationError(_("You cannot end your own sign-in. Ask another admin."))
        _keep_one_admin(found)
        User.objects.filter(pk=found.pk).update(is_active=False)
        sessions.end_all(found, by=by)
        audit.record(actor=by, verb="user.deactivate", subject=found)


def reactivate(*, user: User, by: User) -> None:
    """Let somebody sign in again, with the password they had."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=True)
        audit.record(actor=by, verb="user.reactivate", subject=user)


def part_with(*, rep: Rep, last_on: date, by: User) -> list[Team]:
    """Somebody leaves: their last day is noted, what they lead ends, and so does their sign-in when the day has come.

    Returns the teams that have no lead afterwards.
    """
    with transaction.atomic():
        leaderless = org.leave(rep=rep, last_on=last_on, by=by)
        user = User.objects.filter(rep=rep, is_active=True).first()
        if user is not None and last_on <= org.today():
            deactivate(user=user, by=by)
    return leaderless


def end_signins_of_leavers() -> int:
    """End the sign-ins of everyone whose last day is past; returns how many."""
    today = clock.today(Company.load().zone)
    ended = 0
    for user in User.objects.filter(rep__left_on__lt=today, is_active=True).order_by("pk"):
        try:
            deactivate(user=user, by=None)
        except ValidationError:  # the last admin keeps the keys; an admin sees it on the people page
            continue
        ended += 1
    return ended


def ask_for_new_address(*, user: User, address: str, by: User) -> bool:
    """Change an address. True when it is changed at once, False when the old address has to confirm it first.

    Somebody who has not signed in yet has confirmed no address: theirs changes at once, and the invitation goes there.
    Raises ValidationError when the address is in use.
    """
    address = address.strip().lower()
    with transaction.atomic():
        _refuse_taken(user, address)
        if user.has_usable_password():
            mail.post(kind=Mail.Kind.ADDRESS_CHANGE, address=user.email, user=user, facts={"new": address})
            audit.record(actor=by, verb="user.ask_address", subject=user, detail={"new": address})
            return False
        _write_address(user, address, by=by)
        mail.post(kind=Mail.Kind.INVITATION, address=address, user=user, facts={"by": by.pk})
    return True


def confirm_new_address(*, user: User, address: str) -> None:
    """The old address agreed: change it, end every session and tell the old address."""
    with transaction.atomic():
        _refuse_taken(user, address)
        old = user.email
        _write_address(user, address, by=user)
        sessions.end_all(user, by=user)
        mail.post(kind=Mail.Kind.ADDRESS_CHANGED, address=old, user=user, facts={"new": address})


def _write_address(user: User, address: str, *, by: User) -> None:
    old = user.email
    User.objects.filter(pk=user.pk).update(email=address)
    Rep.objects.filter(user=user, work_email=old).update(work_email=address)
    user.email = address
    audit.record(actor=by, verb="user.address", subject=user, detail={"from": old, "to": address})


def _refuse_taken(user: User, address: str) -> None:
    other = User.objects.with_address(address)
    if other is not None:
        own = other.pk == user.pk
        raise ValidationError(_("This is the present address.") if own else _("This address is already in use."))


def _keep_one_admin(user: User) -> None:
    """Refuse to take the last admin away."""
    if (
        user.kind == User.Kind.ADMIN
        and not User.objects.filter(kind=User.Kind.ADMIN, is_active=True).exclude(pk=user.pk).exists()
    ):
        raise ValidationError(_("This is the only admin. Make somebody else an admin first."))


def _lock_admins() -> None:
    """One change of admins at a time, so that two cannot take away each other."""
    list(User.objects.select_for_update().filter(kind=User.Kind.ADMIN).order_by("pk").values_list("pk", flat=True))
