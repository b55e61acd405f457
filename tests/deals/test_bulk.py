"""Writing by COPY: rows, events and credits are what one by one they would have been; fast, and flat in memory."""

import io
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from deals.bulk import NewDeal, NewEvent, Words, Writer
from deals.copying import as_copy_text
from deals.models import Account, Activity, Contact, Credit, Deal, DealEvent, FxRate, Lead
from lib.versioned import since
from reps.models import Company
from tests import make
from tests.deals import importing

pytestmark = pytest.mark.django_db
Kind = DealEvent.Kind
OPENED, CLOSED = date(2026, 8, 1), date(2026, 9, 1)


def opening(cast, rep=None) -> list[NewEvent]:
    return [NewEvent(Kind.STAGE, OPENED, stage=cast.qualified), NewEvent(Kind.OWNER, OPENED, rep_id=(rep or cast.ana).rep.pk)]


def new(cast, *events: NewEvent, **fields) -> NewDeal:
    return NewDeal(
        **{"name": "New", "currency": "IDR", "pipeline_id": cast.pipeline.pk, "opened_on": OPENED, **fields},
        events=[*opening(cast), *events],
    )


def written(*deals: NewDeal, **options) -> list[Deal]:
    with Writer(company=Company.load(), **options) as writer:
        keys = writer.deals(deals)
    return [Deal.objects.get(pk=key) for key in keys]


def test_a_row_is_what_the_replay_of_its_events_says(cast):
    (deal,) = written(
        new(
            cast,
            NewEvent(Kind.AMOUNT, OPENED, amount=Decimal(5)),
            NewEvent(Kind.CLOSE_ON, OPENED, on_date=date(2026, 10, 1)),
            NewEvent(Kind.CLOSE_ON, CLOSED, on_date=date(2026, 11, 1)),
            NewEvent(Kind.NEXT_ACTION, CLOSED, on_date=date(2026, 9, 20), text=Words("Call\tback\\now")),
            NewEvent(Kind.STAGE, CLOSED, stage=cast.proposal),
        )
    )
    assert (deal.stage, deal.stage_since, deal.push_count, deal.next_action) == (cast.proposal, CLOSED, 1, "Call\tback\\now")
    assert importing.cached(deal) == importing.replayed(deal)


def test_a_win_counts_for_whoever_owned_it_then(cast):
    (deal,) = written(
        new(
            cast,
            NewEvent(Kind.AMOUNT, CLOSED, amount=Decimal(9)),
            NewEvent(Kind.OUTCOME, CLOSED, code="won"),
            NewEvent(Kind.OWNER, CLOSED + timedelta(days=2), rep_id=cast.budi.rep.pk),
        )
    )
    credit = Credit.objects.get(deal=deal)
    assert (deal.owner, credit.rep, credit.amount, credit.base_amount, credit.share) == (cast.budi.rep, cast.ana.rep, 9, 9, 1)
    assert (credit.won_on, credit.valid.lower, credit.valid.upper) == (CLOSED, CLOSED, None)


def test_a_win_in_another_currency_takes_the_rate_of_its_day(cast):
    FxRate.objects.create(currency="USD", rate=Decimal("16250.5"), valid=since(CLOSED - timedelta(days=5)))
    deals = written(
        *(
            new(cast, NewEvent(Kind.AMOUNT, day, amount=Decimal(100)), NewEvent(Kind.OUTCOME, day, code="won"), currency="USD")
            for day in (CLOSED, CLOSED - timedelta(days=20))
        )
    )
    assert [credit.base_amount for deal in deals for credit in deal.credits.all()] == [Decimal(1_625_050), None]


def test_a_reopened_win_has_no_credit(cast):
    (deal,) = written(
        new(cast, NewEvent(Kind.OUTCOME, OPENED, code="won"), NewEvent(Kind.OUTCOME, CLOSED, code=DealEvent.REOPENED))
    )
    assert (deal.outcome, deal.has_history, Credit.objects.count()) == ("", True, 0)


def test_keys_are_fresh_and_in_order(cast):
    first, second = written(new(cast), new(cast))
    later = make.deal(owner=cast.ana)
    assert first.pk < second.pk < later.pk


def test_activities_bring_the_last_customer_contact_up_to_date(cast):
    deal = make.deal(owner=cast.ana)
    quiet = make.deal(owner=cast.ana, last_contact_on=date(2026, 9, 15))
    at = datetime(2026, 9, 10, 18, tzinfo=UTC)
    common = {"rep_id": cast.ana.rep.pk, "occurred_at": at, "channel": "call"}
    with Writer(company=Company.load()) as writer:
        keys = writer.activities(
            [
                {**common, "deal_id": deal.pk, "outcome": "reached", "note": "Two\nlines"},
                {**common, "deal_id": deal.pk, "outcome": "no_answer", "occurred_at": at + timedelta(days=3)},
                {**common, "deal_id": quiet.pk, "outcome": "reached"},
            ]
        )
    deal.refresh_from_db()
    quiet.refresh_from_db()
    assert (deal.last_contact_on, quiet.last_contact_on) == (date(2026, 9, 11), date(2026, 9, 15))
    activity = Activity.objects.get(pk=keys[0])
    assert (activity.occurred_on, activity.note.text, activity.direction, activity.source) == (
        date(2026, 9, 11),
        "Two\nlines",
        "out",
        "app",
    )


def test_accounts_contacts_and_leads_are_written_with_their_keys(cast):
    with Writer(company=Company.load()) as writer:
        (account,) = writer.accounts([{"name": "PT Baru", "owner_id": cast.ana.rep.pk, "extra": {"a": "b\\c"}}])
        (contact,) = writer.contacts([{"account_id": account, "name": "Ibu Baru"}])
        (lead,) = writer.leads([{"name": "Pak Baru", "created_by_id": cast.ana.rep.pk}])
    assert Account.objects.get(pk=account).extra == {"a": "b\\c"}
    assert Contact.objects.get(pk=contact).account_id == account
    assert (Lead.objects.get(pk=lead).state, Lead.objects.get(pk=lead).is_import) == ("new", False)


def test_a_reference_to_nothing_is_refused_with_its_chunk(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        written(new(cast, account_id=2_000_000_000))
    assert Deal.objects.count() == 0


def test_a_query_in_between_waits_for_the_chunk(cast):
    with Writer(company=Company.load()) as writer:
        writer.deals([new(cast) for _ in range(200)])
        assert Deal.objects.count() == 200


@pytest.mark.parametrize(
    "text", ["\\N", "tab\there", "line\nend", "\\.", "back\\slash", "carriage\rreturn", "", "'quote'", "ünï 🙂"]
)
def test_every_text_arrives_as_it_was(cast, text):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE texts (text text) ON COMMIT DROP")
        cursor.copy_expert("COPY texts (text) FROM STDIN", io.StringIO(as_copy_text([(text,)])))
        cursor.execute("SELECT text FROM texts")
        assert cursor.fetchone()[0] == text


@pytest.mark.slow
@pytest.mark.real_clock
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a program its own peak")
@pytest.mark.django_db(transaction=True)
def test_memory_stays_flat_over_half_a_million_activities(tmp_path):
    script = Path(__file__).with_name("import_activities.py")
    done = subprocess.run(
        [sys.executable, script, str(tmp_path), "500000", connection.settings_dict["NAME"]],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert Activity.objects.count() == 500_000
    assert int(done.stdout.split()[-1]) <= 150
