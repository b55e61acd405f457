"""One cast with things to look at for a whole file of tests; what a test writes is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any
from unittest import mock

import time_machine
from django.db import connection, transaction
from django.test import Client

from deals.models import Activity
from salesteam import health
from tests import authz, authz_world, make
from tests import cast as cast_module

# Sessions are kept by signing in, requests of a token are counted; an audit entry is how a read of something guarded is
# remembered.
KEPT_BY_READING = ("reps_session", "reps_apiuse", "reps_auditentry", "reps_auditdetail", "reps_audithead")
_WRITTEN = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_xact_user_tables WHERE relname <> ALL(%s)
"""


@contextmanager
def taken_back() -> Iterator[None]:
    """A transaction that is rolled back at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def written() -> int:
    """Rows written so far in this transaction, whether or not they were taken back; sessions and audit entries left out."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, [list(KEPT_BY_READING)])
        return int(cursor.fetchone()[0])


class World:
    """The cast, a client for each person and the things of tests/authz_world.py."""

    def __init__(self) -> None:
        self.cast = cast_module.build()
        self.things = authz_world.build(self.cast)
        self.clients = {code: self.client(code) for code in authz.ACTORS}

    def client(self, who: str | None, **options: Any) -> Client:
        """A client of that person, given as column of the access table or as name in the cast."""
        made, name = Client(raise_request_exception=False, **options), authz.ACTORS.get(who or "AN", who)
        if name:
            made.force_login(getattr(self.cast, name))
        return made

    def grow(self, times: int) -> None:
        """More of everything that a page may list, around ana and on her account, lead and deal."""
        cast, things = self.cast, self.things
        people = [cast.ana, *(make.user(team=cast.north) for _ in range(max(times // 10, 1)))]
        for at in range(times):
            owner = people[at % len(people)]
            account = make.account(owner=owner, parent_id=things["account"])
            make.contact(account=account)
            make.contact(account_id=things["account"])
            make.lead(owner=owner)
            make.lead(team=cast.north)
            make.product()
            make.competitor()
            make.team(parent=cast.north)
            make.role()
            deal = make.deal(owner=owner, account=account, stage=1 + at % 4, next_action="Call", next_action_on=make.today())
            make.won(owner=owner, account_id=things["account"], on=make.today() - timedelta(days=at % 60))
            make.lost(owner=owner, account=account)
            make.activity(rep=owner, deal=deal)
            make.activity(rep=cast.ana, deal_id=things["deal"], note="Again", channel=Activity.Channel.VISIT)
            make.activity(rep=cast.ana, lead_id=things["lead"])
            make.activity(rep=cast.ana, account_id=things["account"])


@contextmanager
def as_before(client: Client) -> Iterator[None]:
    """What happens inside leaves no trace, neither in the database nor in the client's cookies (a sign-out, a language)."""
    kept = client.cookies.output(header="", sep="\n")
    with taken_back():
        yield
    client.cookies = SimpleCookie(kept)


@contextmanager
def opened(unblock: Any) -> Iterator[World]:
    """The world on the frozen day, with every part of the machine reported well."""
    well = {part: health.Part(health.State.OK) for part in ("web", "database", "broker", "worker", "beat")}
    with (
        unblock(),
        time_machine.travel(cast_module.NOW, tick=False),
        mock.patch.object(health, "parts", return_value=well),
        taken_back(),
    ):
        yield World()
