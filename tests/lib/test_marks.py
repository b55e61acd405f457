"""The pictures drawn on the server: where things stand, what they say, that nothing in them can be injected."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from lib import bullets, charts, marks

HOSTILE = '"><script>alert(1)</script>'
FULL = bullets.Bullet(
    7.62,
    "Won 7.62",
    [
        bullets.Mark(10.8, "Floor 10.80", "floor"),
        bullets.Mark(13.5, "Target 13.50"),
        bullets.Mark(17, "Stretch 17.00", "stretch"),
        bullets.Mark(8.31, "Pace today 8.31", "pace"),
    ],
    low=11.3,
    point=12.9,
    high=14.6,
    forecast_label="Forecast 11.30–14.60",
)


def texts(picture: str) -> list[str]:
    """The words in a picture, in order."""
    return re.findall(r"<text[^>]*>([^<]+)</text>", picture)


def shapes(picture: str, tag: str) -> list[dict[str, str]]:
    """The attributes of every such shape."""
    return [dict(re.findall(r'([\w-]+)="([^"]*)"', found)) for found in re.findall(rf"<{tag}\b([^>]*)>", picture)]


def test_a_bar_reaches_as_far_as_its_share() -> None:
    track, value = shapes(marks.bar(82, 100), "rect")

    assert (track["width"], value["width"]) == ("100%", "82%")


@pytest.mark.parametrize(
    ("value", "top", "width"), [(0, 100, "0%"), (5, 0, "0%"), (150, 100, "100%"), (-3, 100, "0%"), (1, 3, "33.33%")]
)
def test_a_bar_never_leaves_its_track(value: float, top: float, width: str) -> None:
    assert shapes(marks.bar(value, top), "rect")[1]["width"] == width


def test_a_mark_with_a_label_is_an_image_and_without_one_is_decoration() -> None:
    assert 'role="img" aria-label="82 of 100"' in marks.bar(82, 100, label="82 of 100")
    assert 'aria-hidden="true"' in marks.bar(82, 100)


def test_an_unknown_tone_is_neutral() -> None:
    assert shapes(marks.bar(1, 2, tone=HOSTILE), "rect")[1]["class"] == "m-n1"


def test_each_commitment_is_one_block() -> None:
    blocks = shapes(marks.unit_bar(["done", "done", "pivoted", "carried", "open", "nonsense"], label="6"), "rect")

    assert [block["class"].split()[1] for block in blocks] == ["m-done", "m-done", "m-pivoted", "m-carried", "m-open", "m-open"]
    assert [block.get("fill") for block in blocks] == [None, None, "url(#hatch)", None, None, None]
    assert [block["x"] for block in blocks] == ["0.75", "28.75", "56.75", "84.75", "112.75", "140.75"]


def test_a_trend_needs_two_points() -> None:
    assert marks.spark([]) == ""
    assert marks.spark([3]) == ""
    assert shapes(marks.spark([0, 5, 10], width=96, height=24), "polyline")[0]["points"] == "4.0,20.0 48.0,12.0 92.0,4.0"


def test_a_flat_trend_is_a_flat_line() -> None:
    assert shapes(marks.spark([4, 4]), "polyline")[0]["points"] == "4.0,20.0 92.0,20.0"


def test_an_interval_spans_low_to_high_with_its_point_and_median() -> None:
    picture = marks.interval(0.2, 0.3, 0.5, tick=0.25)

    band = shapes(picture, "rect")[1]
    assert (band["class"], band["x"], band["width"]) == ("m-band", "20%", "30%")
    assert shapes(picture, "circle")[0]["cx"] == "30%"
    assert shapes(picture, "line")[0]["x1"] == "25%"


def test_thin_data_looks_thin() -> None:
    picture = marks.interval(0.25, 0.57, 0.84, thin=True)

    assert "m-band-thin" in picture
    assert "m-dot-thin" in picture


def test_an_interval_on_a_shorter_axis_is_cut_at_its_end() -> None:
    band = shapes(marks.interval(0.1, 0.15, 0.4, top=0.2), "rect")[1]

    assert (band["x"], band["width"]) == ("50%", "50%")


def test_parts_of_a_whole_add_up_and_empty_ones_are_left_out() -> None:
    parts = [marks.Part(30, "Qualify", "n2"), marks.Part(0, "Nothing"), marks.Part(70, "Proposal", "accent")]

    found = [(shape["class"], shape["x"], shape["width"]) for shape in shapes(marks.stack(parts), "rect")]

    assert found == [("m-seg m-n2", "0%", "30%"), ("m-seg m-accent", "30%", "70%")]


def test_a_bullet_names_every_mark_where_it_stands() -> None:
    assert texts(bullets.bullet(FULL)) == [
        *("Floor 10.80", "Target 13.50", "Stretch 17.00"),
        *("Won 7.62", "Pace today 8.31", "Forecast 11.30–14.60"),
    ]


def test_labels_of_a_bullet_never_run_into_each_other() -> None:
    picture = bullets.bullet(FULL, width_px=560)
    spans: dict[str, list[tuple[float, float]]] = {}
    for shape, words in zip(shapes(picture, "text"), texts(picture), strict=True):
        x, width = float(shape["x"].rstrip("%")) * 5.6 + float(shape["dx"]), len(words) * marks.CHAR_PX
        left = x - {"start": 0, "middle": width / 2, "end": width}[shape["text-anchor"]]
        spans.setdefault(shape["y"], []).append((left, left + width))

    for row in spans.values():
        assert all(before[1] < after[0] for before, after in zip(sorted(row), sorted(row)[1:], strict=False))


def test_a_label_without_room_still_stands_in_the_key() -> None:
    crowded = bullets.Bullet(4.9, "Won 5", [bullets.Mark(5 + at / 100, f"A long name {at}") for at in range(4)])

    picture = bullets.bullet(crowded, width_px=200)

    assert len(texts(picture)) < 5
    assert re.findall(r"<li[^>]*>([^<]+)</li>", picture) == [
        *("Won 5", "A long name 0", "A long name 1", "A long name 2", "A long name 3"),
    ]


def test_the_axis_of_a_bullet_goes_past_the_largest_value() -> None:
    assert bullets.Bullet(120, "120%", [bullets.Mark(100, "Target")]).top == 126
    assert bullets.Bullet(0, "").top > 0


@pytest.mark.parametrize(
    ("top", "ticks"),
    [(0, [0, 1]), (1, [0, 0.5, 1]), (7.6, [0, 5, 10]), (13.5, [0, 5, 10, 15]), (100, [0, 50, 100]), (150, [0, 50, 100, 150])],
)
def test_axes_have_round_steps(top: float, ticks: list[float]) -> None:
    assert charts.nice_ticks(top) == ticks


def test_columns_stand_on_one_line_and_a_missing_value_is_no_column() -> None:
    data = [charts.Column(100, "May", "100%"), charts.Column(50, "Jun", "50%", "below"), charts.Column(None, "Jul", "—")]

    bars = shapes(charts.columns(data, height=190, label="By month"), "rect")

    assert [(bar["y"], bar["height"]) for bar in bars] == [("20.0", "134.0"), ("87.0", "67.0"), ("154", "0")]


def test_an_open_period_is_an_outline() -> None:
    assert shapes(charts.columns([charts.Column(43, "Nov", tone="open")]), "rect")[0]["class"] == "m-col m-open"


def test_a_line_that_ends_early_is_named_there_and_one_that_reaches_the_edge_beside_it() -> None:
    series = [charts.Line([0, 2, 4, None, None], "Won 4", "actual"), charts.Line([0, 1, 2, 3, 4], "Pace 4", "pace")]

    picture = charts.lines(series, names=["Oct", "Nov"], ticks=[(0, "0"), (5, "5")], today=2, today_label="Today")

    won = next(shape for shape, words in zip(shapes(picture, "text"), texts(picture), strict=True) if words == "Won 4")
    assert won["x"] == "50%"
    assert texts(picture)[-1] == "Pace 4"


def test_a_line_without_values_is_not_drawn() -> None:
    picture = charts.lines([charts.Line([None, None], "Won", "actual")], names=[], ticks=[(0, "0"), (1, "1")])

    assert shapes(picture, "polyline") == []


def test_words_from_people_cannot_leave_the_picture() -> None:
    pictures = [
        marks.bar(1, 2, width=HOSTILE, label=HOSTILE),
        marks.stack([marks.Part(1, HOSTILE, HOSTILE)], label=HOSTILE),
        bullets.bullet(bullets.Bullet(1, HOSTILE, [bullets.Mark(2, HOSTILE, HOSTILE)]), label=HOSTILE),
        charts.columns([charts.Column(1, HOSTILE, HOSTILE, HOSTILE, HOSTILE)], ticks=[(1, HOSTILE)], label=HOSTILE),
        charts.lines([charts.Line([1, 2], HOSTILE, HOSTILE)], names=[HOSTILE], ticks=[(2, HOSTILE)], label=HOSTILE),
    ]

    for picture in pictures:
        assert "<script" not in picture
        assert "style=" not in picture
        ElementTree.fromstring(f"<div>{picture}</div>")
