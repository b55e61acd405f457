"""Nothing that can be typed or sent ends in an error page (TRUST 18): every parameter of every address, every form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import strategies as st

from tests import authz, fields
from tests.inventions import invented
from tests.world import World, as_before

pytestmark = pytest.mark.django_db
POSTS = 30
ROUTES = dict(authz.routes())
# As they stand in an address, percent-encoded where they must be.
BAD = {
    "nothing": "",
    "nul": "%00",
    "nul inside": "a%00b",
    "lone surrogate": quote("\ud800", errors="surrogatepass"),
    "broken UTF-8": "%ff%fe",
    "10 kB": "x" * 10_000,
    "huge number": "9" * 400,
    "beyond bigint": "9223372036854775808",
    "negative": "-1",
    "last day": "9999-12-31",
    "first day": "0001-01-01",
    "no day": "2026-02-30",
    "period": "9999-Q4",
    "pair": "team:%00",
    "not a number": "NaN",
    "infinite": "1e999",
    "quote": "%27%22%3C%3E%25%5C",
    "right to left": quote("\u202e\u200b"),
    "digits of elsewhere": quote("٣²"),
    "cursor": "W251bGxd",
}
VALUES = st.one_of(
    st.sampled_from(
        ["", "\x00", "a\x00b", "\ud800", "x" * 10_000, "9" * 400, "9223372036854775808", "-1", "9999-12-31", "0001-01-01",
         "2026-02-30", "NaN", "Infinity", "1e999", "-0", "1,5 M", "60.000.000.000.000.000.000", "٣²", "\u202e", "on", "true",
         "2026-09-16T25:61", "9999-12-31T23:59", "{}", "[]", "null", "../../etc/passwd", "\r\nBcc: a@example.com", "%00", "💥"]
    ),
    st.integers(-(2**70), 2**70).map(str),
    st.dates().map(str),
    st.datetimes().map(str),
    st.text(max_size=40),
    st.characters().map(lambda char: char * 3),
)  # fmt: skip


def may(row: authz.Row, method: str) -> str:
    """The person of a row that gets furthest with a method: through the gate, so that the view itself is tried."""
    cells = row.asks[method].cells
    return next(
        (code for code in ("RO", "MO", "AD", "AU", "FN", "AN") if cells[code] in {"200", "302", "303", "204", "ok", "form"}), "AD"
    )


GETS = list({row.route: row for row in authz.rows() if "GET" in row.asks and row.route in ROUTES}.values())
WRITES = [row for row in authz.rows() if "POST" in row.asks and row.route in ROUTES]


def drained(response: Any) -> int:
    """The status, once the whole answer has been made."""
    if response.streaming:
        b"".join(response.streaming_content)
    return response.status_code


def breaking(client: Client, address: str, queries: Iterable[str]) -> list[str]:
    """Those queries to which the address answers with an error page."""
    broken = []
    for query in queries:
        with as_before(client):
            if drained(client.get(f"{address}?{query}")) >= 500:
                broken.append(f"?{query[:200]}")
    return broken


def everywhere(row: authz.Row, value: str) -> str:
    """That value for every parameter that the route might read."""
    return "&".join(f"{name}={value}" for name in sorted(fields.parameters(ROUTES[row.route])))


@pytest.mark.parametrize("row", GETS, ids=lambda row: row.id)
def test_no_nul_breaks_a_page(world: World, row: authz.Row):
    client, address = world.clients[may(row, "GET")], authz.address(row, world.things)
    assert breaking(client, address, [everywhere(row, "a%00b")]) == []


@pytest.mark.slow
@pytest.mark.parametrize("row", GETS, ids=lambda row: row.id)
def test_no_parameter_breaks_a_page(world: World, row: authz.Row):
    client, address = world.clients[may(row, "GET")], authz.address(row, world.things)
    alone = [f"{name}={BAD[what]}" for name in fields.own_parameters(ROUTES[row.route]) for what in ("last day", "beyond bigint")]
    together = [everywhere(row, value) for value in BAD.values()]
    assert breaking(client, address, [*together, *alone, *(f"{value}=1" for value in BAD.values())]) == []


@pytest.fixture(scope="module")
def shown(world: World) -> dict[str, set[str]]:
    """Address → names of the fields that any page's forms post there."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in GETS:
        for code in ("RO", "MO", "AD"):
            path = authz.address(row, world.things)
            response = world.clients[code].get(path)
            if response.status_code == 200 and not response.streaming:
                for target, names in fields.forms_in(response.content.decode(), path).items():
                    found[target] |= names
    return found


@pytest.mark.slow
@pytest.mark.parametrize("row", WRITES, ids=lambda row: row.id)
def test_no_form_breaks_a_page(world: World, shown: dict[str, set[str]], row: authz.Row):
    client, address = world.clients[may(row, "POST")], authz.address(row, world.things)
    sound = authz.filled_in(row.asks["POST"].data, world.things)
    names = sorted({*shown[address], *fields.posted_by_module(ROUTES[row.route]), *sound})

    @seed(20260916)
    @invented(POSTS, database=None, derandomize=False, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(st.dictionaries(st.sampled_from(names or ["x"]), VALUES, max_size=8), st.booleans(), st.booleans())
    def post(chosen: dict[str, str], over_sound: bool, fragment: bool) -> None:
        body = {**(sound if over_sound else {}), **chosen}
        encoded = "&".join(f"{quote(name)}={quote(str(value), errors='surrogatepass')}" for name, value in body.items())
        headers = {"HX-Request": "true"} if fragment else {}
        with as_before(client):
            response = client.post(address, encoded, content_type="application/x-www-form-urlencoded", headers=headers)
            assert drained(response) < 500, encoded[:300]

    post()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", "application/json"),
        (b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\x00\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\x00\"\r\n\r\n\x00\r\n--x--", "multipart/form-data; boundary=x"),
        (b"garbage", "multipart/form-data; boundary=x"),
        (b"garbage", "multipart/form-data"),
        (b"a=%ff&%ff=%00", "application/x-www-form-urlencoded; charset=nonsense"),
        (b"&".join(b"a%d=1" % at for at in range(3000)), "application/x-www-form-urlencoded"),
    ],
    ids=["json", "nul part", "nul file name", "no parts", "no boundary", "odd charset", "3000 fields"],
)  # fmt: skip
def test_no_odd_body_breaks_a_form(world: World, body: bytes, content_type: str):
    broken = []
    for row in WRITES:
        client, address = world.clients[may(row, "POST")], authz.address(row, world.things)
        with as_before(client):
            response = client.generic("POST", address, body, content_type=content_type)
            if drained(response) >= 500:
                broken.append(row.id)
    assert broken == []


@pytest.mark.parametrize(
    "path", ["/%00", "/deals/%ff/", "/deals/99999999999999999999/", "/accounts/-1/", "/leads/٣/", "/" + "a" * 5000]
)
def test_no_address_breaks_the_site(world: World, path: str):
    assert [code for code, client in world.clients.items() if client.get(path).status_code >= 500] == []


def test_enough_forms_are_posted():
    """TRUST 18: at least 2,000 form posts in every run."""
    assert len(WRITES) * POSTS >= 2000


@pytest.mark.expects_server_error
def test_an_error_page_would_be_noticed(world: World, monkeypatch):
    """The control: a list that hands its parameter to the database unread breaks on NUL."""
    from deals.views import leads

    monkeypatch.setattr(leads, "clean_param", lambda params, name, default="", **_: params.get(name, default))
    assert breaking(world.clients["RO"], "/leads/", ["q=a%00b"]) == ["?q=a%00b"]
