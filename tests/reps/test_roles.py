"""Roles, and what they let people do."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from reps import org
from reps.access import viewer_of
from reps.models import AuditEntry, Capability, Role, User
from reps.roles import PRESETS
from tests import make
from tests.cast import Cast


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_one_click_makes_a_role_from_a_preset(cast: Cast, signed_in: Any, preset: Any) -> None:
    signed_in(cast.admin).post(reverse("reps:role_from_preset", args=[preset.key]))
    role = Role.objects.get(name=str(preset.name))
    assert role.capabilities == sorted(preset.capabilities)
    assert AuditEntry.objects.get(verb="role.create").facts["added"] == sorted(preset.capabilities)


def test_a_preset_made_already_is_not_offered_and_not_made_twice(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.admin)
    client.post(reverse("reps:role_from_preset", args=["ae"]))
    assert "ae" not in [preset.key for preset in client.get("/roles/").context["presets"]]
    answer = client.post(reverse("reps:role_from_preset", args=["ae"]), follow=True)
    assert "There is a role of this name already." in answer.content.decode()
    assert Role.objects.count() == 1


def test_a_preset_that_is_none_is_a_404(cast: Cast, signed_in: Any) -> None:
    assert signed_in(cast.admin).post(reverse("reps:role_from_preset", args=["ceo"])).status_code == 404


def test_a_role_takes_verbs_away_on_the_next_request(cast: Cast, signed_in: Any) -> None:
    role = make.role("Caller", capabilities=["lead.edit", "activity.log", "deal.create"])
    org.assign_role(rep=cast.ana.rep, role=role, start=None, by=cast.admin)
    assert viewer_of(User.objects.get(pk=cast.ana.pk)).may("deal.create")
    signed_in(cast.admin).post(
        reverse("reps:role_edit", args=[role.pk]), {"name": "Caller", "capabilities": ["lead.edit", "activity.log"]}
    )
    assert not viewer_of(User.objects.get(pk=cast.ana.pk)).may("deal.create")
    assert AuditEntry.objects.get(verb="role.edit").facts == {
        "added": [], "taken": ["deal.create"], "detail": AuditEntry.objects.get(verb="role.edit").facts["detail"],
    }  # fmt: skip


def test_a_verb_outside_the_closed_list_is_refused(cast: Cast, signed_in: Any) -> None:
    answer = signed_in(cast.admin).post("/roles/new/", {"name": "Spy", "capabilities": ["pay.view_all"]})
    assert answer.status_code == 422
    assert not Role.objects.exists()


def test_a_role_never_widens_the_rows(cast: Cast) -> None:
    everything = make.role("Everything", capabilities=Capability.values)
    org.assign_role(rep=cast.ana.rep, role=everything, start=None, by=cast.admin)
    viewer = viewer_of(User.objects.get(pk=cast.ana.pk))
    assert viewer.editable_rep_ids == {cast.ana.rep.pk}
    assert viewer.readable_rep_ids == {cast.ana.rep.pk, cast.budi.rep.pk}


def test_a_role_that_was_held_stays(cast: Cast, signed_in: Any) -> None:
    role = make.role("Closer")
    org.assign_role(rep=cast.ana.rep, role=role, start=date(2026, 1, 1), by=cast.admin)
    org.assign_role(rep=cast.ana.rep, role=None, start=date(2026, 2, 1), by=cast.admin)
    answer = signed_in(cast.admin).post(reverse("reps:role_delete", args=[role.pk]), follow=True)
    assert "Somebody holds or held this role, so it stays." in answer.content.decode()
    assert Role.objects.filter(pk=role.pk).exists()


def test_a_role_nobody_held_can_go(cast: Cast, signed_in: Any) -> None:
    role = make.role("Closer")
    signed_in(cast.admin).post(reverse("reps:role_delete", args=[role.pk]))
    assert not Role.objects.exists()


def test_the_list_counts_holders_and_is_in_order(cast: Cast, signed_in: Any) -> None:
    hunter, farmer = make.role("hunter"), make.role("Farmer")
    org.assign_role(rep=cast.ana.rep, role=hunter, start=None, by=None)
    org.assign_role(rep=cast.budi.rep, role=hunter, start=None, by=None)
    org.leave(rep=cast.budi.rep, last_on=date(2026, 9, 1), by=None)
    rows = signed_in(cast.ana).get("/roles/").context["roles"]
    assert [(role.name, role.holders) for role in rows] == [(farmer.name, 0), (hunter.name, 1)]
