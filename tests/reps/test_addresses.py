"""Where a request comes from, and what is a page of ours."""

from __future__ import annotations

import pytest
from django.test import RequestFactory, override_settings

from lib.phones import spaced
from reps.addresses import client_address, is_own_path


def seen(proxies: int, remote: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    with override_settings(TRUSTED_PROXY_COUNT=proxies):
        return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))


def test_without_proxies_what_the_visitor_claims_is_not_believed() -> None:
    assert seen(0, "203.0.113.9", "198.51.100.1") == "203.0.113.9"


def test_one_proxy_adds_one_entry_at_the_right() -> None:
    assert seen(1, "127.0.0.1", "6.6.6.6, 203.0.113.9") == "203.0.113.9"


def test_two_proxies_add_two() -> None:
    assert seen(2, "127.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2") == "203.0.113.9"


def test_a_request_that_missed_the_proxies_counts_by_its_own_address() -> None:
    assert seen(2, "203.0.113.9", "10.0.0.2") == "203.0.113.9"
    assert seen(1, "203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize(
    ("remote", "found"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", ""),
        ("unix:", ""),
        ("<script>", ""),
    ],
)
def test_addresses_are_written_one_way(remote: str, found: str) -> None:
    assert seen(0, remote) == found


@pytest.mark.parametrize("url", ["/", "/me/", "/people/?q=a&team=1", "/people/5/", "/settings/audit/?verb=x#top"])
def test_pages_of_ours(url: str) -> None:
    assert is_own_path(url)


@pytest.mark.parametrize(
    "url", [None, "", "me/", "//x", "/\\x", "https://x/", "/%2fx", "/me/\n", "/nowhere/", "/static/x.js", "/me\\", "/\u202e"]
)
def test_what_is_no_page_of_ours(url: str | None) -> None:
    assert not is_own_path(url)


@pytest.mark.parametrize(
    ("number", "read"),
    [("+6281211972803", "+62 812 1197 2803"), ("+6561234567", "+65 6123 4567"), ("021555", "021 555"), ("", ""), ("+1x", "+1x")],
)
def test_numbers_are_spaced_for_reading(number: str, read: str) -> None:
    assert spaced(number) == read
