"""What an import read, stored and refused, and every sentence it has to say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Any

from deals.imports.messages import render
from deals.imports.names import Question

_SAMPLES = 5
_SHOWN = 50


class BadRow(Exception):
    """A row that cannot be stored; `field` is our name of the column at fault."""

    def __init__(self, code: str, field: str = "", value: str = "", near: tuple[str, ...] = (), **facts: Any) -> None:
        super().__init__(code)
        self.code, self.field, self.value, self.near, self.facts = code, field, value, near, facts


@dataclass(frozen=True)
class Problem:
    """A refused row: where, what stands there, what is wrong, and the nearest that would be right."""

    file: str
    row: int
    column: str
    value: str
    code: str
    facts: dict[str, Any]
    near: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What is wrong, in the active language."""
        return render(self.code, self.facts)


class Problems:
    """Refused rows in the order they were met; the first few at hand, all of them on disk."""

    def __init__(self) -> None:
        self.first: list[Problem] = []
        self.count = 0
        self._spool = SpooledTemporaryFile(max_size=1024 * 1024, mode="w+", encoding="utf-8")  # noqa: SIM115  # lives as long as the report

    def add(self, problem: Problem) -> None:
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(problem)
        self._spool.write(json.dumps(asdict(problem)) + "\n")

    def __iter__(self) -> Iterator[Problem]:
        self._spool.seek(0)
        yield from read_problems(self._spool)
        self._spool.seek(0, 2)


def read_problems(lines: Any) -> Iterator[Problem]:
    """Problems from the lines in which they were kept."""
    for line in lines:
        kept = json.loads(line)
        yield Problem(**{**kept, "near": tuple(kept["near"])})


@dataclass
class Counts:
    """Rows of one kind. `left_out` were to be skipped, as a person answered."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    left_out: int = 0

    @property
    def stored(self) -> int:
        """Rows that were written."""
        return self.new + self.changed


@dataclass
class Report:
    """Everything there is to say about one run."""

    counts: dict[str, Counts] = field(default_factory=dict)
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    # A custom that only a person can settle: "money" or "dates" → an example with both of its readings.
    customs: dict[str, dict[str, str]] = field(default_factory=dict)
    samples: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    tally: Counter[str] = field(default_factory=Counter)

    def of(self, kind: str) -> Counts:
        """The counts of a kind."""
        return self.counts.setdefault(kind, Counts())

    def say(self, code: str, **facts: Any) -> None:
        """Add a sentence, once."""
        if (code, facts) not in self.said:
            self.said.append((code, facts))

    def sample(self, kind: str, row: dict[str, str]) -> None:
        """Keep one of the first rows, as it was understood."""
        kept = self.samples.setdefault(kind, [])
        if len(kept) < _SAMPLES:
            kept.append(row)

    @property
    def changes_nothing(self) -> bool:
        """Not one row to be written."""
        return not any(counts.stored for counts in self.counts.values())

    def stops(self, skip_bad: bool) -> bool:
        """Whether nothing may be written: customs that nobody settled, or refused rows and open questions."""
        return bool(self.customs or ((self.rejected or self.questions) and not skip_bad))

    @property
    def rejected(self) -> int:
        """Refused rows of every kind."""
        return sum(counts.rejected for counts in self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """For the batch row; the problems stand in a file of their own."""
        return {
            "counts": {kind: asdict(counts) for kind, counts in self.counts.items()},
            "said": [[code, facts] for code, facts in self.said],
            "questions": [question.as_json() for question in self.questions],
            "customs": self.customs,
            "samples": self.samples,
            "problems": self.problems.count,
            "first_problems": [asdict(problem) for problem in self.problems.first],
        }
