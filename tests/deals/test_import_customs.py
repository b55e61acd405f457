"""Dates and money in both customs: told by the column, asked once when unclear, never guessed."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as st

from deals.imports.customs import date_evidence, money_evidence, read_amount, read_date, read_instant
from deals.models import Deal
from tests import make
from tests.deals import importing

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31))
CENTS = st.integers(min_value=0, max_value=10**13 - 1)
JAKARTA = ZoneInfo("Asia/Jakarta")


def grouped(cents: int, custom: str) -> str:
    """An amount with cents as people of that custom write it."""
    english = f"{cents // 100:,}.{cents % 100:02}"
    return english if custom == "en" else english.translate(str.maketrans(",.", ".,"))


@given(cents=CENTS, custom=st.sampled_from(["en", "id"]))
def test_an_amount_with_cents_reads_back_whatever_its_custom(cents, custom):
    reading = read_amount(grouped(cents, custom), "USD", custom)
    assert reading.amount == Decimal(cents) / 100


@given(amount=st.integers(min_value=0, max_value=10**13), custom=st.sampled_from(["en", "id"]))
def test_rupiah_read_back_without_being_asked_about(amount, custom):
    text = f"{amount:,}" if custom == "en" else f"{amount:,}".replace(",", ".")
    assert read_amount(text, "IDR", None).amount == amount


@given(amounts=st.lists(CENTS, min_size=2), custom=st.sampled_from(["en", "id"]))
def test_a_column_of_amounts_never_shows_the_other_custom(amounts, custom):
    evidence = money_evidence([grouped(cents, custom) for cents in amounts], "USD")
    assert set(evidence.shown) <= {custom}


@given(day=DAYS, custom=st.sampled_from(["dmy", "mdy"]), mark=st.sampled_from("/-. "))
def test_a_day_reads_back_under_its_custom(day, custom, mark):
    parts = (day.day, day.month) if custom == "dmy" else (day.month, day.day)
    assert read_date(f"{parts[0]:02}{mark}{parts[1]:02}{mark}{day.year}").under(custom) == day


@given(day=DAYS)
def test_an_iso_day_reads_back_under_every_custom(day):
    reading = read_date(day.isoformat())
    assert (reading.under("dmy"), reading.under("mdy"), reading.unclear) == (day, day, False)


@given(days=st.lists(DAYS, min_size=1), custom=st.sampled_from(["dmy", "mdy"]))
def test_a_column_of_days_is_told_by_its_unmistakable_ones(days, custom):
    style = "%d/%m/%Y" if custom == "dmy" else "%m/%d/%Y"
    evidence = date_evidence([day.strftime(style) if day.year > 999 else "" for day in days])
    assert set(evidence.shown) <= {custom}
    if any(day.day > 12 for day in days):
        assert evidence.settled == custom


@given(moment=st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)))
def test_an_instant_reads_back(moment):
    assert read_instant(moment.isoformat(), JAKARTA) == moment


@pytest.mark.parametrize(
    "text",
    ["30/11/26", "30-11-2026", "30.11.2026", "30 Nov 2026", "30-Nov-26", "30 November 2026", "2026/11/30", "2026-11-30 00:00:00"],
)
def test_days_as_spreadsheets_write_them(text):
    assert read_date(text).under(None) == date(2026, 11, 30)


@pytest.mark.parametrize(
    "text", ["31/02/2026", "2026-13-01", "0000-00-00", "9999-12-31", "tomorrow", "44000", "1/1", "٣٠/١١/٢٠٢٦x", "2026-11-30x"]
)
def test_what_is_no_day_is_none(text):
    assert read_date(text).under(None) is None


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026-09-16T10:00:00+07:00", 10), ("2026-09-16 10:00", 10), ("2026-09-16T03:00:00Z", 10), ("2026-09-16 10.00", 10), ("2026-09-16", 0)],
)  # fmt: skip
def test_instants_without_an_offset_are_of_the_company_s_zone(text, hour):
    assert read_instant(text, JAKARTA) == datetime(2026, 9, 16, hour, tzinfo=JAKARTA)


# ── Through the import ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def company(cast):
    make.product("GTX Pro")
    make.account("PT Satu", owner=cast.ana)
    return cast


def won(number: int, value: str, opened: str = "2026-08-03", closed: str = "2026-09-01") -> list[str]:
    return [f"OPP{number}", "Ana", "GTX Pro", "PT Satu", "Won", opened, closed, value]


def amounts() -> list[Decimal]:
    return list(Deal.objects.order_by("external_id").values_list("amount", flat=True))


@pytest.mark.django_db
def test_unmistakable_amounts_settle_the_others_of_their_column(company, tmp_path):
    report = importing.run(importing.deals_file(tmp_path, won(1, "60.000"), won(2, "1.250,50")), currency="USD")
    assert amounts() == [60_000, Decimal("1250.50")]
    assert importing.said(report, "money_custom") == [
        {"file": "deals.csv", "column": "close_value", "custom": "id", "example": "1.250,50"}
    ]


@pytest.mark.django_db
def test_the_command_asks_for_the_custom_and_writes_nothing(company, tmp_path):
    path = importing.deals_file(tmp_path, won(1, "60.000"))
    with pytest.raises(
        CommandError,
        match=r"“60.000” in the column close_value of deals.csv can be read two ways. Say which: --money en \(60.000\) or --money id \(60000\).",
    ):
        importing.command(path, currency="USD")
    assert Deal.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("custom", "amount"), [("en", 60), ("id", 60_000)])
def test_the_custom_that_was_said_is_used(company, tmp_path, custom, amount):
    importing.command(importing.deals_file(tmp_path, won(1, "60.000")), currency="USD", money=custom)
    assert amounts() == [amount]


@pytest.mark.django_db
def test_sixty_million_rupiah_never_become_sixty(company, tmp_path):
    rows = [won(1, "60.000.000"), won(2, "60,000,000"), won(3, "60 jt"), won(4, "Rp 60.000.000"), won(5, "60000000")]
    importing.run(importing.deals_file(tmp_path, *rows))
    assert amounts() == [60_000_000] * 5


@pytest.mark.django_db
def test_columns_that_show_both_customs_are_asked_about(company, tmp_path):
    rows = [won(1, "1.250,50"), won(2, "1,250.50"), won(3, "60.000")]
    report = importing.rehearse(importing.deals_file(tmp_path, *rows), currency="USD")
    assert report.customs["money"] == {
        "file": "deals.csv",
        "column": "close_value",
        "text": "60.000",
        "en": "60.000",
        "id": "60000",
    }


@pytest.mark.django_db
def test_the_command_asks_for_the_order_of_days(company, tmp_path):
    path = importing.deals_file(tmp_path, won(1, "5", "03/04/2026", "05/04/2026"))
    with pytest.raises(CommandError, match=r"--dates dmy \(2026-04-03\) or --dates mdy \(2026-03-04\)"):
        importing.command(path)
    importing.command(path, dates="mdy")
    assert Deal.objects.get().opened_on == date(2026, 3, 4)


@pytest.mark.django_db
def test_one_unmistakable_day_settles_the_others(company, tmp_path):
    importing.run(
        importing.deals_file(tmp_path, won(1, "5", "03/04/2026", "05/04/2026"), won(2, "5", "03/04/2026", "25/04/2026"))
    )
    assert set(Deal.objects.values_list("opened_on", flat=True)) == {date(2026, 4, 3)}


REFUSED = {
    "no amount": (won(1, "plenty"), ("close_value", "bad_money")),
    "negative amount": (won(1, "-5"), ("close_value", "negative")),
    "absurd amount": (won(1, "9" * 20), ("close_value", "too_large")),
    "no day": (won(1, "5", "2026-02-31"), ("engage_date", "bad_date")),
    "closed before it was opened": (won(1, "5", "2026-09-01", "2026-08-01"), ("close_date", "closed_before_opened")),
    "closed tomorrow": (won(1, "5", "2026-09-01", "2026-09-17"), ("close_date", "in_future")),
    "won without a day": (won(1, "5", "2026-09-01", ""), ("close_date", "closed_without_day")),
    "no seller": ([*won(1, "5")[:1], "", *won(1, "5")[2:]], ("sales_agent", "required")),
    "unknown seller": ([*won(1, "5")[:1], "Anna", *won(1, "5")[2:]], ("sales_agent", "unknown_name")),
    "id too long": (["O" * 81, *won(1, "5")[1:]], ("opportunity_id", "too_long")),
    "no stage": ([*won(1, "5")[:4], "", *won(1, "5")[5:]], ("deal_stage", "required")),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("row", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_a_row_that_cannot_be_stored_is_named_with_its_column(company, tmp_path, row, problem):
    report = importing.rehearse(importing.deals_file(tmp_path, won(7, "5"), row))
    assert importing.refused(report) == [(3, *problem)]
    assert (report.of("deals").new, report.of("deals").rejected) == (1, 1)


@pytest.mark.django_db
def test_an_id_that_stands_twice_is_refused(company, tmp_path):
    report = importing.rehearse(importing.deals_file(tmp_path, won(1, "5"), won(1, "6")))
    assert importing.refused(report) == [(3, "opportunity_id", "twice_here")]
