"""What is installed and fetched at set-up: locks, front-end files, icons, translations, the browser."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from salesteam import assets, bootstrap, browser, embedded

ROOT = embedded.ROOT
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def _names(text: str) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    names = (re.split(r"[\[=<>;\s\\]", line)[0].lower() for line in lines if line and not line.startswith("-"))
    return {name.replace("_", "-") for name in names}


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_each_dependency_says_why_it_is_there(file: Path) -> None:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith(("#", "-r"))]
    explained = [line for line in lines if re.search(r"\s# \w+", line) or (file.read_text().startswith("# ") and len(lines) == 1)]
    assert lines == explained


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_each_dependency_is_locked(file: Path) -> None:
    assert _names(file.read_text()) <= _names(file.with_suffix(".lock").read_text())


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_a_lock_pins_every_package_by_hash_and_names_no_index(file: Path) -> None:
    text = file.read_text()
    packages = [block for block in re.split(r"\n(?=\S)", text.strip()) if not block.startswith("#")]
    assert packages
    assert [block for block in packages if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:", block, re.DOTALL)] == []
    assert "://" not in text


def test_the_larger_locks_contain_the_smaller() -> None:
    pinned = {name: set(re.findall(r"^[\w.-]+==\S+", (ROOT / name).read_text(), re.MULTILINE)) for name in
              ("requirements.lock", "requirements-local.lock", "requirements-dev.lock")}  # fmt: skip
    assert pinned["requirements.lock"] < pinned["requirements-local.lock"] < pinned["requirements-dev.lock"]


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_psycopg_3_stays_out_since_django_would_prefer_it(file: Path) -> None:
    assert not {"psycopg", "psycopg-binary", "psycopg-c"} & _names(file.read_text())


def test_the_front_end_lock_verifies_every_file_and_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    fetched = {name: entry for name, entry in packages.items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in fetched.values())
    assert not any("resolved" in entry for entry in fetched.values())


def test_every_icon_of_the_list_is_in_the_sprite() -> None:
    sprite = (assets.VENDOR / "icons.svg").read_text()
    names = assets.icon_names(assets.ICON_NAMES.read_text())
    assert [name for name in names if f'id="{name}"' not in sprite] == []


def test_icon_names_are_sorted_and_unique_and_comments_are_left_out() -> None:
    assert assets.icon_names("# list\nstar\n\nbell\nstar \n") == ["bell", "star"]


def test_an_icon_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(assets.AssetError, match='"unicorn"'):
        assets.sprite(["unicorn"], tmp_path)


def test_an_icon_becomes_a_symbol_that_takes_the_colour_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle r="1"/></svg>')
    sprite = assets.sprite(["dot"], tmp_path)
    assert '<symbol id="dot" viewBox="0 0 16 16" fill="currentColor"><circle r="1" /></symbol>' in sprite


def test_vendored_files_point_to_no_source_map() -> None:
    files = [file for file in assets.VENDOR.iterdir() if file.suffix in (".js", ".css")]
    assert {file.name for file in files} == {
        "bootstrap.bundle.min.js", "bootstrap.min.css", "htmx.min.js", "sortable.min.js",
    }  # fmt: skip
    assert [file.name for file in files if b"sourceMappingURL" in file.read_bytes()] == []


def test_htmx_is_the_second_version() -> None:
    assert 'version:"2.' in (assets.VENDOR / "htmx.min.js").read_text()


def test_a_translation_is_compiled_once_and_again_after_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "locale" / "id" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Deal"\nmsgstr "Peluang"\n')
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    assets.build_translations()
    compiled = source.with_suffix(".mo").read_bytes()
    assert struct.unpack("<I", compiled[:4]) == (0x950412DE,)
    assert b"Peluang" in compiled
    assert assets.stale_translations() == []
    os.utime(source, (source.stat().st_atime, source.stat().st_mtime + 10))
    assert assets.stale_translations() == [source]


def test_a_step_is_skipped_only_while_its_inputs_are_unchanged(tmp_path: Path) -> None:
    lock, stamp = tmp_path / "lock", tmp_path / "stamp"
    lock.write_text("one")
    assert not bootstrap.is_done(stamp, lock)
    bootstrap.mark_done(stamp, lock)
    assert bootstrap.is_done(stamp, lock)
    lock.write_text("two")
    assert not bootstrap.is_done(stamp, lock)


def test_a_home_that_cannot_be_written_to_does_not_stop_the_installers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")
    environment = bootstrap.tool_environment()
    assert os.access(environment["HOME"], os.W_OK)
    assert environment["npm_config_cache"].startswith(environment["HOME"])


def test_set_up_needs_nothing_but_the_standard_library() -> None:
    script = f"import sys, runpy; sys.argv = ['bootstrap', 'nothing']; runpy.run_path({str(ROOT / 'salesteam/bootstrap.py')!r})"
    result = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, cwd="/")
    assert (result.returncode, result.stderr) == (0, "")


def test_a_named_browser_that_does_not_start_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/bin/false")
    with pytest.raises(browser.NoBrowser, match="CHROMIUM is /bin/false"):
        browser.find()


def test_without_any_browser_the_remedies_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    for way in ("_on_this_machine", "_of_playwright", "_installed_by_playwright", "_installed_by_debian"):
        monkeypatch.setattr(browser, way, lambda: None)
    with pytest.raises(browser.NoBrowser, match=r"apt-get install chromium(.|\n)*CHROMIUM=(.|\n)*make test-fast"):
        browser.find()


def test_the_compose_file_pins_its_images_and_drops_every_right() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    images = re.findall(r"image: (\S+)", text)
    assert images
    assert [image for image in images if image.endswith(":latest") or ":" not in image] == []
    assert "--builtin-locale=C.UTF-8" in text
    assert "cap_drop: [ALL]" in text
