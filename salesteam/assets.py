"""Files made at set-up and never committed: the front-end files of other projects, and compiled translations.

Run as `python -m salesteam.assets vendor|translations` by `salesteam/bootstrap.py`.
"""

import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
ICON_NAMES = ROOT / "frontend" / "icons.txt"
_SVG = "http://www.w3.org/2000/svg"
_COPIES = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "bootstrap/dist/js/bootstrap.bundle.min.js": "bootstrap.bundle.min.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter.woff2",
    "sortablejs/Sortable.min.js": "sortable.min.js",
}


class AssetError(Exception):
    """A file is missing or an icon unknown; the message says which."""


def build_vendor() -> None:
    """Fill static/vendor/ anew, under another name until it is whole."""
    unfinished = VENDOR.with_name("vendor.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for source, name in _COPIES.items():
        _copy(MODULES / source, unfinished / name)
    _copy(_htmx(), unfinished / "htmx.min.js")
    (unfinished / "icons.svg").write_text(sprite(icon_names(ICON_NAMES.read_text()), MODULES / "bootstrap-icons" / "icons"))
    shutil.rmtree(VENDOR, ignore_errors=True)
    unfinished.rename(VENDOR)


def icon_names(text: str) -> list[str]:
    """The names in the icon list, sorted and without repetition; lines that start with # are comments."""
    lines = (line.strip() for line in text.splitlines())
    return sorted({line for line in lines if line and not line.startswith("#")})


def sprite(names: list[str], icons: Path) -> str:
    """One SVG holding each icon as a symbol, used as `<use href="…/icons.svg#name">`."""
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.Element(f"{{{_SVG}}}svg")
    for name in names:
        file = icons / f"{name}.svg"
        if not file.exists():
            raise AssetError(f'frontend/icons.txt names "{name}", which Bootstrap Icons does not have.')
        icon = ElementTree.parse(file).getroot()  # noqa: S314  # verified by package-lock.json
        symbol = ElementTree.SubElement(root, f"{{{_SVG}}}symbol", _symbol(name, icon))
        symbol.extend(list(icon))
    return ElementTree.tostring(root, encoding="unicode")


def _symbol(name: str, icon: ElementTree.Element) -> dict[str, str]:
    return {"id": name, "viewBox": icon.get("viewBox", "0 0 16 16"), "fill": "currentColor"}


def build_translations() -> None:
    """Compile each .po file whose .mo is missing or older; broken placeholders and the like stop here."""
    for source in stale_translations():
        _compile(source, source.with_suffix(".mo"))


def stale_translations() -> list[Path]:
    """The .po files of the project that need compiling."""
    return [file for file in (ROOT / "locale").glob("*/LC_MESSAGES/*.po") if not _is_fresh(file.with_suffix(".mo"), file)]


def _is_fresh(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime


def _compile(source: Path, target: Path) -> None:
    from babel.messages.mofile import write_mo  # the other half of this module does without Babel
    from babel.messages.pofile import read_po

    with source.open("rb") as text:
        catalog = read_po(text, locale=source.parent.parent.name)
    unfinished = target.with_suffix(f".mo.{os.getpid()}")
    with unfinished.open("wb") as compiled:
        write_mo(compiled, catalog)
    unfinished.rename(target)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, without the line that points to a source map: hashed file names need every file pointed to."""
    if not source.exists():
        raise AssetError(f"{source} is missing. Remove node_modules and run the command again.")
    content = source.read_bytes()
    if target.suffix in (".js", ".css"):
        content = re.sub(rb"\n?/[/*][#@] sourceMappingURL=[^\n]*", b"", content)
    target.write_bytes(content)


def _htmx() -> Path:
    spec = importlib.util.find_spec("django_htmx")
    if spec is None or spec.origin is None:
        raise AssetError("The package django-htmx is missing: run `make run` again.")
    return Path(spec.origin).parent / "static" / "django_htmx" / "htmx-2.min.js"


def main(what: str) -> int:
    """Build what is named on the command line; the exit code."""
    try:
        {"vendor": build_vendor, "translations": build_translations}[what]()
    except AssetError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
