"""What a person may see changes with their place, on the next request: nothing is remembered from before (TRUST 5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse

from deals import changes
from reps import org
from reps.models import Capability, Team, User
from tests import make
from tests.cast import NOW

OUT_OF_SIGHT = 404


@pytest.fixture
def lead(cast):
    return make.lead("Bapak Dedi", owner=cast.ana)


@pytest.fixture
def deal(cast):
    return make.deal(owner=cast.ana, name="Anggrek")


def status(client, thing):
    """What opening the thing's page answers."""
    return client.get(reverse(f"deals:{'detail' if thing._meta.model_name == 'deal' else 'lead'}", args=[thing.pk])).status_code


def test_a_rep_who_moves_takes_their_work_out_of_the_old_managers_sight(cast, signed_in, lead, deal):
    old, new, mate = signed_in(cast.manager), signed_in(cast.south_manager), signed_in(cast.budi)
    assert [status(client, deal) for client in (old, mate, new)] == [200, 200, OUT_OF_SIGHT]
    org.place(rep=cast.ana.rep, team=cast.south, start=make.today(), by=cast.admin)
    for thing in (lead, deal):
        assert [status(client, thing) for client in (old, mate, new)] == [OUT_OF_SIGHT, OUT_OF_SIGHT, 200]


def test_a_move_of_tomorrow_holds_from_tomorrow(cast, signed_in, deal):
    org.place(rep=cast.ana.rep, team=cast.south, start=make.today() + timedelta(days=1), by=cast.admin)
    assert status(signed_in(cast.manager), deal) == 200
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert status(signed_in(cast.manager), deal) == OUT_OF_SIGHT


def test_a_demoted_manager_is_out_with_the_next_request(cast, signed_in, deal):
    manager = signed_in(cast.manager)
    assert status(manager, deal) == 200
    org.set_lead(team=cast.north, rep=None, start=make.today(), by=cast.admin)
    assert status(manager, deal) == OUT_OF_SIGHT


def test_a_team_put_under_another_is_seen_by_the_manager_there(cast, signed_in, deal):
    south_manager = signed_in(cast.south_manager)
    assert status(south_manager, deal) == OUT_OF_SIGHT
    org.move_team(team=cast.north, under=cast.south, by=cast.admin)
    assert status(south_manager, deal) == 200
    org.move_team(team=Team.objects.get(pk=cast.north.pk), under=cast.whole, by=cast.admin)
    assert status(south_manager, deal) == OUT_OF_SIGHT


def test_a_circle_of_teams_is_refused_and_nothing_changes(cast):
    paths = dict(Team.objects.values_list("pk", "path"))
    for under in (cast.whole, cast.north):
        with pytest.raises(org.WouldCircle), transaction.atomic():
            org.move_team(team=cast.whole, under=under, by=cast.admin)
    assert dict(Team.objects.values_list("pk", "path")) == paths


def test_who_leads_two_teams_sees_both(cast, signed_in, deal):
    south_deal = make.deal(owner=cast.outsider)
    manager = signed_in(cast.manager)
    org.set_lead(team=cast.south, rep=cast.manager.rep, start=make.today(), by=cast.admin)
    assert [status(manager, thing) for thing in (deal, south_deal)] == [200, 200]


def test_a_deal_handed_over_is_changed_by_the_new_owner_alone(cast, signed_in, deal):
    ana, budi = signed_in(cast.ana), signed_in(cast.budi)
    changes.change_deal(deal_id=deal.pk, version=deal.version, by=cast.manager, owner=cast.budi.rep)
    assert status(ana, deal) == 200
    assert not deal.__class__.objects.editable_by(User.objects.get(pk=cast.ana.pk)).filter(pk=deal.pk).exists()
    assert deal.__class__.objects.editable_by(User.objects.get(pk=cast.budi.pk)).filter(pk=deal.pk).exists()
    assert status(budi, deal) == 200


def test_a_deactivated_person_is_out_with_the_next_request(cast, signed_in, deal):
    ana = signed_in(cast.ana)
    assert status(ana, deal) == 200
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)
    response = ana.get(reverse("deals:detail", args=[deal.pk]))
    assert (response.status_code, response["Location"].split("?")[0]) == (302, reverse("account_login"))
    fragment = ana.get(reverse("deals:detail", args=[deal.pk]), headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"].split("?")[0]) == (401, reverse("account_login"))


def test_reps_of_a_deactivated_manager_stay_with_the_manager_above(cast, signed_in, deal):
    User.objects.filter(pk=cast.manager.pk).update(is_active=False)
    assert status(signed_in(cast.vp), deal) == 200


def test_signing_out_everywhere_ends_every_session(cast, signed_in, deal):
    here, there = signed_in(cast.ana), signed_in(cast.ana)
    User.objects.filter(pk=cast.ana.pk).update(session_epoch=1)
    assert [status(client, deal) for client in (here, there)] == [302, 302]


def test_a_changed_password_ends_other_sessions(cast, signed_in, deal):
    ana = signed_in(cast.ana)
    user = User.objects.get(pk=cast.ana.pk)
    user.set_password("another horse battery")
    user.save()
    assert status(ana, deal) == 302


def test_a_role_takes_verbs_away_and_never_widens_rows(cast, signed_in, lead):
    ana = signed_in(cast.ana)
    edit = reverse("deals:lead_edit", args=[lead.pk])
    assert ana.get(edit).status_code == 200
    watcher = make.role("Watcher", capabilities=[])
    org.assign_role(rep=cast.ana.rep, role=watcher, start=make.today(), by=cast.admin)
    assert ana.get(edit).status_code == 403
    everything = make.role("Everything", capabilities=Capability.values)
    org.assign_role(rep=cast.outsider.rep, role=everything, start=make.today(), by=cast.admin)
    assert signed_in(cast.outsider).get(edit).status_code == 404


def test_a_person_made_admin_stops_editing(cast, signed_in, lead):
    ana = signed_in(cast.ana)
    User.objects.filter(pk=cast.ana.pk).update(kind=User.Kind.ADMIN)
    assert ana.get(reverse("deals:lead", args=[lead.pk])).status_code == 200
    assert ana.get(reverse("deals:lead_edit", args=[lead.pk])).status_code == 403
