"""A POST that is sent twice creates once (TRUST 25): a double click, a retry after a lost answer, a resumed tab.

The form carries a key (`{% idempotency %}`) and the view is marked `@idempotent`. The key's row is written in the
transaction of the view's own writes, so both exist or neither. What a second request with the key gets:

- the same body: the first answer again, and nothing is written;
- another body: 422 and a page that says so;
- while the first still runs: it waits for it, and gets 409 if that outlasts the database's lock timeout.

An answer of 400 or more rolls back everything the view wrote, its key included, so the corrected form may keep it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from lib import clock
from lib.htmx import is_fragment, toast
from reps.models import IdempotencyKey

FIELD = "idempotency_key"
HEADER = "Idempotency-Key"
KEPT = timedelta(hours=48)
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
_NOT_PART_OF_THE_REQUEST = (FIELD, "csrfmiddlewaretoken")
# Asked of the database at once, so that no two requests can both believe that they came first.
_CLAIM = """
INSERT INTO reps_idempotencykey (user_id, key, request_hash, status, headers, body, created_at)
VALUES (%s, %s, %s, NULL, '{}', '', %s) ON CONFLICT (user_id, key) DO NOTHING RETURNING id
"""
_LOCK_NOT_AVAILABLE = "55P03"
View = Callable[..., HttpResponse]


def idempotent(view: View) -> View:
    """Answer a repeated POST from the first answer. Without a key, or before sign-in, the view runs as it is."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.POST.get(FIELD) or request.headers.get(HEADER, "")
        if request.method != "POST" or not key or not request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if not is_key(key):
            return _refuse(request, 422)
        return answer_once(
            request, key, _digest(request), lambda: view(request, *args, **kwargs), lambda status: _refuse(request, status)
        )

    return checked


def is_key(key: str) -> bool:
    """Whether a key has the form of one: 8 to 64 letters, digits, - or _."""
    return _KEY.fullmatch(key) is not None


def answer_once(
    request: HttpRequest, key: str, digest: str, view: Callable[[], HttpResponse], refuse: Callable[[int], HttpResponse]
) -> HttpResponse:
    """The view's answer, kept under the person's key, or the one kept before; `refuse` makes the answers 409 and 422.

    `digest` says what is asked: a hash of the address and the body.
    """
    try:
        with transaction.atomic():
            claimed = _claim(request, key, digest)
            if claimed:
                return _run(claimed, request, view)
            kept = IdempotencyKey.objects.get(user=request.user, key=key)  # type: ignore[misc]
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != _LOCK_NOT_AVAILABLE:
            raise
        return refuse(409)
    return _replay(kept, request) if kept.request_hash == digest else refuse(422)


def forget_old_keys() -> int:
    """Delete the keys older than 48 hours; returns how many."""
    return IdempotencyKey.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]


def _claim(request: HttpRequest, key: str, digest: str) -> int | None:
    """The id of the row that this request wrote, or None when another request has the key."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [request.user.pk, key, digest, clock.now()])
        row = cursor.fetchone()
    return row[0] if row else None


def _run(claimed: int, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    response = view()
    if not getattr(response, "is_rendered", True):
        response.render()  # type: ignore[attr-defined]
    if response.status_code >= 400 or response.streaming:
        transaction.set_rollback(response.status_code >= 400)
        return response
    IdempotencyKey.objects.filter(pk=claimed).update(
        status=response.status_code,
        headers={"headers": dict(response.items()), "messages": _messages(request)},
        body=response.content,
    )
    return response


def _messages(request: HttpRequest) -> list[list[Any]]:
    """What the view wants the next page to say: a repeated request must say it too."""
    queued = getattr(getattr(request, "_messages", None), "_queued_messages", [])
    return [[message.level, str(message.message), message.extra_tags] for message in queued]


def _replay(kept: IdempotencyKey, request: HttpRequest) -> HttpResponse:
    response = HttpResponse(bytes(kept.body), status=kept.status or 200)
    for name, value in kept.headers.get("headers", {}).items():
        response[name] = value
    for level, text, tags in kept.headers.get("messages", []):
        messages.add_message(request, level, text, extra_tags=tags)
    return response


def _digest(request: HttpRequest) -> str:
    """A hash of what is asked: path, fields and files, without the tokens that differ between two equal requests."""
    fields = {name: values for name, values in request.POST.lists() if name not in _NOT_PART_OF_THE_REQUEST}
    digest = hashlib.sha256(json.dumps([request.get_full_path(), fields], sort_keys=True).encode("utf-8", "surrogatepass"))
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            digest.update(json.dumps([name, file.name, file.size]).encode("utf-8", "surrogatepass"))
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.hexdigest()


def _refuse(request: HttpRequest, status: int) -> HttpResponse:
    """409: the first request still runs. 422: the key belongs to other contents."""
    context = {
        409: {
            "title": _("Your first click is still being saved"),
            "text": _("Wait a few seconds, then open the list and look whether it is there before you send it again."),
        },
        422: {
            "title": _("This form was sent before with other contents"),
            "text": _("What you sent first is saved, this second version is not. Open the page anew and enter the change there."),
        },
    }[status]
    if is_fragment(request):
        response = HttpResponse(status=status)
        response["HX-Reswap"] = "none"
        return toast(response, f"{context['title']}. {context['text']}", state="warn")
    return render(request, "reps/sent_twice.html", context, status=status)
