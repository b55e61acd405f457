"""The cast, the frozen day and the guards themselves."""

import socket

import pytest
from django.db import IntegrityError, connection, transaction

from lib import clock
from reps.models import AuditEntry
from tests import guards, make


def test_the_cast_stands_in_its_teams(cast):
    assert cast.ana.viewer.team_ids == {cast.north.pk}
    assert cast.manager.viewer.subtree_rep_ids == {cast.ana.rep.pk, cast.budi.rep.pk}
    assert cast.vp.viewer.subtree_rep_ids == {cast.ana.rep.pk, cast.budi.rep.pk, cast.outsider.rep.pk}
    assert cast.admin.viewer.rep_id is None


def test_the_day_is_frozen(cast):
    assert str(clock.today(cast.company.zone)) == "2026-09-16"
    assert str(make.today()) == "2026-09-16"


def test_a_made_win_has_its_events_and_credit(cast):
    deal = make.won(owner=cast.ana, amount=5_000_000)
    assert list(deal.events.values_list("kind", flat=True)) == ["stage", "owner", "amount", "outcome"]
    assert deal.credits.get().base_amount == 5_000_000


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", [1, 2])
def test_append_only_tables_are_emptied_between_transactional_tests(_round):
    assert AuditEntry.objects.count() == 0
    AuditEntry.objects.create(verb="test", subject_type="test", prev_hash="", row_hash="1")
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE reps_auditentry CASCADE")
    assert AuditEntry.objects.count() == 1


def test_connections_off_this_machine_are_refused():
    with socket.socket() as sock, pytest.raises(guards.OffLoopback):
        sock.connect(("192.0.2.1", 80))
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.1", 1)) != 0
    assert guards.NETWORK.attempts == ["('192.0.2.1', 80)"]
    guards.NETWORK.attempts.clear()
