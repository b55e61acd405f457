"""What can be guessed of a new deal, so that four fields make one: its kind, its name, whether it exists already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.search import TrigramSimilarity
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from deals.models import Account, Deal, Product
from lib.text import fold
from reps.models import Rep, User

# A win of the same product this long ago is taken for one that comes up for renewal.
RENEWS_AFTER_DAYS = 270
# How alike two names are, from 0 to 1, before they are shown as perhaps the same customer.
ALIKE = 0.45
# Words of a company's form that say nothing about which company it is.
_FORMS = {"pt", "cv", "ud", "tbk", "persero", "inc", "ltd", "llc", "gmbh", "bv", "co", "corp", "sdn", "bhd", "pte"}


@dataclass(frozen=True)
class Guess:
    """The type of deal it seems to be, with the reason shown to the person, who may change it."""

    deal_type: str
    why: Promise | str


@dataclass(frozen=True)
class Bought:
    """An earlier win at the account."""

    product_id: int | None
    won_on: date


def guess_type(bought: Iterable[Bought], product_id: int | None, today: date) -> Guess:
    """New business for who never bought; else renewal, expansion or cross-sell by what they bought and when."""
    wins = list(bought)
    if not wins:
        return Guess(Deal.Type.NEW, gettext_lazy("They have not bought before."))
    same = [win for win in wins if product_id is not None and win.product_id == product_id]
    if same and (today - max(win.won_on for win in same)).days >= RENEWS_AFTER_DAYS:
        return Guess(Deal.Type.RENEWAL, gettext_lazy("They bought this product a while ago."))
    if same or product_id is None:
        return Guess(Deal.Type.EXPANSION, gettext_lazy("They have bought before."))
    return Guess(Deal.Type.CROSS_SELL, gettext_lazy("They have bought another product."))


def bought_by(account: Account) -> list[Bought]:
    """The account's wins, of whichever rep."""
    wins = Deal.objects.won().filter(account=account, closed_on__isnull=False)
    return [Bought(product, on) for product, on in wins.values_list("product_id", "closed_on") if on]


def alike(name: str, user: User) -> list[Account]:
    """Visible accounts that may be the customer of this name, the likeliest first; exact ones alone if there are any."""
    bare = bare_name(name)
    if len(fold(bare)) < 3:
        return []
    near = Account.objects.visible_to(user).annotate(near=TrigramSimilarity("name", bare)).filter(near__gt=ALIKE)
    found: list[Account] = [*near.order_by("-near", "pk")[:5]]
    exact = [account for account in found if fold(bare_name(account.name)) == fold(bare)]
    return exact or found


def bare_name(name: str) -> str:
    """The name without words such as PT, CV, Tbk, unless nothing would be left."""
    words = [word for word in name.split() if fold(word) not in _FORMS]
    return " ".join(words) or name


def create_customer(*, name: str, owner: Rep) -> Account:
    """Write a new customer down; it is whose deal it is opened for."""
    return Account.objects.create(name=name, owner=owner)


def deal_name(account: Account | None, product: Product | None) -> str:
    """What a deal is called until somebody gives it a name: the customer, and what they may buy."""
    parts = [str(part) for part in (account, product) if part]
    return ", ".join(parts)[:160]
