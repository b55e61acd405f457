"""Company settings, holiday calendars, and the settings overview."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reps import days_off
from reps.company import edit_company, finish_set_up
from reps.holiday_files import Day
from reps.models import AuditEntry, Company, Holiday, HolidayCalendar
from tests import make
from tests.cast import Cast

URL = "/settings/company/"
FIELDS = {
    "name": "PT Baru", "time_zone": "Asia/Makassar", "currency": "USD", "fiscal_start": "4", "working_days": ["0", "1", "2", "3", "4", "5"],
    "opens_at": "08:00", "closes_at": "16:30", "no_decision_is_lost": "on", "language": "id",
}  # fmt: skip


def test_an_admin_changes_everything_and_the_trail_says_what(cast: Cast, signed_in: Any) -> None:
    signed_in(cast.admin).post(URL, FIELDS)
    company = Company.load()
    assert (company.name, company.time_zone, company.currency, company.fiscal_start) == ("PT Baru", "Asia/Makassar", "USD", 4)
    assert (company.working_days, company.opens_at, company.closes_at) == ("1111110", time(8), time(16, 30))
    assert (company.joint_leave_is_off, company.no_decision_is_lost, company.outline_across_teams) == (False, True, False)
    facts = AuditEntry.objects.get(verb="company.edit").facts
    assert (facts["currency"], facts["working_days"]) == (["IDR", "USD"], ["1111100", "1111110"])


def test_the_currency_is_fixed_since_the_first_deal(cast: Cast, signed_in: Any) -> None:
    make.deal(owner=cast.ana)
    client = signed_in(cast.admin)
    assert "Fixed since the first deal" in client.get(URL).content.decode()
    client.post(URL, FIELDS)
    assert (Company.load().currency, Company.load().name) == ("IDR", "PT Baru")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Jakarta"), ("time_zone", ""), ("currency", "XXX"), ("fiscal_start", "13"), ("fiscal_start", "x"),
        ("working_days", "9"), ("working_days", []), ("opens_at", "25:00"), ("closes_at", "07:00"), ("calendar", "99999"), ("name", " "),
        ("language", "fr"), ("name", "x" * 500), ("name", "\x00"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_saves_nothing(cast: Cast, signed_in: Any, field: str, value: Any) -> None:
    answer = signed_in(cast.admin).post(URL, {**FIELDS, field: value})
    assert answer.status_code == 422
    assert Company.load().name == "PT Contoh"


def test_an_auditor_reads_the_settings_and_cannot_send_them(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.auditor)
    assert "disabled" in client.get(URL).content.decode()
    assert client.post(URL, FIELDS).status_code == 403
    assert Company.load().name == "PT Contoh"


def test_setting_up_is_finished_once(cast: Cast) -> None:
    Company.objects.update(set_up_at=None)
    finish_set_up(by=cast.admin)
    finish_set_up(by=cast.admin)
    assert Company.load().set_up_at is not None
    assert AuditEntry.objects.filter(verb="company.set_up").count() == 1


def test_a_change_that_is_none_is_not_in_the_trail(cast: Cast) -> None:
    edit_company(by=cast.admin, name="PT Contoh")
    assert not AuditEntry.objects.exists()


# Zones.


def test_a_zone_typed_out_and_not_picked_counts_and_half_a_zone_is_refused(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.admin)
    answer = client.post(URL, {**FIELDS, "time_zone": "", "time_zone_text": "Asia/Tok"})
    assert answer.status_code == 422
    assert 'value="Asia/Tok"' in answer.content.decode()
    assert client.post(URL, {**FIELDS, "time_zone": "", "time_zone_text": "Asia/Tokyo"}).status_code == 302
    assert Company.load().time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("jak", "Asia/Jakarta"),
        ("WITA", "Asia/Makassar"),
        ("new york", "America/New_York"),
        ("bali", "Asia/Makassar"),
        ("bandung", "Asia/Jakarta"),
    ],
)
def test_a_zone_is_found_by_city(cast: Cast, signed_in: Any, words: str, first: str) -> None:
    options = signed_in(cast.admin).get("/settings/zones/", {"q": words}).context["options"]
    assert options[0]["value"] == first


def test_a_zone_says_its_distance_from_utc(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.admin)
    assert client.get("/settings/zones/", {"q": "kathmandu"}).context["options"][0]["note"] == "UTC+5:45"
    assert client.get("/settings/zones/", {"q": "st_johns"}).context["options"][0]["note"] == "UTC−2:30"


def test_no_zone_is_an_ordinary_answer(cast: Cast, signed_in: Any) -> None:
    assert "No zone of that name" in signed_in(cast.admin).get("/settings/zones/", {"q": "\x00atlantis"}).content.decode()


# Holiday calendars.


@pytest.fixture
def calendar(cast: Cast) -> HolidayCalendar:
    return days_off.make_calendar(name="Indonesia", days=[Day(date(2026, 8, 17), "Independence Day", "public")], by=cast.admin)


def days(calendar: HolidayCalendar) -> list[tuple[str, str, str]]:
    return [(day.day_on.isoformat(), day.name, day.kind) for day in calendar.holidays.all()]


def test_an_admin_makes_a_calendar(cast: Cast, signed_in: Any) -> None:
    answer = signed_in(cast.admin).post("/settings/calendars/", {"name": "Bali", "source": "Pergub"})
    made = HolidayCalendar.objects.get(name="Bali")
    assert answer["Location"] == reverse("reps:calendar", args=[made.pk])


def test_a_name_in_use_is_a_form_error(cast: Cast, signed_in: Any, calendar: HolidayCalendar) -> None:
    assert signed_in(cast.admin).post("/settings/calendars/", {"name": "INDONESIA"}).status_code == 422
    assert HolidayCalendar.objects.count() == 1


def test_loading_a_shipped_year_adds_its_days_once(cast: Cast, signed_in: Any, calendar: HolidayCalendar) -> None:
    client, url = signed_in(cast.admin), reverse("reps:load_shipped", args=[calendar.pk, "id-2026"])
    assert "24 days are new or changed." in client.post(url, follow=True).content.decode()
    assert "0 days are new or changed." in client.post(url, follow=True).content.decode()
    assert calendar.holidays.count() == 25
    calendar.refresh_from_db()
    assert calendar.source.startswith("Joint decree of three ministers no. 1497/2025")


def test_a_year_that_is_loaded_is_not_offered_again(cast: Cast, signed_in: Any, calendar: HolidayCalendar) -> None:
    client, url = signed_in(cast.admin), reverse("reps:calendar", args=[calendar.pk])
    assert "Load Indonesia 2026" in client.get(url).content.decode()
    client.post(reverse("reps:load_shipped", args=[calendar.pk, "id-2026"]))
    assert "Load Indonesia 2026" not in client.get(url).content.decode()
    assert "Load Indonesia 2027" in client.get(f"{url}?year=2027").content.decode()


@pytest.mark.parametrize("key", ["id-1999", "xx-2026", "id"])
def test_a_year_that_does_not_come_with_the_product_is_a_404(
    cast: Cast, signed_in: Any, calendar: HolidayCalendar, key: str
) -> None:
    assert signed_in(cast.admin).post(reverse("reps:load_shipped", args=[calendar.pk, key])).status_code == 404


def test_adding_a_day_twice_changes_it(cast: Cast, signed_in: Any, calendar: HolidayCalendar) -> None:
    client, url = signed_in(cast.admin), reverse("reps:day_put", args=[calendar.pk])
    client.post(url, {"day_on": "2026-08-17", "name": "Merdeka", "kind": "public"})
    client.post(url, {"day_on": "2026-10-01", "name": "Founders' day", "kind": "company"})
    assert days(calendar) == [("2026-08-17", "Merdeka", "public"), ("2026-10-01", "Founders' day", "company")]


def test_a_removed_day_comes_back_by_undo(cast: Cast, signed_in: Any, calendar: HolidayCalendar) -> None:
    client = signed_in(cast.admin)
    answer = client.post(reverse("reps:day_remove", args=[calendar.pk]), {"day_on": "2026-08-17"}, follow=True)
    assert days(calendar) == []
    undo = next(message.extra_tags.removeprefix("undo:") for message in answer.context["messages"])
    client.post(undo)
    assert days(calendar) == [("2026-08-17", "Independence Day", "public")]


@pytest.mark.parametrize("day_on", ["2026-08-18", "9999-12-31", "x", "\x00", ""])
def test_removing_a_day_that_is_not_there_is_a_404(cast: Cast, signed_in: Any, calendar: HolidayCalendar, day_on: str) -> None:
    assert signed_in(cast.admin).post(reverse("reps:day_remove", args=[calendar.pk]), {"day_on": day_on}).status_code == 404
    assert len(days(calendar)) == 1


@pytest.mark.parametrize("data", [{"day_on": "9999-12-31", "name": "x", "kind": "public"}, {"day_on": "2026-01-01", "name": "", "kind": "public"},
                                  {"day_on": "2026-01-01", "name": "x", "kind": "party"}, {}])  # fmt: skip
def test_a_day_that_cannot_be_is_said_in_the_form(
    cast: Cast, signed_in: Any, calendar: HolidayCalendar, data: dict[str, str]
) -> None:
    assert signed_in(cast.admin).post(reverse("reps:day_put", args=[calendar.pk]), data).status_code == 422
    assert len(days(calendar)) == 1


def upload(client: Any, calendar: HolidayCalendar, content: bytes) -> Any:
    return client.post(reverse("reps:upload_days", args=[calendar.pk]), {"file": SimpleUploadedFile("days.csv", content)})


def test_a_list_is_uploaded_whole_or_not_at_all(cast: Cast, signed_in: Any, calendar: HolidayCalendar) -> None:
    client = signed_in(cast.admin)
    answer = upload(client, calendar, b"day,name\n2026-10-01,Founders\n31/31/2026,Wrong\n")
    assert answer.status_code == 422
    assert "Row 3: write the day as 2026-03-19 or 19/03/2026." in answer.content.decode()
    assert len(days(calendar)) == 1
    assert upload(client, calendar, b"day,name\n2026-10-01,Founders\n").status_code == 302
    assert len(days(calendar)) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01",
        b"PK\x03\x04zip",
        "day,name\n2026-10-01,Caf\xe9\n".encode("utf-16"),
        b"x" * 300_000,
        b"\xff\xfe",
        b"a,b\n" * 100,
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(
    cast: Cast, signed_in: Any, calendar: HolidayCalendar, content: bytes
) -> None:
    assert upload(signed_in(cast.admin), calendar, content).status_code == 422
    assert Holiday.objects.count() == 1


def test_a_calendar_in_use_stays(cast: Cast, signed_in: Any, calendar: HolidayCalendar) -> None:
    Company.objects.update(calendar=calendar)
    answer = signed_in(cast.admin).post(reverse("reps:calendar_delete", args=[calendar.pk]), follow=True)
    assert "PT Contoh use this calendar." in answer.content.decode()
    assert HolidayCalendar.objects.exists()
    Company.objects.update(calendar=None)
    signed_in(cast.admin).post(reverse("reps:calendar_delete", args=[calendar.pk]))
    assert not HolidayCalendar.objects.exists()


# The overview.


def test_the_overview_opens_only_doors_that_open(cast: Cast, signed_in: Any) -> None:
    client = signed_in(cast.admin)
    urls = [door.url for group in client.get("/settings/").context["groups"] for door in group.doors]
    assert {client.get(url).status_code for url in urls} == {200}
    for who in (cast.ana, cast.auditor):
        client = signed_in(who)
        urls = [door.url for group in client.get("/settings/").context["groups"] for door in group.doors]
        assert {client.get(url).status_code for url in urls} == {200}
