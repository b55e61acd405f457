"""The things that stand in addresses and bodies of tests/authz.yaml. They are ana's unless their name says otherwise."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from deals.models import ImportBatch
from lib import clock
from metrics.models import Quota
from metrics.quotas import NewQuota, set_quotas
from reps import absence, api_tokens, days_off, invitations, mail, tokens
from reps.holiday_files import Day
from reps.models import User
from tests import make
from tests.cast import Cast

# An id of each kind that nothing has.
MISSING = {int: 2_147_000_000, UUID: UUID("01920000-0000-7000-8000-00000000dead"), str: "nothing-of-this-name"}


def build(cast: Cast) -> dict[str, Any]:
    """Name → id (or word) as it stands in an address. Add a line for what your routes need."""
    account = make.account("PT Anggrek", owner=cast.ana)
    contact = make.contact("Ibu Citra", account=account, phone="+628123456789")
    deal = make.deal(owner=cast.ana, account=account, name="Anggrek renewal", stage=cast.proposal)
    won = make.won(owner=cast.ana, account=account, name="Anggrek first order")
    lead = make.lead("Bapak Dedi", owner=cast.ana, company_name="CV Dahlia")
    waiting = invitations.invite(address="nina@example.com", by=cast.admin)
    calendar = days_off.make_calendar(name="Bali", days=[Day(date(2026, 11, 18), "Galungan", "public")], by=None)
    batch = ImportBatch.objects.create(created_by=cast.manager, state=ImportBatch.State.READY, file_names=["deals.csv"])
    set_quotas(
        metric="won_value",
        numbers=[NewQuota(date(2026, 9, 1), Decimal(50), rep_id=cast.ana.rep.pk)],
        by=None,
        company=cast.company,
    )
    return {
        "waiting": waiting.pk,
        "quota": Quota.objects.get(rep=cast.ana.rep).pk,
        "token": api_tokens.issue(owner=cast.ana, name="Robot", by=cast.ana).token.pk,
        "secret": mail.new_invitation(waiting, by=cast.admin),
        "address_secret": tokens.sign_address(cast.ana, "ana.wijaya@example.com"),
        "uidb36": "1",
        "spent_key": "spent-0123456789",
        "calendar": calendar.pk,
        "preset": "csm",
        "shipped": "id-2026",
        "account": account.pk,
        "contact": contact.pk,
        "deal": deal.pk,
        "won_deal": won.pk,
        "lead": lead.pk,
        "lead_of_nobody": make.lead("Ibu Eka", team=cast.north).pk,
        "account_of_nobody": make.account("PT Bebas").pk,
        "activity": make.activity(rep=cast.ana, deal=deal, note="Talked about the renewal").pk,
        "booking": make.activity(rep=cast.ana, channel="meeting", outcome="", deal=deal, booked_at=clock.now()).pk,
        "event": deal.events.latest("pk").pk,
        "field_next": "next",
        "field_owner": "owner",
        "stage_ahead": cast.agreement.pk,
        "undo_word": "a-word-that-nobody-signed",
        "product": make.product("Paket A", list_price=5_000_000).pk,
        "competitor": make.competitor("PT Saingan").pk,
        "pipeline": cast.pipeline.pk,
        "stage": cast.proposal.pk,
        "team": cast.north.pk,
        "north_scope": f"team:{cast.north.pk}",
        "ana_scope": f"rep:{cast.ana.rep.pk}",
        "south": cast.south.pk,
        "leave": absence.give_leave(rep=cast.ana.rep, start=date(2026, 11, 2), end=date(2026, 11, 14), by=cast.admin).pk,
        "ana_row": f"r{cast.ana.rep.pk}",
        "north_row": f"t{cast.north.pk}",
        "ana_january": json.dumps({f"r{cast.ana.rep.pk}-2026-01": "60.000.000"}),
        "north_january": json.dumps({f"t{cast.north.pk}-2026-01": "60.000.000"}),
        "role": make.role("Closer").pk,
        "rep": cast.ana.rep.pk,
        "ana": cast.ana.rep.pk,
        "budi": cast.budi.rep.pk,
        "outsider": cast.outsider.rep.pk,
        "user": cast.ana.pk,
        "below_north": make.team("Polar", parent=cast.north).pk,
        "rep_without_user": make.rep("Joko", team=cast.north, work_email="joko@example.com").pk,
        "user_without_rep": User.objects.create_user("hana@example.com", name="Hana").pk,
        "no_secret": "nothing-of-this-kind",
        "no_field": "owner_secret",
        "account_word": "account",
        "night": "2026-09-15",
        "batch": batch.pk,
    }
