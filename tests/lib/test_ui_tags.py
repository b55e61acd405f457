"""The template tags of the interface: what they write, in both languages, and that nothing typed escapes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

NB = "\u00a0"
HOSTILE = '"><img src=x onerror=alert(1)>'


def write(source: str, language: str = "en", **context: Any) -> str:
    """The template rendered in that language."""
    with translation.override(language):
        return Template("{% load ui %}" + source).render(Context(context))


def test_numbers_follow_the_language() -> None:
    source = '{{ n|number }} {{ r|percent }} {{ m|money_short:"IDR" }} {{ m|money:"IDR" }}'
    values = {"n": 1234.5, "r": 0.564, "m": Decimal("7620000000")}

    assert write(source, "en", **values) == f"1,234.5 56.4% Rp{NB}7.62{NB}bn Rp{NB}7,620,000,000"
    assert write(source, "id", **values) == f"1.234,5 56,4% Rp{NB}7,62{NB}M Rp{NB}7.620.000.000"


def test_a_share_of_a_target_never_rounds_up_to_it() -> None:
    assert write("{{ r|percent_floor }}", r=0.9996) == "99.9%"


def test_the_unknown_is_a_dash_that_says_why() -> None:
    assert write("{{ r|percent }}", r=None) == (
        '<span class="dash" title="not known"><span aria-hidden="true">—</span>'
        '<span class="visually-hidden">not known</span></span>'
    )
    assert "no deal closed yet" in write("{{ r|or_dash:why }}", r=None, why="no deal closed yet")
    assert write("{{ r|or_dash }}", r=0) == "0"


def test_a_panel_names_its_unit_once() -> None:
    assert write('{% money_unit "IDR" 6 %} {% money_scaled m "IDR" 6 %}', m=Decimal("1240000000")) == f"Rp{NB}m 1,240"
    assert write('{% money_unit "IDR" 6 %}', "id") == f"Rp{NB}jt"


@pytest.mark.parametrize(
    ("delta", "good", "css", "arrow"),
    [(2.7, "up", "change good", "caret-up-fill"), (-2.7, "up", "change bad", "caret-down-fill"),
     (-3, "down", "change good", "caret-down-fill"), (3, "none", "change", "caret-up-fill")],
)  # fmt: skip
def test_a_change_has_a_sign_beside_its_colour(delta: float, good: str, css: str, arrow: str) -> None:
    written = write('{% change delta "words" good=good %}', delta=delta, good=good)

    assert f'<span class="{css}">' in written
    assert arrow in written
    assert written.endswith("words</span>")


def test_days_are_written_as_people_say_them() -> None:
    source = "{{ d|day }} · {{ d|day_short }}"

    assert write(source, "en", d=date(2026, 11, 26)) == "26 Nov 2026 · Thu 26 Nov"
    assert write(source, "id", d=date(2026, 11, 26)) == "26 Nov 2026 · Kam, 26 Nov"


def test_a_moment_is_written_in_the_zone_given() -> None:
    instant, jakarta = datetime(2026, 11, 26, 9, 10, tzinfo=UTC), ZoneInfo("Asia/Jakarta")

    assert write("{{ at|moment:zone }}", "en", at=instant, zone=jakarta) == "26 Nov, 16:10"
    assert write("{{ at|moment:zone }}", "id", at=instant, zone=jakarta) == "26 Nov, 16.10"


@pytest.mark.parametrize(
    ("on", "words"),
    [(date(2026, 11, 26), "today"), (date(2026, 11, 25), "yesterday"), (date(2026, 11, 23), f"3{NB}d ago"),
     (date(2026, 9, 1), f"12{NB}w ago"), (date(2026, 12, 1), "1 Dec 2026")],
)  # fmt: skip
def test_how_long_ago(on: date, words: str) -> None:
    assert write("{{ on|ago:today }}", on=on, today=date(2026, 11, 26)) == words


@pytest.mark.parametrize("tag", ["d|day", "d|day_short", "d|moment", "d|ago"])
def test_no_date_is_a_dash(tag: str) -> None:
    assert 'class="dash"' in write("{{ " + tag + " }}", d=None)


def test_an_address_breaks_after_its_at() -> None:
    assert write("{{ a|breakable }}", a="ana@example.com") == "ana@<wbr>example.com"
    assert write("{{ a|breakable }}", a="<b>") == "<wbr>&lt;b&gt;"


@pytest.mark.parametrize(
    ("name", "letters"), [("Ana Wijaya", "AW"), ("Lina", "LI"), ("made suardana putra", "MP"), ("", "?"), (None, "?")]
)
def test_two_letters_for_a_person(name: str | None, letters: str) -> None:
    assert write("{% initials name %}", name=name) == letters


def test_an_icon_beside_a_word_is_hidden_and_one_alone_has_a_name() -> None:
    assert 'aria-hidden="true"' in write('{% icon "telephone" %}')
    assert 'role="img" aria-label="Call"' in write('{% icon "telephone" "l" "Call" %}')
    assert '#telephone"' in write('{% icon "telephone" %}')


def test_a_chip_has_a_word_and_an_unknown_state_is_neutral() -> None:
    assert write('{% chip "Won" "good" %}') == (
        '<span class="chip chip-good"><span class="chip-dot" aria-hidden="true"></span>Won</span>'
    )
    assert "chip-neutral" in write("{% chip word state %}", word="x", state=HOSTILE)


def test_pushes_are_at_most_five_dots() -> None:
    assert write("{% dots 9 %}").count('class="dot"') == 5
    assert write("{% dots none %}", none=None).count('class="dot"') == 0


def test_pictures_take_plain_dictionaries() -> None:
    assert "Qualify" in write("{% stack parts label='x' %}", parts=[{"value": 1, "label": "Qualify"}])
    assert "Target" in write("{% bullet 5 'Won' marks=marks %}", marks=[{"value": 8, "label": "Target", "kind": "target"}])
    assert "May" in write("{% columns data 'x' %}", data=[{"value": 1, "label": "May"}])
    assert "Pace" in write(
        "{% lines s 'x' ticks=t %}", s=[{"values": [1, 2], "label": "Pace", "kind": "pace"}], t=[(0, "0"), (2, "2")]
    )


def test_an_interval_without_data_is_a_dash() -> None:
    assert 'class="dash"' in write("{% interval low 0.5 0.6 %}", low=None)


def test_a_number_links_to_its_explanation() -> None:
    scope, period = SimpleNamespace(key="team:Melvin Marxen"), SimpleNamespace(label="2017-Q1")

    written = write('{% explain "win_rate" scope period %}{{ r|percent }}{% endexplain %}', scope=scope, period=period, r=0.564)

    assert "metric=win_rate&amp;scope=team%3AMelvin+Marxen&amp;period=2017-Q1" in written
    assert written.count("hx-get=") == 1
    assert 'hx-target="#panel-body" data-panel' in written
    assert written.endswith(">56.4%</a>")


class Sample(forms.Form):
    """One field of each kind that looks different."""

    name = forms.CharField(help_text="As on the card.")
    kind = forms.ChoiceField(choices=[("a", "A")], required=False)
    agree = forms.BooleanField(required=False)


def test_a_field_with_an_error_says_so_to_readers() -> None:
    form = Sample({"name": ""})

    written = write("{{ form.name|control:'wide' }}", form=form)

    assert 'class="form-control wide is-invalid"' in written
    assert 'aria-describedby="id_name-error id_name-help"' in written
    assert 'aria-invalid="true"' in written


def test_each_kind_of_field_has_its_class() -> None:
    form = Sample()

    assert 'class="form-select"' in write("{{ form.kind|control }}", form=form)
    assert 'class="form-check-input"' in write("{{ form.agree|control }}", form=form)
    assert write("{{ form.agree|is_checkbox }} {{ form.name|is_checkbox }}", form=form) == "True False"


@pytest.mark.parametrize(
    ("signed_in", "choice", "cookie", "attributes"),
    [(True, "dark", "light", 'data-theme="dark" data-bs-theme="dark"'), (True, "system", "dark", 'data-theme="system" data-bs-theme="light"'),
     (False, "", "dark", 'data-theme="dark" data-bs-theme="dark"'), (False, "", HOSTILE, 'data-theme="system" data-bs-theme="light"')],
)  # fmt: skip
def test_the_theme_is_the_persons_own_and_before_sign_in_the_browsers(
    signed_in: bool, choice: str, cookie: str, attributes: str
) -> None:
    request: Any = RequestFactory().get("/")
    request.user = SimpleNamespace(is_authenticated=signed_in, theme=choice)
    request.COOKIES["theme"] = cookie

    assert write("{% theme_attrs %}", request=request) == attributes


def test_the_undo_address_is_found_among_a_messages_tags() -> None:
    assert write("{{ tags|undo_url }}", tags="success undo:/deals/1/undo/") == "/deals/1/undo/"
    assert write("{{ none|undo_url }}", none=None) == ""


@pytest.mark.parametrize(
    "source",
    ["{% chip x %}", "{% avatar x %}", "{% icon x x x %}", "{% bar 1 2 width=x tone=x label=x %}", "{% dots 1 x %}",
     "{% spark values label=x %}", "{% unit_bar values x %}", "{{ none|or_dash:x }}", "{% change 1 x %}", "{{ 5|money:x }}",
     "{{ 5|money_short:x }}", "{% money_unit x %}", "{% explain x x x %}n{% endexplain %}"],
)  # fmt: skip
def test_nothing_typed_becomes_markup(source: str) -> None:
    assert "<img" not in write(source, x=HOSTILE, values=[1, 2], none=None)
