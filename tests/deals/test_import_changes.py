"""A later file about deals that are here: events for what it says differently, and nothing taken back that people did here."""

from datetime import date
from decimal import Decimal

import pytest

from deals.changes import change_deal, close_deal
from deals.models import Account, Credit, Deal, DealEvent, Product
from tests import make
from tests.deals import importing

pytestmark = pytest.mark.django_db

OPEN = ["OPP1", "Ana", "GTX Pro", "PT Satu", "Qualified", "2026-08-03", "", ""]
WON = ["OPP1", "Ana", "GTX Pro", "PT Satu", "Won", "2026-08-03", "2026-09-01", "5000000"]


@pytest.fixture
def company(cast):
    """PT Contoh with what the rows name."""
    make.product("GTX Pro")
    make.account("PT Satu", owner=cast.ana)
    make.account("PT Dua", owner=cast.ana)
    return cast


@pytest.fixture
def bring(company, tmp_path):
    """Import one row of a deal."""

    def one(row):
        return importing.run(importing.deals_file(tmp_path, row))

    return one


def the_deal() -> Deal:
    return Deal.objects.get(external_id="OPP1")


def events(deal: Deal) -> list[tuple[str, date | None]]:
    return list(deal.events.order_by("pk").values_list("kind", "effective_on"))


def changed(row, **cells):
    """The row with other cells, by position name."""
    places = {"seller": 1, "product": 2, "account": 3, "stage": 4, "opened": 5, "closed": 6, "value": 7}
    row = list(row)
    for name, value in cells.items():
        row[places[name]] = value
    return row


def consistent(deal: Deal) -> None:
    """The row is what its events say, and a win has one credit of the whole."""
    assert importing.cached(deal) == importing.replayed(deal)
    shares = list(Credit.objects.current().filter(deal=deal).values_list("share", flat=True))
    assert shares == ([1] if deal.outcome == "won" else [])


def test_an_open_deal_that_was_won_gets_its_amount_its_outcome_and_its_credit(bring):
    bring(OPEN)
    report = bring(WON)
    deal = the_deal()
    assert (report.of("deals").changed, report.of("deals").new) == (1, 0)
    assert events(deal)[2:] == [("amount", date(2026, 9, 1)), ("outcome", date(2026, 9, 1))]
    assert (deal.outcome, deal.closed_on, deal.amount, deal.version) == ("won", date(2026, 9, 1), Decimal(5_000_000), 2)
    consistent(deal)


def test_the_same_file_again_writes_no_event(bring):
    bring(WON)
    before = importing.row_counts()
    report = bring(WON)
    assert report.of("deals").unchanged == 1
    assert importing.row_counts() == before


def test_a_corrected_amount_restates_the_credit(bring):
    bring(WON)
    bring(changed(WON, value="6000000"))
    deal = the_deal()
    assert events(deal)[4:] == [("amount", date(2026, 9, 1))]
    assert Credit.objects.current().get(deal=deal).amount == 6_000_000
    assert Credit.objects.filter(deal=deal).count() == 2
    consistent(deal)


def test_a_corrected_close_day_voids_the_outcome_it_corrects(bring):
    bring(WON)
    bring(changed(WON, closed="2026-09-03"))
    deal = the_deal()
    wrong, right = deal.events.filter(kind="outcome").order_by("pk")
    assert (right.voids, right.effective_on, deal.closed_on) == (wrong, date(2026, 9, 3), date(2026, 9, 3))
    assert Credit.objects.current().get(deal=deal).won_on == date(2026, 9, 3)
    consistent(deal)


def test_a_win_that_turns_out_lost_loses_its_credit(bring):
    bring(WON)
    bring(changed(WON, stage="Lost"))
    assert the_deal().outcome == "lost"
    consistent(the_deal())


def test_a_file_that_no_longer_says_closed_reopens_the_deal(bring):
    bring(WON)
    bring(OPEN)
    deal = the_deal()
    assert events(deal)[-1] == ("outcome", make.today())
    assert (deal.outcome, deal.closed_on) == ("", None)
    consistent(deal)


