"""Uploaded files on disk: random names, readable by the server alone, removed after a week."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

KEPT = timedelta(days=7)
_TOKEN = re.compile(r"[0-9a-f]{32}")


def keep(parts: Iterable[bytes]) -> str:
    """Write a file and return the word by which `path` finds it again."""
    settings.UPLOAD_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    token = secrets.token_hex(16)
    with os.fdopen(os.open(path(token), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        for part in parts:
            stream.write(part)
    return token


def path(token: str) -> Path:
    """Where a kept file stands. Raises ValueError for a word that `keep` never gave."""
    if not _TOKEN.fullmatch(token):
        raise ValueError(token)
    return Path(settings.UPLOAD_DIR) / token


def drop(tokens: Iterable[str]) -> None:
    """Remove kept files; those that are gone are gone."""
    for token in tokens:
        path(token).unlink(missing_ok=True)


def drop_old() -> int:
    """Remove every kept file older than a week, also those no import knows of; returns how many."""
    if not settings.UPLOAD_DIR.is_dir():
        return 0
    limit, dropped = time.time() - KEPT.total_seconds(), 0
    for file in _kept():
        if file.stat().st_mtime < limit:
            file.unlink(missing_ok=True)
            dropped += 1
    return dropped


def _kept() -> Iterator[Path]:
    return (file for file in settings.UPLOAD_DIR.iterdir() if _TOKEN.fullmatch(file.name))


class LimitedFiles(FileUploadHandler):
    """Stops taking in an uploaded file at the largest size an import reads, before it fills the disk.

    The request remembers the names of such files in `too_big`.
    """

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """Begin counting."""
        super().new_file(field_name, file_name, *args, **kwargs)
        self._taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the bytes on, as long as they are not too many."""
        self._taken += len(raw_data)
        if self._taken > settings.IMPORT_MAX_BYTES:
            names = [*getattr(self.request, "too_big", ()), self.file_name]
            self.request.too_big = names  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The handlers after this one make the file."""
