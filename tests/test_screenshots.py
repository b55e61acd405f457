"""`make screenshots` has what each page of tests/pages.py and each picture of the README asks for."""

import dataclasses
import re

import pytest

from scripts import screenshots
from tests.pages import PAGES, Page
from tests.sources import ROOT


def test_nothing_is_missing():
    assert screenshots.missing() == []


def test_what_is_missing_is_named_at_once(monkeypatch):
    lost = Page("reps:team", who="nobody", at={"pk": "a_moon"}, name="moon")
    scene = dataclasses.replace(screenshots.SCENES[0], name="moonrise", page="moons")
    monkeypatch.setattr(screenshots, "PAGES", (*PAGES, lost))
    monkeypatch.setattr(screenshots, "SCENES", (*screenshots.SCENES, scene))
    said = screenshots.missing()
    assert [re.findall(r'"(\w+)"', sentence) for sentence in said] == [["a_moon"], ["moons"], ["nobody"]]
    with pytest.raises(SystemExit, match=r"a_moon[\s\S]*moonrise"):
        screenshots.refuse(said)


def test_the_readme_and_the_tour_show_pictures_that_are_taken():
    shown = {
        name
        for file in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for name in re.findall(r"screenshots/([\w-]+)\.png", file.read_text(encoding="utf-8"))
    }
    assert shown
    assert shown <= {scene.name for scene in screenshots.SCENES}
