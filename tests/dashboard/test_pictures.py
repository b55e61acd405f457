"""The waterfall and the bars of Closing by week."""

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from dashboard.pictures import GAP_PX, LINE_PX, Bar, stack_heights, waterfall

AMOUNTS = st.lists(st.integers(0, 10**12).map(Decimal), max_size=4)


def bars(opening, *steps):
    found, level = [Bar("Mon", 0, opening, "", "n1")], opening
    for step in steps:
        found.append(Bar("Step", level, level + step, "", "good"))
        level += step
    return [*found, Bar("Now", 0, level, "", "ink")]


def tops(picture):
    return [float(y) for y in re.findall(r'<rect class="m-col [^"]*" x="[^"]*" y="([\d.]+)"', picture)]


def test_steps_start_where_the_one_before_ended():
    picture = waterfall(bars(10, 5, -3), height=176, label="Steps")
    opening, up, down, closing = tops(picture)
    assert opening > up == down < closing < opening
    assert 'aria-label="Steps"' in picture


def test_small_steps_on_a_high_level_break_the_axis_and_large_ones_do_not():
    assert "m-break" in waterfall(bars(100, 2, -1), label="")
    assert "m-break" not in waterfall(bars(10, 10, -8), label="")
    assert "m-break" not in waterfall(bars(0), label="")


def test_a_label_is_written_as_text_and_never_as_markup():
    picture = waterfall([Bar("<b>", 0, 1, "<i>", "n1"), Bar("Now", 0, 1, "1", "n1")], label="a<b")
    assert "<b>" not in picture
    assert "&lt;b&gt;" in picture


@given(st.lists(st.tuples(AMOUNTS, st.integers(0, 10**12).map(Decimal)), min_size=1, max_size=8))
def test_bars_keep_one_scale_and_columns_fit(columns):
    sized = stack_heights(columns, height=124)
    for (blocks, rest), found in zip(columns, sized, strict=True):
        bars = [*found.heights, *([found.rest] if rest else [])]
        assert sum(max(bar, LINE_PX) + GAP_PX for bar in bars) <= 124
        for amount, bar in zip([*blocks, rest], [*found.heights, found.rest], strict=True):
            assert (bar > 0) == (amount > 0)
    pairs = [(amount, bar) for (blocks, rest), found in zip(columns, sized, strict=True)
             for amount, bar in zip([*blocks, rest], [*found.heights, found.rest], strict=True) if bar > 4]  # fmt: skip
    scales = [bar / float(amount) for amount, bar in pairs]
    assert not scales or max(scales) / min(scales) < 1.35
