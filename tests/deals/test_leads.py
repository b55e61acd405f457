"""Leads: whose they are, who took them first, what they became."""

import threading

import pytest
from django.db import connection

from deals.leads import LeadTaken, take_lead
from deals.models import Account, Contact, Lead
from reps.models import AuditEntry
from tests import make

KEY = "k-0123456789abcdef0123456789abcdef"


@pytest.mark.django_db
def test_a_new_lead_is_the_writers(cast, signed_in) -> None:
    signed_in(cast.ana).post(
        "/leads/new/", {"idempotency_key": KEY, "name": "Bapak Dedi", "source": "referral", "phone": "0811223344"}
    )
    lead = Lead.objects.get()
    assert (lead.owner, lead.created_by, lead.team, lead.phone) == (cast.ana.rep, cast.ana.rep, cast.north, "+62811223344")


@pytest.mark.django_db
def test_saving_twice_with_one_key_makes_one_lead(cast, signed_in) -> None:
    client, body = signed_in(cast.ana), {"idempotency_key": KEY, "name": "Bapak Dedi", "source": "cold"}
    first, second = client.post("/leads/new/", body), client.post("/leads/new/", body)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert Lead.objects.count() == 1


@pytest.mark.django_db
def test_unassigned_leads_are_seen_by_their_team_alone(cast, signed_in) -> None:
    lead = make.lead("Ibu Eka", team=cast.north)
    assert signed_in(cast.budi).get(f"/leads/{lead.pk}/").status_code == 200
    assert signed_in(cast.outsider).get(f"/leads/{lead.pk}/").status_code == 404


@pytest.mark.django_db
def test_the_second_to_take_a_lead_is_told_who_was_first(cast, signed_in) -> None:
    lead = make.lead("Ibu Eka", team=cast.north)
    take_lead(lead=lead, by=cast.ana)
    with pytest.raises(LeadTaken) as refused:
        take_lead(lead=lead, by=cast.budi)
    assert refused.value.owner == cast.ana.rep


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_take_at_once_one_gets_it(cast) -> None:
    lead = make.lead("Ibu Eka", team=cast.north)
    takers = [make.user(f"Rep {number}", team=cast.north) for number in range(8)]
    gate, got = threading.Barrier(8), []

    def take(user) -> None:
        gate.wait()
        try:
            take_lead(lead=lead, by=user)
            got.append(user.rep.pk)
        except LeadTaken:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(user,)) for user in takers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lead.refresh_from_db()
    assert got == [lead.owner_id]


@pytest.mark.django_db
def test_a_lead_becomes_an_account_a_contact_and_the_form_of_a_deal(cast, signed_in) -> None:
    lead = make.lead("Bapak Dedi", owner=cast.ana, company_name="CV Dahlia", phone="+62811223344")
    client = signed_in(cast.ana)
    response = client.post(f"/leads/{lead.pk}/convert/")
    account, contact = Account.objects.get(), Contact.objects.get()
    assert (account.name, account.owner, contact.name, contact.phone) == ("CV Dahlia", cast.ana.rep, "Bapak Dedi", "+62811223344")
    assert response["Location"] == f"/deals/new/?account={account.pk}&lead={lead.pk}&contact={contact.pk}"
    client.post(f"/leads/{lead.pk}/convert/")
    assert (Account.objects.count(), Contact.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_not_a_fit_can_be_taken_back(cast, signed_in) -> None:
    lead, client = make.lead("Bapak Dedi", owner=cast.ana), signed_in(cast.ana)
    client.post(f"/leads/{lead.pk}/state/", {"state": "disqualified"})
    lead.refresh_from_db()
    assert lead.state == "disqualified"
    client.post(f"/leads/{lead.pk}/state/", {"state": "working"})
    lead.refresh_from_db()
    assert lead.state == "working"
    client.post(f"/leads/{lead.pk}/state/", {"state": "converted"})
    lead.refresh_from_db()
    assert lead.state == "working"


@pytest.mark.django_db
def test_a_manager_gives_a_lead_to_one_of_theirs_only(cast, signed_in) -> None:
    lead, client = make.lead("Bapak Dedi", owner=cast.ana), signed_in(cast.manager)
    assert client.post(f"/leads/{lead.pk}/give/", {"rep": cast.outsider.rep.pk}).status_code == 404
    assert client.post(f"/leads/{lead.pk}/give/", {"rep": cast.budi.rep.pk}).status_code == 302
    lead.refresh_from_db()
    assert lead.owner == cast.budi.rep
    assert AuditEntry.objects.get(verb="lead.given").facts["to"] == cast.budi.rep.pk
