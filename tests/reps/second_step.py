"""What the tests of the second factor share: setting it up as a phone would, and both steps of signing in."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import time_machine
from django.test import Client

from reps.models import User
from tests.cast import NOW, PASSWORD
from tests.codes import code_of

LOGIN, STEP, PAGE = "/account/login/", "/account/code/", "/me/second-factor/"
PAPER = "0123456789abcdef"


def password_step(user: User, *, client: Client | None = None, address: str = "10.0.0.1", **data: Any) -> Client:
    """A client that gave the right password."""
    made = client or Client()
    made.post(LOGIN, {"login": user.email, "password": PASSWORD, **data}, REMOTE_ADDR=address)
    return made


def code_step(client: Client, code: str, *, address: str = "10.0.0.1") -> Any:
    return client.post(STEP, {"code": code}, REMOTE_ADDR=address)


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def later(**span: float) -> Any:
    return time_machine.travel(NOW + timedelta(**span), tick=False)


def seeds_of(page: str) -> tuple[str, str]:
    """The sealed seed of the form, and the seed as it stands there for typing."""
    sealed = re.search(r'name="seed" value="([^"]+)"', page)
    key = re.search(r'id="second-factor-key">([A-Z2-7 ]+)<', page)
    assert sealed
    assert key
    return unescape(sealed.group(1)), key.group(1).replace(" ", "")


def codes_of(page: str) -> list[str]:
    return re.findall(r"<li>([0-9a-z]{4}(?:-[0-9a-z]{4}){3})</li>", page)


def set_up(client: Client, **data: Any) -> tuple[Any, str]:
    """Open the page, let the phone read it and send its code; the answer, and the seed."""
    sealed, seed = seeds_of(client.get(PAGE).content.decode())
    return client.post(PAGE, {"seed": sealed, "code": code_of(seed), **data}), seed