def test_a_new_owner_takes_an_open_deal_today(bring, company):
    bring(OPEN)
    bring(changed(OPEN, seller="Budi"))
    deal = the_deal()
    assert (deal.owner, events(deal)[-1]) == (company.budi.rep, ("owner", make.today()))
    consistent(deal)


def test_a_corrected_seller_of_a_win_takes_its_credit(bring, company):
    bring(WON)
    bring(changed(WON, seller="Budi"))
    deal = the_deal()
    assert Credit.objects.current().get(deal=deal).rep == company.budi.rep
    consistent(deal)


def test_an_opening_day_that_became_known_is_filled_in(bring):
    bring(changed(OPEN, stage="Lead", opened=""))
    bring(OPEN)
    deal = the_deal()
    assert (deal.opened_on, deal.stage_since, deal.qualified_on) == (date(2026, 8, 3),) * 3
    consistent(deal)


def test_another_account_or_product_is_a_detail_of_the_history(bring):
    bring(OPEN)
    other = make.product("GTX Basic")
    bring(changed(OPEN, account="PT Dua", product="GTX Basic"))
    deal = the_deal()
    assert (deal.account, deal.product) == (Account.objects.get(name="PT Dua"), other)
    details = DealEvent.objects.filter(deal=deal, kind="detail").order_by("code")
    assert [(event.code, event.text.text) for event in details] == [("account", "PT Dua"), ("product", "GTX Basic")]


def test_empty_cells_change_nothing(bring):
    bring(OPEN)
    report = bring(changed(OPEN, account="", product="", opened=""))
    deal = the_deal()
    assert report.of("deals").unchanged == 1
    assert (deal.account.name, deal.product.name, deal.version) == ("PT Satu", "GTX Pro", 1)


def test_an_old_file_takes_back_nothing_that_was_done_here(bring, company):
    bring(OPEN)
    deal = the_deal()
    change_deal(
        deal_id=deal.pk, version=None, by=company.ana, stage=company.proposal, owner=company.budi.rep, amount=Decimal(7_000_000)
    )
    close_deal(deal_id=deal.pk, version=None, by=company.ana, outcome="won")
    before = importing.cached(the_deal())
    report = bring(OPEN)
    assert report.of("deals").unchanged == 1
    assert importing.cached(the_deal()) == before


def test_what_the_file_says_anew_is_taken_beside_what_was_done_here(bring, company):
    bring(OPEN)
    change_deal(deal_id=the_deal().pk, version=None, by=company.ana, expected_close_on=date(2026, 10, 1))
    bring(changed(OPEN, seller="Budi"))
    deal = the_deal()
    assert (deal.owner, deal.expected_close_on) == (company.budi.rep, date(2026, 10, 1))
    consistent(deal)


def test_a_detail_changed_here_stays(bring, company):
    bring(OPEN)
    make.product("Ours")
    change_deal(deal_id=the_deal().pk, version=None, by=company.ana, product=Product.objects.get(name="Ours"))
    bring(OPEN)
    assert the_deal().product.name == "Ours"


def test_the_currency_of_a_deal_does_not_change(bring, company, tmp_path):
    bring(WON)
    report = importing.run(importing.deals_file(tmp_path, changed(WON, value="60")), currency="USD", skip_bad=True)
    assert importing.refused(report) == [(2, "close_value", "other_currency")]
    assert the_deal().amount == 5_000_000


def test_the_events_say_which_import_wrote_them(bring):
    bring(OPEN)
    bring(WON)
    deal = the_deal()
    batches = list(deal.events.order_by("pk").values_list("batch", flat=True))
    assert batches[0] == batches[1] != batches[2] == batches[3]


def test_a_dry_run_counts_the_changes_and_writes_none(bring, tmp_path):
    bring(OPEN)
    before = importing.row_counts()
    report = importing.rehearse(importing.deals_file(tmp_path, WON))
    assert (report.of("deals").changed, importing.row_counts()) == (1, before)
    assert the_deal().outcome == ""
