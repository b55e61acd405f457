"""A form sent twice creates once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
import time_machine
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template import Context, Template
from django.test import RequestFactory

from lib.htmx import say
from reps.idempotency import forget_old_keys, idempotent
from reps.models import IdempotencyKey, Rep, User
from tests import make

KEY = "k" * 24


def add_rep(request: HttpRequest) -> HttpResponse:
    """What the views of these tests do: one row for each call, and an answer that differs each time."""
    made = Rep.objects.create(name=request.POST["name"])
    return HttpResponseRedirect(f"/people/{made.pk}/")


def post(user: User, key: str = KEY, *, view: Callable[..., HttpResponse] | None = None, **data: Any) -> HttpResponse:
    """Send the form as `user`."""
    fields = {"name": "Dewi", **({"idempotency_key": key} if key else {}), **data}
    request = RequestFactory().post("/people/new/", fields)
    return (view or idempotent(add_rep))(prepared(request, user))


def prepared(request: HttpRequest, user: User) -> HttpRequest:
    request.user = user
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


@pytest.fixture
def user(db: None) -> User:
    return make.user("Adi", kind=User.Kind.ADMIN)


def test_the_second_post_gets_the_first_answer_and_writes_nothing(user: User) -> None:
    first, second = post(user), post(user)
    assert (second.status_code, second["Location"]) == (302, first["Location"])
    assert Rep.objects.filter(name="Dewi").count() == 1


def test_a_fresh_key_creates_again(user: User) -> None:
    post(user)
    post(user, "another-key-1")
    assert Rep.objects.filter(name="Dewi").count() == 2


def test_the_same_key_with_another_body_is_refused_with_422(user: User, signed_in: Any) -> None:
    post(user)
    answer = post(user, name="Eko")
    assert answer.status_code == 422
    assert b"sent before with other contents" in answer.content
    assert list(Rep.objects.values_list("name", flat=True)) == ["Dewi"]


def test_another_file_is_another_body(user: User) -> None:
    post(user, file=SimpleUploadedFile("days.csv", b"one"))
    assert post(user, file=SimpleUploadedFile("days.csv", b"one")).status_code == 302
    assert post(user, file=SimpleUploadedFile("days.csv", b"two")).status_code == 422
    assert Rep.objects.filter(name="Dewi").count() == 1


def test_the_view_reads_an_uploaded_file_from_its_start(user: User) -> None:
    seen: list[bytes] = []

    def read(request: HttpRequest) -> HttpResponse:
        seen.append(request.FILES["file"].read())  # type: ignore[union-attr]
        return HttpResponse("read")

    post(user, view=idempotent(read), file=SimpleUploadedFile("days.csv", b"2026-01-01"))
    assert seen == [b"2026-01-01"]


def test_the_csrf_token_is_no_part_of_the_body(user: User) -> None:
    post(user, csrfmiddlewaretoken="one")
    assert post(user, csrfmiddlewaretoken="two").status_code == 302


def test_keys_of_two_people_never_meet(user: User) -> None:
    other = make.user("Bima", kind=User.Kind.ADMIN)
    assert post(user)["Location"] != post(other)["Location"]


def test_an_answer_of_400_or_more_leaves_no_key_and_no_row(user: User) -> None:
    def refuse(request: HttpRequest) -> HttpResponse:
        add_rep(request)
        return HttpResponse("Give a phone number.", status=422)

    assert post(user, view=idempotent(refuse)).status_code == 422
    assert (IdempotencyKey.objects.count(), Rep.objects.count()) == (0, 0)
    assert post(user).status_code == 302


def test_a_view_that_raises_leaves_no_key_and_no_row(user: User) -> None:
    def vanish(request: HttpRequest) -> HttpResponse:
        add_rep(request)
        raise Http404

    with pytest.raises(Http404):
        post(user, view=idempotent(vanish))
    assert (IdempotencyKey.objects.count(), Rep.objects.count()) == (0, 0)


def test_the_toast_of_the_first_answer_is_said_again(user: User) -> None:
    def told(request: HttpRequest) -> HttpResponse:
        say(request, "Dewi is added.")
        return add_rep(request)

    post(user, view=idempotent(told))
    request = prepared(RequestFactory().post("/people/new/", {"name": "Dewi", "idempotency_key": KEY}), user)
    idempotent(told)(request)
    assert [str(message) for message in request._messages] == ["Dewi is added."]  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", ["short", "x" * 65, "no blanks here", "nul\0nul\0nul"])
def test_a_key_of_another_shape_is_refused(user: User, key: str) -> None:
    assert post(user, key).status_code == 422
    assert Rep.objects.count() == 0


def test_without_a_key_each_post_is_its_own(user: User) -> None:
    post(user, "")
    post(user, "")
    assert Rep.objects.filter(name="Dewi").count() == 2


def test_a_streamed_answer_is_given_and_not_kept(user: User) -> None:
    def stream(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(["a"])

    assert post(user, view=idempotent(stream)).status_code == 200  # type: ignore[arg-type]


def test_keys_are_kept_for_48_hours(user: User) -> None:
    post(user)
    with time_machine.travel("2026-09-18T02:59:00Z", tick=False):
        assert forget_old_keys() == 0
    with time_machine.travel("2026-09-18T03:01:00Z", tick=False):
        assert forget_old_keys() == 1


def test_the_tag_writes_a_new_key_each_time() -> None:
    template = Template("{% load idempotency %}{% idempotency %}")
    first, second = template.render(Context()), template.render(Context())
    assert first.startswith('<input type="hidden" name="idempotency_key" value="')
    assert first != second


# Threads, each with a connection of its own.


def together(count: int, job: Callable[[], HttpResponse]) -> list[HttpResponse]:
    """Run the job in that many threads at once."""
    gate = Barrier(count)

    def run(_: int) -> HttpResponse:
        try:
            gate.wait()
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_sixteen_at_once_with_one_key_write_one_row_and_get_one_answer() -> None:
    user = make.user("Adi", kind=User.Kind.ADMIN)
    answers = together(16, lambda: post(user))
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, f"/people/{Rep.objects.get().pk}/")}


@pytest.mark.django_db(transaction=True)
def test_control_without_the_decorator_sixteen_write_sixteen() -> None:
    user = make.user("Adi", kind=User.Kind.ADMIN)
    together(16, lambda: post(user, view=add_rep))
    assert Rep.objects.count() == 16


def run_beside_a_slow_one(second: Callable[[User], HttpResponse], *, release_first: bool) -> tuple[HttpResponse, HttpResponse]:
    """Start a first request that stays inside its view until it is let go; send the second meanwhile."""
    user, inside, go = make.user("Adi", kind=User.Kind.ADMIN), Event(), Event()

    def slow(request: HttpRequest) -> HttpResponse:
        response = add_rep(request)
        inside.set()
        go.wait(10)
        return response

    def in_thread(job: Callable[[], HttpResponse]) -> HttpResponse:
        try:
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(in_thread, lambda: post(user, view=idempotent(slow)))
        inside.wait(10)
        later = pool.submit(in_thread, lambda: second(user))
        if release_first:
            go.set()
        answer = later.result(20)
        go.set()
        return first.result(20), answer


@pytest.mark.django_db(transaction=True)
def test_a_request_that_meets_one_in_flight_waits_and_gets_its_answer() -> None:
    first, second = run_beside_a_slow_one(lambda user: post(user), release_first=True)
    assert second["Location"] == first["Location"]
    assert Rep.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_request_that_waits_too_long_gets_409() -> None:
    def impatient(user: User) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        return post(user)

    _, second = run_beside_a_slow_one(impatient, release_first=False)
    assert second.status_code == 409
    assert b"still being saved" in second.content
    assert Rep.objects.count() == 1
