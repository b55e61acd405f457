"""What stands in the addresses of tests/pages.py when the pages are shown with the demo company.

Names as in tests/authz_world.py; they are the demo rep's. What the demo company lacks (somebody invited, an import under way) is
made here, once, in the database of the screenshots.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile

THINGS: dict[str, Callable[[], Any]] = {}
_DEALS = """name,owner,stage,account,amount,expected_close_on
Outlet ketiga,{rep},Penawaran,{account},48000000,2026-12-18
Gudang Cikarang,{rep},Kualifikasi,{account},180000000,2027-01-29
Kasir toko baru,Lina M.,Prospek,{account},12500000,2026-12-11
Perpanjangan,{rep},Negosiasi,Sinar Abadi Logam,75000000,2026-12-21
Paket tahunan,{rep},Negosiasi,{account},dua puluh juta,2026-12-04
"""


def things() -> dict[str, Any]:
    """Name → id (or word) as it stands in an address; None where there is no such thing and none could be made."""
    return {name: find() for name, find in THINGS.items()}


def thing(name: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Enter a function as the one that finds, or makes, the thing of that name."""

    def enter(find: Callable[[], Any]) -> Callable[[], Any]:
        THINGS[name] = find
        return find

    return enter


def _model(name: str) -> Any:
    return apps.get_model(name)


def _user(short: str) -> Any:
    return _model("reps.User").objects.get(email=f"{short}@example.com")


def _first(rows: Any) -> Any:
    return rows.values_list("pk", flat=True).first()


def _deal() -> Any:
    """The largest open deal of which there is something to tell."""
    deals = _model("deals.Deal").objects.filter(owner=_user("rep").rep, outcome="")
    told = deals.filter(activities__isnull=False, account__contacts__isnull=False)
    return told.order_by("-amount", "pk").first() or deals.order_by("pk").first()


@thing("deal")
def _() -> Any:
    return _deal().pk


@thing("account")
def _() -> Any:
    return _deal().account_id


@thing("contact")
def _() -> Any:
    return _first(_model("deals.Contact").objects.filter(account=_deal().account_id).order_by("pk"))


@thing("activity")
def _() -> Any:
    return _first(_model("deals.Activity").objects.filter(rep=_user("rep").rep, deal=_deal()).exclude(outcome="").order_by("-pk"))


@thing("won_deal")
def _() -> Any:
    return _first(_model("deals.Deal").objects.filter(owner=_user("rep").rep, outcome="won").order_by("-closed_on", "-pk"))


@thing("lead")
def _() -> Any:
    """The demo's leads belong to those who prospect; the rep gets one of their own."""
    lead, _made = _model("deals.Lead").objects.get_or_create(
        name="Ibu Ratih Wardani", owner=_user("rep").rep,
        defaults={"company_name": "Klinik Sehat Medika", "phone": "+6281230004567", "source": "event", "state": "working"},
    )  # fmt: skip
    return lead.pk


@thing("field_next")
def _() -> Any:
    return "next"


@thing("product")
def _() -> Any:
    return _first(_model("deals.Product").objects.order_by("pk"))


@thing("pipeline")
def _() -> Any:
    return _first(_model("deals.Pipeline").objects.filter(is_default=True))


@thing("batch")
def _() -> Any:
    """The manager's import, checked: questions, refused rows and rows that are well."""
    from deals.imports import batches

    manager, rows = _user("manager"), _model("deals.ImportBatch").objects
    if not rows.filter(created_by=manager).exists():
        text = _DEALS.format(rep=_user("rep").name, account=_deal().account.name)
        upload = SimpleUploadedFile("deals.csv", text.encode(), content_type="text/csv")
        batches.receive(uploads=[upload], currency="IDR", by=manager)
        batches.work_off()
    return _first(rows.filter(created_by=manager).order_by("-pk"))


def _team() -> Any:
    from lib import clock

    rep = _user("rep").rep
    return _model("reps.TeamMembership").objects.on(clock.now().date()).filter(rep=rep).first().team


THINGS["team"] = THINGS["below_north"] = lambda: _team().pk
THINGS["rep"] = THINGS["ana"] = lambda: _user("rep").rep.pk
THINGS["user"] = lambda: _user("rep").pk


@thing("budi")
def _() -> Any:
    return _user("hendra.gunawan").rep.pk


@thing("rep_without_user")
def _() -> Any:
    """A seller as an import makes them."""
    from reps import org

    rep, made = _model("reps.Rep").objects.get_or_create(name="Rian Hidayat", defaults={"work_email": "rian.hidayat@example.com"})
    if made:
        org.place(rep=rep, team=_team(), start=None, by=_user("admin"))
    return rep.pk


@thing("user_without_rep")
def _() -> Any:
    users, address = _model("reps.User").objects, "hana.tanjung@example.com"
    return (users.filter(email=address).first() or users.create_user(address, name="Hana Tanjung")).pk


@thing("role")
def _() -> Any:
    return _first(_model("reps.Role").objects.filter(name="Account executive"))


@thing("calendar")
def _() -> Any:
    return _first(_model("reps.HolidayCalendar").objects.order_by("pk"))


@thing("secret")
def _() -> Any:
    """Of an invitation that is open."""
    from reps import invitations, mail

    admin, address = _user("admin"), "nina.kosasih@example.com"
    waiting = _model("reps.User").objects.filter(email=address).first()
    waiting = waiting or invitations.invite(address=address, team=_team(), by=admin)
    return mail.new_invitation(waiting, by=admin)


@thing("address_secret")
def _() -> Any:
    from reps import tokens

    return tokens.sign_address(_user("rep"), "lina.marlina@example.com")


# A link to set a password that was used before: the page says so.
THINGS["uidb36"] = lambda: "1"
THINGS["spent_key"] = lambda: "spent-0123456789"
