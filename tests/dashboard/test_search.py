"""Search and go: it finds what a list would show this person, and nothing else."""

import pytest

from dashboard import search
from tests import make


@pytest.fixture
def book(cast):
    """Something of each kind called Anggrek, at ana's and at a stranger's."""
    for owner, word in ((cast.ana, "Anggrek"), (cast.outsider, "Anggrek Rahasia")):
        account = make.account(f"PT {word}", owner=owner)
        make.contact(f"Ibu {word}", account=account)
        make.deal(owner=owner, name=f"{word} Kasir", account=account, amount=840_000_000)
        make.lead(f"Pak {word}", owner=owner, company_name="CV Lain")


def labels(user, words):
    return [str(item.label) for group in search.search(user, words) for item in group.items]


def groups(user, words):
    return {str(group.title): [str(item.label) for item in group.items] for group in search.search(user, words)}


def test_each_kind_is_found_under_its_title(cast, book):
    assert groups(cast.ana, "anggrek") == {
        "Deals": ["Anggrek Kasir"], "Accounts": ["PT Anggrek"], "Contacts": ["Ibu Anggrek"], "Leads": ["Pak Anggrek"],
    }  # fmt: skip


@pytest.mark.parametrize("who", ["ana", "budi", "manager"])
def test_nothing_of_another_team_is_found(cast, book, who):
    assert labels(getattr(cast, who), "rahasia") == []


def test_finance_finds_people_and_pages_only(cast, book):
    assert labels(cast.finance, "anggrek") == []
    assert groups(cast.finance, "an") == {"People": ["Ana"]}


def test_an_admin_and_an_auditor_find_everything(cast, book):
    for person in (cast.admin, cast.auditor):
        assert len(labels(person, "rahasia")) == 4


def test_names_that_begin_with_the_words_come_first_and_open_deals_before_closed(cast):
    for name in ("Kopi Anggrek", "Anggrek Tua", "Anggrek Muda"):
        make.deal(owner=cast.ana, name=name)
    make.won(owner=cast.ana, name="Anggrek Menang")
    assert groups(cast.ana, "anggrek")["Deals"] == ["Anggrek Muda", "Anggrek Tua", "Kopi Anggrek", "Anggrek Menang"]


def test_one_or_two_letters_find_beginnings(cast):
    make.deal(owner=cast.ana, name="Kopi Anggrek")
    make.deal(owner=cast.ana, name="Anggrek")
    assert groups(cast.ana, "an")["Deals"] == ["Anggrek"]


def test_a_lead_is_found_by_its_company(cast):
    make.lead("Bapak Dedi", owner=cast.ana, company_name="CV Dahlia")
    assert groups(cast.ana, "dahlia") == {"Leads": ["Bapak Dedi"]}


def test_a_deal_says_its_amount_and_owner(cast, book):
    (deal,) = search.search(cast.ana, "anggrek kasir")[0].items
    assert deal.note == "Rp\u00a0840\u00a0m · Ana"


def test_pages_and_actions_are_those_of_the_person(cast):
    assert groups(cast.ana, "deal") == {"Pages": ["Deals"], "Do": ["New deal"]}
    assert "Import data" not in labels(cast.ana, "")
    assert "Import data" in labels(cast.manager, "")
    assert "New deal" not in labels(cast.auditor, "")


def test_without_words_the_pages_and_actions_stand_there(cast, django_assert_num_queries):
    cast.ana.viewer  # noqa: B018 - read once
    with django_assert_num_queries(0):
        assert set(groups(cast.ana, "")) == {"Pages", "Do"}


def test_one_query_finds_all_kinds(cast, book, django_assert_num_queries):
    cast.ana.viewer  # noqa: B018
    with django_assert_num_queries(1):
        search.search(cast.ana, "anggrek")


def test_wildcards_are_letters(cast, book):
    assert labels(cast.ana, "%") == []
    assert labels(cast.ana, "a_ggrek") == []


def test_the_palette_gets_lines_and_a_visitor_without_script_a_page(cast, book, signed_in):
    fragment = signed_in(cast.ana, htmx=True).get("/search/", {"q": "anggrek"})
    assert b'role="option"' in fragment.content
    assert b"<html" not in fragment.content
    page = signed_in(cast.ana).get("/search/", {"q": "<script>"})
    assert b"<script>\xe2" not in page.content
    assert "Nothing found for “&lt;script&gt;”" in page.content.decode()


@pytest.mark.parametrize("words", ["a\x00b", "\ud800", "x" * 5000, "'; drop table", "\u202e"])
def test_whatever_is_typed_is_only_not_found(cast, signed_in, words):
    response = signed_in(cast.ana).get("/search/", {"q": words.encode("utf-8", "surrogatepass")})
    assert response.status_code == 200
