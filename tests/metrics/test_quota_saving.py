"""Saving the grid of quotas: all or nothing, two people, undo, the password, history, the file, a rep's own target."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from reps import org
from reps.absence import give_leave
from reps.models import AuditEntry
from tests import make
from tests.cast import NOW, Cast
from tests.metrics.grid import key, message, save, standing, where


@pytest.fixture
def admin(cast: Cast, signed_in: Any) -> Client:
    return signed_in(cast.admin)


# ── Saving ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_saving_says_how_many_and_undo_takes_them_back(cast: Cast, admin: Client) -> None:
    answer = save(admin, cast.north, {key(cast.ana, 1): "60.000.000", key(cast.budi, 1): "61jt"}, reason="Plan")
    assert answer.status_code == 302
    page = admin.get(answer["Location"])
    assert message(page) == "2 quotas are saved."
    assert standing() == [("Ana", 1, 60_000_000), ("Budi", 1, 61_000_000)]
    undo = next(iter(page.context["messages"])).extra_tags.removeprefix("undo:")
    back = admin.get(admin.post(undo)["Location"])
    assert message(back) == "2 quotas are as before."
    assert standing() == []
    assert "can no longer be undone" in message(admin.get(admin.post("/quotas/undo/nonsense/")["Location"]))


def test_what_cannot_be_read_keeps_its_old_value_and_stays_on_the_page(cast: Cast, admin: Client) -> None:
    make.quotas(cast.ana, 50_000_000, months=2)
    was = {key(cast.ana, 1): "50000000", key(cast.ana, 2): "50000000"}
    answer = save(admin, cast.north, {key(cast.ana, 1): "60jt", key(cast.ana, 2): "6,30"}, was)
    assert answer.status_code == 200
    assert "1 quota is saved. 1 cell keeps its old value." in answer.content.decode()
    assert 'value="6,30" data-shown="50,000,000"' in answer.content.decode()
    assert standing() == [("Ana", 1, 60_000_000), ("Ana", 2, 50_000_000)]


def test_two_people_save_and_the_second_sees_both_values(cast: Cast, admin: Client, signed_in: Any) -> None:
    manager = signed_in(cast.manager)
    assert save(manager, cast.north, {key(cast.ana, 1): "55jt"}).status_code == 302
    answer = save(admin, cast.north, {key(cast.ana, 1): "60jt", key(cast.budi, 2): "61jt"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Maya set 55,000,000 meanwhile. You typed 60,000,000." in text
    assert 'value="60,000,000" data-shown="55,000,000"' in text
    assert 'value="61,000,000" data-shown=""' in text
    assert standing() == [("Ana", 1, 55_000_000)]
    again = save(admin, cast.north, {key(cast.ana, 1): "60jt", key(cast.budi, 2): "61jt"}, {key(cast.ana, 1): "55000000"})
    assert again.status_code == 302
    assert standing() == [("Ana", 1, 60_000_000), ("Budi", 2, 61_000_000)]


def test_without_script_each_cell_is_a_field_and_untouched_ones_are_no_conflict(cast: Cast, admin: Client) -> None:
    make.quotas(cast.ana, 50_000_000, months=2)
    was = json.dumps({key(cast.ana, 1): "50000000", key(cast.ana, 2): "50000000"})
    make.quotas(cast.ana, 51_000_000, months=1)
    fields = {"was": was, key(cast.ana, 1): "50,000,000", key(cast.ana, 2): "52.000.000", key(cast.budi, 1): ""}
    assert admin.post(where(cast.north), fields).status_code == 302
    assert standing() == [("Ana", 1, 51_000_000), ("Ana", 2, 52_000_000)]


def test_a_cleared_cell_takes_the_quota_away(cast: Cast, admin: Client) -> None:
    make.quotas(cast.ana, 50_000_000, months=2)
    save(admin, cast.north, {key(cast.ana, 1): ""}, {key(cast.ana, 1): "50000000"})
    assert standing() == [("Ana", 2, 50_000_000)]


def test_a_cell_that_is_not_theirs_is_refused(cast: Cast, signed_in: Any) -> None:
    answer = save(signed_in(cast.manager), cast.north, {f"t{cast.north.pk}-2026-01": "1", key(cast.ana, 1): "60jt"})
    assert (answer.status_code, standing()) == (403, [])


def test_the_password_is_asked_again_after_ten_minutes_and_nothing_typed_is_lost(cast: Cast, admin: Client) -> None:
    with time_machine.travel(NOW + timedelta(minutes=11), tick=False):
        answer = save(admin, cast.north, {key(cast.ana, 1): "60jt"})
        assert "60jt" in answer.content.decode()
        assert standing() == []
        carried = {"typed": json.dumps({key(cast.ana, 1): "60jt"}), "was": "{}", "confirm_password": "correct horse battery"}
        assert admin.post(where(cast.north), carried).status_code == 302
        assert standing() == [("Ana", 1, 60_000_000)]


# ── History and file ────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_history_says_who_changed_what_from_what_and_why(cast: Cast, admin: Client, signed_in: Any) -> None:
    save(admin, cast.north, {key(cast.ana, 1): "60jt"}, reason="Yearly plan")
    save(signed_in(cast.manager), cast.north, {key(cast.ana, 1): "65jt"}, {key(cast.ana, 1): "60000000"})
    changes = admin.get(where(cast.north).replace("/quotas/", "/quotas/history/")).context["changes"]
    told = [
        (change.who, change.row, change.reason, [(step.month, step.before, step.after) for step in change.steps])
        for change in changes
    ]
    assert told == [
        ("Maya", "Ana", "", [("Jan", "Rp\u00a060,000,000", "Rp\u00a065,000,000")]),
        ("Adi", "Ana", "Yearly plan", [("Jan", "", "Rp\u00a060,000,000")]),
    ]
    told_of = [
        len(admin.get(where(cast.north, **of).replace("/quotas/", "/quotas/history/")).context["changes"])
        for of in (
            {"row": f"r{cast.ana.rep.pk}", "month": "2026-01"}, {"row": f"r{cast.ana.rep.pk}", "month": "2026-02"},
            {"row": f"r{cast.budi.rep.pk}"},
        )
    ]  # fmt: skip
    assert told_of == [2, 0, 0]


def test_what_is_asked_of_somebody_elsewhere_is_not_told_here(cast: Cast, admin: Client, signed_in: Any) -> None:
    save(admin, cast.north, {key(cast.ana, 1): "60,606,061", key(cast.ana, 8): "77,777,777"})
    org.place(rep=cast.ana.rep, team=cast.south, start=date(2026, 7, 1), by=None)
    manager = signed_in(cast.manager)
    for path in ("/quotas/", "/quotas/history/", "/quotas/grid.csv"):
        answer = manager.get(where(cast.north).replace("/quotas/", path))
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        said = content.decode().replace(",", "").replace(".", "")
        assert "60606061" in said
        assert "77777777" not in said


def test_the_file_holds_what_is_set_and_what_counts(cast: Cast, admin: Client) -> None:
    make.quotas(cast.ana, 44_000_000)
    make.quotas(cast.north, 100_000_000)
    give_leave(rep=cast.ana.rep, start=date(2026, 9, 7), end=date(2026, 9, 19), by=None)
    answer = admin.get(where(cast.north).replace("/quotas/", "/quotas/grid.csv"))
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0].startswith("row,name,value,2026-01,")
    assert [line.split(",")[1:3] for line in lines[1:]] == [["Ana", "set"], ["Ana", "counts"], ["Budi", "set"], ["North", "set"]]
    assert lines[2].split(",")[11] == "24000000"
    assert AuditEntry.objects.filter(verb="export", subject_type="quotas").count() == 1


def test_the_file_asks_for_the_password_after_ten_minutes(cast: Cast, admin: Client) -> None:
    with time_machine.travel(NOW + timedelta(minutes=11), tick=False):
        assert admin.get(where(cast.north).replace("/quotas/", "/quotas/grid.csv")).status_code == 302


# ── A rep's own ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_rep_reads_the_own_target_and_what_leave_takes_off_it(cast: Cast, signed_in: Any) -> None:
    make.quotas(cast.ana, 22_000_000)
    make.quotas(cast.ana, 10, metric="visits")
    give_leave(rep=cast.ana.rep, start=date(2026, 9, 7), end=date(2026, 9, 19), by=None)
    found = signed_in(cast.ana).get(f"/quotas/reps/{cast.ana.rep.pk}/").context["found"]
    assert [(line.title, line.month, line.year) for line in found.lines] == [
        ("Won value", "Rp\u00a012\u00a0m", "Rp\u00a0254\u00a0m"), ("Visits", "5.45", "115.45"),
    ]  # fmt: skip
    assert found.cuts == ["September: 12 of 22 working days, Rp\u00a012\u00a0m of Rp\u00a022\u00a0m"]
