"""When a rep is away, wholly or in part. Working days on leave carry less of a quota (DOMAIN §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lib.versioned import Versioned, VersionedQuerySet, no_overlap
from reps.access import viewer_of
from reps.models.people import Rep

if TYPE_CHECKING:
    from reps.models.people import User


class LeaveQuerySet(VersionedQuerySet):
    """Words for reading leave."""

    def visible_to(self, user: User) -> LeaveQuerySet:
        """The dates are open to one's own team, to the managers above, to admins and auditors (TRUST, leave)."""
        viewer = viewer_of(user)
        if viewer.reads_everything:
            return self
        return self.filter(rep__in=viewer.readable_rep_ids)

    def editable_by(self, user: User) -> LeaveQuerySet:
        """Admins and the managers above write it; nobody their own."""
        viewer = viewer_of(user)
        return self if user.is_admin else self.filter(rep__in=viewer.subtree_rep_ids - viewer.own_ids)


class Leave(Versioned):
    """Approved leave on the days of `valid`. Why somebody is away is not kept."""

    SUBJECT = ("rep",)
    rep = models.ForeignKey(Rep, on_delete=models.PROTECT, related_name="leaves")
    # The share of a working day still worked: 0 away, 0.5 half time.
    works_share = models.DecimalField(_("still works"), max_digits=3, decimal_places=2, default=0)

    objects = LeaveQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints: ClassVar = [
            no_overlap("one_leave_at_a_time", "rep"),
            models.CheckConstraint(condition=Q(works_share__gte=0) & Q(works_share__lt=1), name="leave_share_is_below_one"),
            models.CheckConstraint(
                condition=Q(valid__startswith__isnull=False) & Q(valid__endswith__isnull=False), name="leave_begins_and_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rep} away {self.valid}"
