"""Collect every string to translate into locale/<language>/LC_MESSAGES/django.po, keeping the translations there are.

Run as `python scripts/messages.py` (`make messages`). Django's makemessages does the same with GNU gettext, which not every
machine has: here Django turns templates into Python (`templatize`) and Babel reads strings from that and from our own code.
Strings of JavaScript come from templates, so there is one catalogue.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
APPS = ("dashboard", "deals", "lib", "metrics", "reps", "salesteam")
LANGUAGES = ("id",)
PLURALS = {"id": "nplurals=1; plural=0;"}
# Function → the positions of message, plural and context among its arguments.
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


@dataclass(frozen=True)
class Found:
    """One string in the source: where it stands, what it says, in which context, with the translator's note."""

    file: str
    line: int
    text: str | tuple[str, str]
    context: str | None
    notes: tuple[str, ...]


def catalogue_file(language: str) -> Path:
    """The catalogue of a language."""
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def sources() -> Iterator[Path]:
    """Python files and templates of the product."""
    for app in APPS:
        yield from sorted(path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)
    yield from sorted((ROOT / "templates").rglob("*.html"))
    yield from sorted((ROOT / "templates").rglob("*.txt"))


def collect() -> list[Found]:
    """Every string to translate."""
    return [found for path in sources() for found in read(path.read_text(), str(path.relative_to(ROOT)))]


def read(text: str, file: str) -> Iterator[Found]:
    """The strings of one file."""
    for line, function, message, notes in extract_python(
        io.BytesIO((text if file.endswith(".py") else _as_python(text, file)).encode()),
        list(KEYWORDS),
        ["Translators:"],
        {"encoding": "utf-8"},
    ):
        parts = [message] if isinstance(message, str) else list(message)
        context = parts.pop(0) if "pgettext" in function else None
        plural = "ngettext" in function or "npgettext" in function
        wanted = parts[: 2 if plural else 1]
        if all(isinstance(part, str) and part for part in wanted):
            yield Found(file, line, tuple(wanted) if plural else wanted[0], context, tuple(notes))  # type: ignore[arg-type]


def _as_python(text: str, file: str) -> str:
    """A template as Python: its strings as calls, everything else as X, each line without its indentation."""
    from django.utils.translation.template import templatize  # needs settings, which Python files do without

    return "\n".join(line.lstrip() for line in templatize(text, origin=file).split("\n"))


def template() -> Catalog:
    """The catalogue of the source, without translations. Files are named once each and without lines, which change daily."""
    made = Catalog(project="Salesteam", charset="utf-8")
    for found in collect():
        made.add(found.text, locations=[(found.file, 0)], context=found.context, auto_comments=found.notes)
    return made


def read_catalogue(language: str) -> Catalog:
    """The catalogue as it stands; empty where there is none yet."""
    file = catalogue_file(language)
    if not file.exists():
        made = Catalog(locale=language, project="Salesteam", charset="utf-8", fuzzy=False)
        made.mime_headers = [("Plural-Forms", PLURALS[language])]
        return made
    with file.open("rb") as stream:
        return read_po(stream, locale=language)


def messages(catalogue: Catalog) -> list[Message]:
    """Its messages without the header."""
    return [message for message in catalogue if message.id]


def merged(language: str) -> bytes:
    """The catalogue with what the source says today: translations kept, new strings empty, unused ones gone."""
    catalogue = read_catalogue(language)
    created, revised = catalogue.creation_date, catalogue.revision_date
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date, catalogue.revision_date, catalogue.fuzzy = created, revised, False
    catalogue.last_translator, catalogue.language_team, catalogue.msgid_bugs_address = "Salesteam", "Salesteam", ""
    catalogue.header_comment = "# Indonesian words of Salesteam. `make messages` collects the English ones from the source."
    stream = io.BytesIO()
    write_po(stream, catalogue, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return stream.getvalue()


def main() -> None:
    """Write the catalogues and say what is left to translate."""
    for language in LANGUAGES:
        file = catalogue_file(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(merged(language))
        every = messages(read_catalogue(language))
        empty = [message for message in every if not is_translated(message)]
        print(f"{file.relative_to(ROOT)}: {len(every)} strings, {len(empty)} to translate")


def is_translated(message: Message) -> bool:
    """Whether it says something in every plural form."""
    return all(message.string) if isinstance(message.string, (tuple, list)) else bool(message.string)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    import django
    from django.conf import settings

    settings.configure(USE_I18N=True)
    django.setup()
    main()
