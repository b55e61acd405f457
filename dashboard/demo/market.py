"""Writes what is sold and to whom: products, stages, competitors, accounts with a contact each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random

from dashboard.demo.calendar import Days, at
from dashboard.demo.people import COMPETITORS, FAMILY, FIRST_WORDS, FORMS, GIVEN, PRODUCTS, SECOND_WORDS, STAGES, TITLES
from dashboard.demo.staff import Seller, Staff
from deals.bulk import Writer
from deals.models import Competitor, Pipeline, Product, Stage

# One customer under six names, as they come to be in every company.
TWINS = (
    ("PT Sumber Rejeki Boga", "PT. Sumber Rejeki Boga Tbk"), ("CV Sinar Contoh", "CV Sinar Conto"),
    ("Klinik Harapan Medika", "Kl. Harapan Medika"), ("PT Mitra Niaga Sentosa", "Mitra Niaga Sentosa, PT"),
    ("Toko Berkah Jaya", "Tk Berkah Jaya"), ("PT Graha Logam Perkasa", "PT Graha Logam Prkasa"),
)  # fmt: skip


@dataclass(frozen=True)
class Customer:
    """An account with its contact."""

    pk: int
    contact: int
    name: str
    sector: str


@dataclass
class Market:
    """What the deals refer to."""

    pipeline: Pipeline
    stages: list[Stage]
    products: dict[str, Product]
    competitors: list[Competitor]
    customers: dict[str, list[Customer]]
    named: dict[str, Customer]


def open_market(*, staff: Staff, writer: Writer, days: Days, rnd: Random) -> Market:
    """Everything there is to sell and everybody to sell it to."""
    pipeline = Pipeline.objects.create(name="Penjualan", is_default=True)
    stages = Stage.objects.bulk_create(
        Stage(
            pipeline=pipeline,
            order=order,
            name=name,
            kind=kind,
            probability=Decimal(chance),
            expected_days=usual,
            is_qualified=ok,
        )
        for order, (name, kind, chance, usual, ok) in enumerate(STAGES, start=1)
    )
    products = Product.objects.bulk_create(
        Product(name=name, family=family, list_price=None if price is None else Decimal(price), currency="IDR")
        for name, family, price in PRODUCTS
    )
    market = Market(
        pipeline=pipeline,
        stages=list(stages),
        products={product.name: product for product in products},
        competitors=Competitor.objects.bulk_create(Competitor(name=name) for name in COMPETITORS),
        customers={},
        named={},
    )
    _accounts(market, staff, writer, days, rnd)
    return market


def _accounts(market: Market, staff: Staff, writer: Writer, days: Days, rnd: Random) -> None:
    names = _names(rnd)
    wanted: list[tuple[Seller | None, str, str, str]] = []
    for seller in staff.sellers.values():
        if seller.kind is None:
            continue
        for _ in range(30 if seller.kind.average > 100 else 70):
            sector = rnd.choice(seller.kind.sectors)
            wanted.append((seller, _company_name(next(names), sector, rnd), sector, seller.city))
    home = {twin: staff.sellers["Bayu Nugraha"] for pair in TWINS for twin in pair}
    wanted += [(home[twin], twin, "Ritel", "Yogyakarta") for pair in TWINS for twin in pair]
    wanted.append((staff.sellers["Ratna Dewanti"], "RS Harapan Contoh", "Kesehatan", "Jakarta"))
    first = days.month(19)[0]
    rows = [
        {
            "name": name, "owner_id": seller.rep.pk if seller else None, "sector": sector, "city": city,
            "phone": f"+6221{rnd.randrange(10**6, 10**7)}", "employees": int(rnd.lognormvariate(3.4, 1.1)) + 2,
            "created_at": at(first + timedelta(days=rnd.randrange(400)), 600),
        }
        for seller, name, sector, city in wanted
    ]  # fmt: skip
    keys = writer.accounts(rows)
    contacts = writer.contacts([_contact(key, row["created_at"], rnd) for key, row in zip(keys, rows, strict=True)])
    for key, contact, (owner, name, sector, _) in zip(keys, contacts, wanted, strict=True):
        customer = market.named[name] = Customer(key, contact, name, sector)
        if owner:
            market.customers.setdefault(owner.name, []).append(customer)


def _contact(account: int, created: object, rnd: Random) -> dict[str, object]:
    given, family = rnd.choice(GIVEN), rnd.choice(FAMILY)
    return {
        "account_id": account, "name": f"{given} {family}", "title": rnd.choice(TITLES), "created_at": created,
        "phone": f"+628{rnd.choice((11, 12, 13, 21, 52, 57, 78))}{rnd.randrange(10**6, 10**8)}",
        "email": f"{given}.{family}@example.com".lower() if rnd.random() < 0.7 else "",
    }  # fmt: skip


def _names(rnd: Random):  # type: ignore[no-untyped-def]
    """Pairs of words, each once; after that with a number behind, like a branch."""
    pairs = [f"{one} {two}" for one in FIRST_WORDS for two in SECOND_WORDS if one != two]
    round_number = 1
    while True:
        rnd.shuffle(pairs)
        for pair in pairs:
            yield pair if round_number == 1 else f"{pair} {round_number}"
        round_number += 1


def _company_name(words: str, sector: str, rnd: Random) -> str:
    return f"{rnd.choice(FORMS.get(sector, ('PT', 'PT', 'CV')))} {words}"
