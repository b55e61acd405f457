"""The audit trail: written with the act, chained, and tampering is found."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, connections, transaction

from reps import audit
from reps.models import AuditDetail, AuditEntry, AuditHead, User
from tests import make


@pytest.fixture
def admin(db: None) -> User:
    return make.user("Adi", kind=User.Kind.ADMIN)


def write(count: int, actor: User | None = None) -> list[AuditEntry]:
    """So many rows, every second one with values of a person."""
    return [
        audit.record(
            actor=actor, verb="rep.edit", subject="rep", facts={"rep": number},
            detail={"phone": f"+62812000{number}"} if number % 2 else None,
        )
        for number in range(count)
    ]  # fmt: skip


def tamper(statement: str, *params: object) -> None:
    """Change rows as somebody with the database in hand would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE reps_auditentry DISABLE TRIGGER USER")
        cursor.execute(statement, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE reps_auditentry ENABLE TRIGGER USER")


def test_a_row_says_who_did_what_to_whom(admin: User) -> None:
    team = make.team("North")
    entry = audit.record(actor=admin, verb="team.rename", subject=team, facts={"on": date(2026, 9, 16), "share": Decimal("0.5")})
    entry.refresh_from_db()
    assert (entry.actor, entry.verb, entry.subject_type, entry.subject_id) == (admin, "team.rename", "team", str(team.pk))
    assert entry.facts == {"on": "2026-09-16", "share": "0.5"}


def test_values_of_persons_stand_apart_and_can_be_blanked_without_breaking_the_chain(admin: User) -> None:
    entries = write(4, admin)
    assert entries[1].detail.values == {"phone": "+628120001"}
    assert audit.blank(AuditEntry.objects.all()) == 2
    assert AuditDetail.objects.filter(values={}, salt="").count() == 2
    assert audit.verify().whole


def test_text_that_the_database_cannot_take_is_cleaned(admin: User) -> None:
    entry = audit.record(
        actor=admin, verb="rep.edit", subject="rep", facts={"a\0": ["b\0", "\ud800c"]}, detail={"name": "D\0ewi"}
    )
    entry.refresh_from_db()
    assert entry.facts["a"] == ["b", "c"]
    assert audit.verify().whole


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        audit.record(actor=None, verb="rep.edit", subject="rep")


@pytest.mark.parametrize(
    "statement", ["UPDATE reps_auditentry SET verb = 'x'", "DELETE FROM reps_auditentry", "TRUNCATE reps_auditentry CASCADE"]
)
def test_the_database_refuses_changes(admin: User, statement: str) -> None:
    write(1)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEntry.objects.count() == 1


def test_an_untouched_trail_is_whole(admin: User) -> None:
    last = write(20, admin)[-1]
    report = audit.verify()
    assert (report.rows, report.last_hash, report.breaks) == (20, last.row_hash, ())


def test_an_empty_trail_is_whole(db: None) -> None:
    assert audit.verify() == audit.Report(rows=0, last_hash=audit.START, breaks=())


CHANGES = [
    "UPDATE reps_auditentry SET verb = 'deal.win' WHERE id = %s",
    "UPDATE reps_auditentry SET at = at + interval '1 second' WHERE id = %s",
    "UPDATE reps_auditentry SET actor_id = NULL WHERE id = %s",
    "UPDATE reps_auditentry SET subject_id = '99' WHERE id = %s",
    "UPDATE reps_auditentry SET subject_type = 'deal' WHERE id = %s",
    """UPDATE reps_auditentry SET facts = facts || '{"rep": 99}' WHERE id = %s""",
    "UPDATE reps_auditentry SET row_hash = repeat('0', 64) WHERE id = %s",
    "UPDATE reps_auditentry SET prev_hash = repeat('1', 64) WHERE id = %s",
    "WITH d AS (DELETE FROM reps_auditdetail WHERE entry_id = %s) DELETE FROM reps_auditentry WHERE id = %s",
]


@pytest.mark.parametrize("attempt", range(20))
def test_twenty_of_twenty_changes_are_found(admin: User, attempt: int) -> None:
    entries = write(30, admin)
    chance = random.Random(attempt)
    statement = chance.choice(CHANGES)
    tamper(statement, *[chance.choice(entries).pk] * statement.count("%s"))
    assert not audit.verify().whole


def test_a_removed_end_is_found(admin: User) -> None:
    last = write(5)[-1]
    tamper("DELETE FROM reps_auditentry WHERE id = %s", last.pk)
    assert [fault.why for fault in audit.verify().breaks] == ["5 rows were written, 4 are there"]


def test_changed_and_removed_values_are_found(admin: User) -> None:
    first, second = (entry for entry in write(4) if "detail" in entry.facts)
    AuditDetail.objects.filter(entry=first).update(values={"phone": "+1"})
    AuditDetail.objects.filter(entry=second).delete()
    assert audit.verify().breaks == (
        audit.Break(first.pk, "its values were changed"), audit.Break(second.pk, "its values were removed"),
    )  # fmt: skip


def test_a_forged_row_with_a_right_hash_is_found_by_the_one_after_it(admin: User) -> None:
    first = write(3)[0]
    first.verb = "rep.praise"
    forged = audit._row_hash(first)
    tamper("UPDATE reps_auditentry SET verb = 'rep.praise', row_hash = %s WHERE id = %s", forged, first.pk)
    assert [fault.why for fault in audit.verify().breaks] == ["a row before it is missing, added or changed"]


def test_the_command_prints_the_last_hash(admin: User, capsys: pytest.CaptureFixture[str]) -> None:
    last = write(2)[-1]
    call_command("verify_audit")
    assert capsys.readouterr().out == f"The audit trail is whole: 2 rows, last hash {last.row_hash}.\n"


def test_the_command_fails_and_names_the_row(admin: User, capsys: pytest.CaptureFixture[str]) -> None:
    entry = write(2)[1]
    tamper("UPDATE reps_auditentry SET verb = 'x' WHERE id = %s", entry.pk)
    with pytest.raises(CommandError, match="1 places of 2 rows"):
        call_command("verify_audit")
    assert capsys.readouterr().err == f"row {entry.pk}: the row was changed\n"


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_make_one_chain() -> None:
    def work(number: int) -> None:
        try:
            with transaction.atomic():
                audit.record(actor=None, verb="rep.edit", subject="rep", facts={"rep": number})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert audit.verify().rows == AuditHead.objects.get().rows == 40
    assert audit.verify().whole


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_rolled_back_leaves_no_row() -> None:
    def fail_after_recording() -> None:
        with transaction.atomic():
            audit.record(actor=None, verb="rep.edit", subject="rep")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_recording()
    assert audit.verify().rows == 0
