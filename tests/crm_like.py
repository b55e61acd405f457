"""Files of the shape and the dirt of a real CRM export, made from a seed, with what must come out of them.

Like the public "CRM Sales Opportunities" files: sellers under managers in offices, accounts with parents, a product whose
name differs between two files, deals without account, open deals without a day, a misspelt sector, sellers without deals.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

OFFICES = ("Central", "East", "West")
PRODUCTS = (("GTX Basic", "GTX", 550), ("GTX Pro", "GTX", 4821), ("MG Special", "MG", 55), ("MG Advanced", "MG", 3393))
SECTORS = ("technolgy", "medical", "retail", "software", "finance")
TEAMS_HEADER = ("sales_agent", "manager", "regional_office")
ACCOUNTS_HEADER = ("account", "sector", "year_established", "revenue", "employees", "office_location", "subsidiary_of")
PRODUCTS_HEADER = ("product", "series", "sales_price")
DEALS_HEADER = (
    "opportunity_id", "sales_agent", "product", "account", "deal_stage", "engage_date", "close_date", "close_value",
)  # fmt: skip


@dataclass
class Facts:
    """What plain counting finds in the files."""

    stages: Counter[str] = field(default_factory=Counter)
    won_by_quarter: Counter[str] = field(default_factory=Counter)
    won_by_manager: Counter[str] = field(default_factory=Counter)
    without_account: int = 0
    misnamed: int = 0
    cycles: list[int] = field(default_factory=list)
    won_cycles: list[int] = field(default_factory=list)

    @property
    def won_value(self) -> Decimal:
        """Of every quarter."""
        return Decimal(sum(self.won_by_quarter.values()))

    @property
    def median_cycle(self) -> float:
        """Days from opening to the end, won and lost."""
        return median(self.cycles)


@dataclass
class CrmLike:
    """The rows of the four files, and their facts."""

    teams: list[list[str]]
    accounts: list[list[str]]
    products: list[list[str]]
    deals: list[list[str]]
    facts: Facts

    def write(self, folder: Path) -> Path:
        """The four files in a folder."""
        write_csv(folder / "sales_teams.csv", TEAMS_HEADER, self.teams)
        write_csv(folder / "accounts.csv", ACCOUNTS_HEADER, self.accounts)
        write_csv(folder / "products.csv", PRODUCTS_HEADER, self.products)
        write_csv(folder / "sales_pipeline.csv", DEALS_HEADER, self.deals)
        return folder


def write_csv(
    path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], *, encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    """A CSV file."""
    with path.open("w", newline="", encoding=encoding) as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def generate(*, deals: int = 400, seed: int = 7) -> CrmLike:
    """Files with so many deals; the same seed gives the same files."""
    chance = random.Random(seed)
    managers = [f"Manager {letter}" for letter in "ABCDEF"]
    teams = [[f"Seller {number:02}", managers[number % 6], OFFICES[number % 3]] for number in range(24)]
    accounts = [_account(chance, number) for number in range(40)]
    facts = Facts()
    rows = [_deal(chance, number, teams[:20], accounts, facts) for number in range(deals)]
    products = [[name, series, str(price)] for name, series, price in PRODUCTS]
    return CrmLike(teams, accounts, products, rows, facts)


def _account(chance: random.Random, number: int) -> list[str]:
    parent = f"Account {number // 4:03}" if number % 7 == 6 else ""
    revenue = f"{chance.randint(10, 9000)}.{chance.randint(10, 99)}"
    year, people = str(chance.randint(1979, 2017)), str(chance.randint(9, 30_000))
    return [f"Account {number:03}", SECTORS[number % 5], year, revenue, people, "United States", parent]


def _deal(chance: random.Random, number: int, teams: list[list[str]], accounts: list[list[str]], facts: Facts) -> list[str]:
    seller, manager, _ = chance.choice(teams)
    product = chance.choice(PRODUCTS)[0]
    facts.misnamed += product == "GTX Pro"
    stage = chance.choices(("Won", "Lost", "Engaging", "Prospecting"), (48, 28, 18, 6))[0]
    account = chance.choice(accounts)[0] if chance.random() > 0.16 or stage in ("Won", "Lost") else ""
    facts.stages[stage] += 1
    facts.without_account += not account
    opened = date(2016, 10, 20) + timedelta(days=chance.randint(0, 430))
    closed = opened + timedelta(days=chance.randint(1, 138))
    value = chance.randint(38, 6000) if stage == "Won" else 0
    is_closed = stage in ("Won", "Lost")
    if is_closed:
        facts.cycles.append((closed - opened).days)
    if stage == "Won":
        facts.won_by_quarter[f"{closed.year}-Q{(closed.month + 2) // 3}"] += value
        facts.won_by_manager[manager] += value
        facts.won_cycles.append((closed - opened).days)
    return [
        f"OPP{number:06}", seller, product.replace("GTX Pro", "GTXPro"), account, stage,
        "" if stage == "Prospecting" else str(opened), str(closed) if is_closed else "", str(value) if is_closed else "",
    ]  # fmt: skip
