"""Links that open WhatsApp with a first line already written: no contract, no library, the person's own phone."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from django.utils.translation import gettext as _

from deals.models import Contact, Lead
from lib.phones import whatsapp


@dataclass(frozen=True)
class Reach:
    """A person one can write to: their name, their phone and the link that opens the chat ("" without a country code)."""

    name: str
    phone: str
    email: str
    whatsapp_url: str


def reach(person: Contact | Lead | None, *, me: str, company: str) -> Reach | None:
    """How to reach that person; None when there is nobody or no way."""
    if person is None or not (person.phone or person.email):
        return None
    digits = whatsapp(person.phone)
    text = _("Hello %(name)s, this is %(me)s from %(company)s. ") % {"name": person.name, "me": me, "company": company}
    url = f"https://wa.me/{digits}?text={quote(text)}" if digits else ""
    return Reach(person.name, person.phone, person.email, url)
