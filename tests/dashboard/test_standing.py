"""Where we stand: a running period against as many days of the others, and the line of won value."""

from datetime import date, timedelta
from decimal import Decimal

from dashboard.cards import standing as cards
from dashboard.cards.scale import change, fine_scale, scale_for
from dashboard.panels import standing
from lib import periods
from metrics.definitions import METRICS
from metrics.scopes import of_team
from tests import make

TODAY = date(2026, 9, 16)
M = Decimal(1_000_000)
Q3 = periods.named("2026-Q3")


def read(cast, period=Q3):
    return standing.read(of_team(cast.north), period, company=cast.company, today=TODAY)


def test_a_running_quarter_is_compared_with_as_many_days_of_the_others(cast):
    make.won(owner=cast.ana, amount=12 * M, on=date(2026, 9, 16))
    make.won(owner=cast.ana, amount=10 * M, on=date(2026, 6, 17))  # day 78 of Q2
    make.won(owner=cast.ana, amount=90 * M, on=date(2026, 6, 18))  # day 79
    make.won(owner=cast.budi, amount=24 * M, on=date(2025, 7, 1))
    found = read(cast)
    assert (found.day, found.days, found.is_running) == (78, 92, True)
    values = [span.figures.won_value.value for span in (found.now, found.before, found.year_ago)]
    assert values == [12 * M, 10 * M, 24 * M]
    assert [span.total for span in (found.now, found.before, found.year_ago)] == [12 * M, 100 * M, 24 * M]
    assert {line.rep_id: line.credited for line in found.against.lines} == {cast.ana.rep.pk: 12 * M}
    assert not found.has_quota


def test_a_closed_period_is_compared_as_a_whole(cast):
    make.won(owner=cast.ana, amount=10 * M, on=date(2026, 6, 30))
    make.won(owner=cast.ana, amount=30 * M, on=date(2026, 3, 31))
    found = read(cast, periods.named("2026-Q2"))
    assert not found.is_running
    assert (found.now.figures.won_value.value, found.before.figures.won_value.value) == (10 * M, 30 * M)
    assert len(found.now.running) == 91


def test_the_line_adds_up_and_stops_today(cast):
    for on, amount in ((date(2026, 7, 1), 1), (date(2026, 7, 3), 2), (date(2026, 9, 16), 4)):
        make.won(owner=cast.ana, amount=amount * M, on=on)
    line = read(cast).now.running
    assert len(line) == 78
    assert line[:4] == (1 * M, 1 * M, 3 * M, 3 * M)
    assert line[-2:] == (3 * M, 7 * M)


def test_a_win_counts_for_the_team_of_its_day_only(cast):
    make.won(owner=cast.outsider, amount=5 * M, on=TODAY)
    assert read(cast).now.total == 0


def test_the_card_says_what_it_compares_with(cast):
    make.won(owner=cast.ana, amount=12 * M, on=TODAY)
    make.won(owner=cast.ana, amount=10 * M, on=date(2026, 5, 1))
    card = cards.card(read(cast), currency="IDR", fiscal_start=1)
    assert (card.before_words, card.year_ago_words) == ("on Q2 2026, day 78", "")
    won = card.cells[0]
    assert (won.text, won.before.text, won.before.good) == ("Rp\u00a012\u00a0m", "20%", "up")
    assert [cell.metric.key for cell in card.cells] == list(cards.SHOWN)
    assert "Q3 2026 12.00" in card.chart


def test_a_year_is_not_compared_twice_with_the_same_year(cast):
    make.won(owner=cast.ana, amount=12 * M, on=date(2025, 1, 5))
    card = cards.card(read(cast, periods.named("2026")), currency="IDR", fiscal_start=1)
    assert (card.before_words, card.year_ago_words) == ("on 2025, day 259", "")


def test_nothing_won_draws_no_line(cast):
    card = cards.card(read(cast), currency="IDR", fiscal_start=1)
    assert card.chart == ""
    assert card.cells[2].text == "—"


def test_two_queries_whatever_the_rows(cast, django_assert_num_queries):
    for at in range(12):
        make.won(owner=cast.ana, on=TODAY - timedelta(days=at * 9))
    with django_assert_num_queries(2):
        read(cast)


def test_a_change_is_said_in_the_unit_of_its_figure():
    said = lambda key, now, then: (found := change(METRICS[key], now, then)) and (found.text, found.good)  # noqa: E731
    assert said("won_value", 112, 100) == ("12%", "up")
    assert said("won_value", 1034, 1000) == ("3.4%", "up")
    assert said("win_rate", Decimal("0.317"), Decimal("0.29")) == ("2.7 points", "up")
    assert said("median_cycle_days", Decimal("47.5"), 45) == ("2.5 days", "down")
    assert said("median_cycle_days", 44, 45) == ("1 day", "down")
    assert said("won_count", 5, 5) == ("", "none")
    assert said("won_count", 5, 0) is None
    assert said("win_rate", None, 1) is None


def test_a_card_writes_its_sums_in_one_unit():
    assert (
        scale_for(Decimal(7_620_000_000), "IDR").unit,
        scale_for(Decimal(7_620_000_000), "IDR").write(Decimal(840_000_000)),
    ) == ("Rp\u00a0bn", "0.84")
    assert fine_scale(Decimal(6_490_000_000), "IDR").write(Decimal(143_000_000)) == "143"
    assert scale_for(Decimal(0), "USD").write(Decimal(0)) == "0"
    assert scale_for(Decimal(-920_000_000), "IDR").signed(Decimal(410_000_000)) == "+410"
