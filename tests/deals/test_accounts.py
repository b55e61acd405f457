"""Accounts and contacts: found, written down once, seen by those they concern."""

import csv
import io
from decimal import Decimal

import pytest

from deals.models import Account, Contact
from reps.models import AuditEntry
from tests import make

pytestmark = pytest.mark.django_db
KEY = "k-0123456789abcdef0123456789abcdef"


def _post(client, url: str, **data: object):
    return client.post(url, {"idempotency_key": KEY, **data})


def test_the_list_finds_by_any_part_of_the_name(cast, signed_in) -> None:
    make.account("PT Anggrek Jaya", owner=cast.ana)
    make.account("CV Melati", owner=cast.ana)
    page = signed_in(cast.ana).get("/accounts/", {"q": "GREK"}).content.decode()
    assert "PT Anggrek Jaya" in page
    assert "CV Melati" not in page


def test_counts_are_of_deals_the_reader_sees(cast, signed_in) -> None:
    account = make.account("PT Anggrek", owner=cast.ana)
    make.deal(owner=cast.ana, account=account)
    make.won(owner=cast.outsider, account=account, on=make.today())
    rows = signed_in(cast.ana).get("/accounts/").context["page"].rows
    assert [(row.name, row.open_deals, row.won_deals) for row in rows] == [("PT Anggrek", 1, 0)]


def test_pages_follow_each_other_without_gap_or_double(cast, signed_in) -> None:
    for number in range(120):
        make.account(f"Account {number:03}", owner=cast.ana)
    client, url, seen = signed_in(cast.ana), "/accounts/", []
    while url:
        context = client.get(url).context
        seen += [row.name for row in context["page"].rows]
        url = context["next_url"] and f"/accounts/{context['next_url']}"
    assert seen == [f"Account {number:03}" for number in range(120)]


def test_a_similar_name_is_shown_before_a_second_account_is_made(cast, signed_in) -> None:
    existing = make.account("PT Sinar Contoh", owner=cast.budi)
    client = signed_in(cast.ana)
    first = _post(client, "/accounts/new/", name="PT Sinar Contoh Tbk")
    assert first.status_code == 422
    assert f"/accounts/{existing.pk}/" in first.content.decode()
    assert Account.objects.count() == 1
    second = client.post("/accounts/new/", {"idempotency_key": KEY + "2", "name": "PT Sinar Contoh Tbk", "really": "1"})
    assert second.status_code == 302
    made = Account.objects.get(name="PT Sinar Contoh Tbk")
    assert made.owner == cast.ana.rep


def test_typed_text_survives_a_mistake(cast, signed_in) -> None:
    response = _post(signed_in(cast.ana), "/accounts/new/", name="PT Anggrek", phone="call me", city="Medan")
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="call me"' in page
    assert 'value="Medan"' in page
    assert not Account.objects.exists()


def test_phones_are_kept_with_their_country(cast, signed_in) -> None:
    _post(signed_in(cast.ana), "/accounts/new/", name="PT Anggrek", phone="0812-3456 7890")
    assert Account.objects.get().phone == "+6281234567890"


def test_an_account_cannot_be_part_of_its_own_part(cast, signed_in) -> None:
    above = make.account("Group", owner=cast.ana)
    below = make.account("Daughter", owner=cast.ana)
    Account.objects.filter(pk=below.pk).update(parent=above)
    response = _post(signed_in(cast.ana), f"/accounts/{above.pk}/edit/", name="Group", parent=below.pk)
    assert response.status_code == 422
    above.refresh_from_db()
    assert above.parent is None


def test_a_contact_is_added_to_an_account_and_can_be_reached(cast, signed_in) -> None:
    account = make.account("PT Anggrek", owner=cast.ana)
    client = signed_in(cast.ana)
    _post(client, "/contacts/new/", name="Ibu Citra", account=account.pk, phone="081234567890", email="citra@anggrek.example")
    assert Contact.objects.get().phone == "+6281234567890"
    page = client.get(f"/accounts/{account.pk}/").content.decode()
    assert "https://wa.me/6281234567890" in page
    assert "tel:+6281234567890" in page


def test_removing_a_contact_is_written_down_and_leaves_the_deal(cast, signed_in) -> None:
    account = make.account("PT Anggrek", owner=cast.ana)
    contact = make.contact("Ibu Citra", account=account)
    deal = make.deal(owner=cast.ana, account=account, contact=contact)
    _post(signed_in(cast.ana), f"/contacts/{contact.pk}/edit/", remove="1")
    deal.refresh_from_db()
    assert deal.contact is None
    assert AuditEntry.objects.filter(verb="contact.removed").count() == 1


def test_a_rep_of_another_team_neither_sees_nor_adds_to_it(cast, signed_in) -> None:
    account = make.account("PT Anggrek", owner=cast.ana)
    client = signed_in(cast.outsider)
    assert client.get(f"/accounts/{account.pk}/").status_code == 404
    response = _post(client, "/contacts/new/", name="Spy", account=account.pk)
    assert response.status_code == 422
    assert not Contact.objects.exists()


def test_the_file_holds_what_the_list_shows(cast, signed_in) -> None:
    make.account("PT Anggrek", owner=cast.ana, city="Medan", employees=40)
    make.account("PT Jauh", owner=cast.outsider)
    make.account("=HYPERLINK(1)", owner=cast.ana)
    body = b"".join(signed_in(cast.ana).get("/accounts.csv").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(body)))
    assert [(row["name"], row["city"], row["employees"], row["owner"]) for row in rows] == [
        ("PT Anggrek", "Medan", "40", "Ana"),
        ("'=HYPERLINK(1)", "", "", "Ana"),
    ]
    assert AuditEntry.objects.get(verb="export").subject_type == "accounts"


def test_the_picker_offers_only_what_the_reader_sees(cast, signed_in) -> None:
    make.account("PT Anggrek", owner=cast.ana)
    make.account("PT Anggur", owner=cast.outsider)
    page = signed_in(cast.ana).get("/accounts/options/", {"account_text": "angg"}).content.decode()
    assert "PT Anggrek" in page
    assert "PT Anggur" not in page


def test_amounts_on_the_account_page_are_short(cast, signed_in) -> None:
    account = make.account("PT Anggrek", owner=cast.ana)
    make.deal(owner=cast.ana, account=account, amount=Decimal(840_000_000))
    assert "Rp\u00a0840\u00a0m" in signed_in(cast.ana).get(f"/accounts/{account.pk}/").content.decode()
