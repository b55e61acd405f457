"""Names in files against names that are known: equal after folding, or a question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from lib.csv_out import plain
from lib.text import clean_line, fold

_MOST_NEAR = 3
_MOST_SUGGESTED = 200
# Comparing one name with every other is only done among so many.
_MOST_COMPARED = 5_000


def tidy(cell: str) -> str:
    """A cell as one clean line, without the apostrophe that keeps spreadsheets from reading a formula."""
    text = cell.strip() if cell.isprintable() and "  " not in cell else clean_line(cell)
    return plain(text) if text[:1] == "'" else text


@dataclass
class Known:
    """The names of one kind that can be referred to, with the key behind each."""

    kind: str
    labels: dict[int, str] = field(default_factory=dict)
    exact: dict[str, list[int]] = field(default_factory=dict)
    folded: dict[str, list[int]] = field(default_factory=dict)
    # Other ways to write the same one, such as a person's e-mail, in small letters.
    aliases: dict[str, list[int]] = field(default_factory=dict)

    def add(self, key: int, name: str) -> None:
        """Make a name known."""
        self.labels[key] = name
        self.exact.setdefault(name, []).append(key)
        self.folded.setdefault(fold(name), []).append(key)

    def add_alias(self, key: int, alias: str) -> None:
        """Have a known one found by another name too."""
        keys = self.aliases.setdefault(alias.casefold(), [])
        if key not in keys:
            keys.append(key)

    def find(self, name: str) -> list[int]:
        """The keys of exactly this name, else those equal after folding case, blanks, accents and punctuation, else by alias."""
        return self.exact.get(name) or self.folded.get(fold(name) or name) or self.aliases.get(name.casefold()) or []

    def near(self, name: str) -> list[int]:
        """The most similar names, nearest first; among very many only those that begin alike are compared."""
        wanted, names = fold(name), list(self.folded)
        if len(names) > _MOST_COMPARED:
            names = [other for other in names if other[:3] == wanted[:3]][:_MOST_COMPARED]
        close = get_close_matches(wanted, names, n=_MOST_NEAR, cutoff=0.6)
        return [self.folded[found][0] for found in close]


@dataclass(frozen=True)
class Unmatched:
    """A name that stands for nothing: `code` says why, `near` are similar names."""

    text: str
    code: str
    near: tuple[str, ...] = ()


# What a name in a file stands for: a key, None for "leave the row out", or the reason why not.
Meaning = int | None | Unmatched


@dataclass(frozen=True)
class Question:
    """A name that only a person can settle, asked once whatever the number of its rows."""

    kind: str
    text: str
    rows: int
    options: tuple[tuple[int, str], ...]
    may_create: bool

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return {
            "kind": self.kind, "text": self.text, "rows": self.rows, "options": [list(option) for option in self.options],
            "may_create": self.may_create,
        }  # fmt: skip


@dataclass
class Resolved:
    """What each cell of a column means, with what must be said about it and asked."""

    meanings: dict[str, Meaning] = field(default_factory=dict)
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    to_create: list[tuple[str, list[str], int]] = field(default_factory=list)  # name, cells, rows


def resolve(known: Known, cells: Mapping[str, int], answers: Mapping[str, Any], *, may_create: bool) -> Resolved:
    """Find what the cells of a column stand for; `cells` counts the rows of each, `answers` are given by name."""
    found = Resolved()
    by_name: dict[str, list[str]] = {}
    for cell in cells:
        name = tidy(cell)
        if name:
            by_name.setdefault(name, []).append(cell)
    for name, spellings in by_name.items():
        rows = sum(cells[cell] for cell in spellings)
        meaning = _meaning(found, known, name, rows, answers.get(name, answers.get("*")), may_create, spellings)
        for cell in spellings:
            found.meanings[cell] = meaning
    return found


def _meaning(found: Resolved, known: Known, name: str, rows: int, answer: Any, may_create: bool, cells: list[str]) -> Meaning:
    keys = known.find(name)
    facts = {"kind": known.kind, "text": name, "rows": rows}
    if len(keys) == 1:
        label = known.labels[keys[0]]
        if label != name:
            found.said.append(("matched", {**facts, "name": label}))
        return keys[0]
    if isinstance(answer, int) and answer in known.labels:
        found.said.append(("answered", {**facts, "name": known.labels[answer]}))
        return answer
    if answer == "skip":
        found.said.append(("left_out", facts))
        return None
    if answer == "create" and may_create and not keys:
        found.said.append(("created", facts))
        found.to_create.append((name, cells, rows))
        return None
    options = keys[:5] or (known.near(name) if len(found.questions) < _MOST_SUGGESTED else [])
    labels = tuple((key, known.labels[key]) for key in options)
    found.questions.append(Question(known.kind, name, rows, labels, may_create and not keys))
    return Unmatched(name, "ambiguous_name" if keys else "unknown_name", tuple(label for _, label in labels))


def known_from(kind: str, rows: Iterable[tuple[int, str]]) -> Known:
    """The known names of a kind from (key, name) pairs."""
    known = Known(kind)
    for key, name in rows:
        known.add(key, name)
    return known
