"""What each address of the API does before and around its own work: token, throttle, scope, gate, idempotency."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar

from django.db.models import Value
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from lib.api.answers import answer
from lib.api.bodies import StrictJSON
from lib.api.errors import Refusal, TooMany, handle, invalid
from lib.api.fields import Strict
from lib.api.lists import Listing, refuse_unknown
from reps import api_tokens
from reps.access import Viewer, viewer_of
from reps.api.auth import TokenAuthentication
from reps.gates import editable_or_denied
from reps.idempotency import HEADER, answer_once, is_key
from reps.models import User

Gate = Callable[[Viewer], bool]
Method = Callable[..., HttpResponse]
_SAFE = {"GET", "HEAD"}


def everyone(viewer: Viewer) -> bool:
    """Anybody with a token."""
    return True


def all_but_finance(viewer: Viewer) -> bool:
    """Colleagues, whom the org tree and the roles are open to."""
    return viewer.kind != "finance"


def sales(viewer: Viewer) -> bool:
    """Reps and managers, and those who read everything."""
    return viewer.rep_id is not None or viewer.reads_everything


def admins(viewer: Viewer) -> bool:
    """Who configures the company."""
    return viewer.kind == "admin"


def may(capability: str) -> Gate:
    """Reps and managers who hold the verb."""
    return lambda viewer: viewer.rep_id is not None and viewer.may(capability)


class ApiView(APIView):
    """An address of the API. `gates` says who may use each method at all; which rows they reach is `visible_to`."""

    authentication_classes: ClassVar[Any] = [TokenAuthentication]
    parser_classes: ClassVar[Any] = [StrictJSON]
    renderer_classes: ClassVar[Any] = [JSONRenderer]
    http_method_names: ClassVar[Any] = ["get", "head", "post", "patch", "delete"]
    gates: ClassVar[Mapping[str, Gate]] = {"GET": everyone}
    listing: ClassVar[Listing | None] = None
    # Query parameters of a GET that is no list.
    parameters: ClassVar[tuple[str, ...]] = ()

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Refuse, in this order: no token, too many requests, a read-only token, the wrong person, unknown parameters."""
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), "application/json"
        if not request.user.is_authenticated:
            raise exceptions.NotAuthenticated
        token = request.auth
        if token is not None and (wait := api_tokens.wait_s(token)):
            raise TooMany(wait)
        method = "GET" if request.method in _SAFE else request.method
        if not hasattr(self, method.lower()) or method.lower() not in self.http_method_names:
            raise exceptions.MethodNotAllowed(request.method)
        if method != "GET" and (token is None or not token.writes):
            raise Refusal(_("This token only reads. Make one that may change things."), status=403, code="read_only_token")
        if not self.gates[method](viewer_of(request.user)):
            raise Refusal(_("This is not open to you."), status=403, code="forbidden")
        if method != "GET" or self.listing is None:
            refuse_unknown(request.GET, self.parameters if method == "GET" else ())

    def get_exception_handler(self) -> Any:
        """Every refusal in one shape."""
        return handle

    def finalize_response(self, request: Any, response: HttpResponseBase, *args: Any, **kwargs: Any) -> Any:
        """An answer differs by token, and by the language its messages are in."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Vary"] = "Authorization, Accept-Language"
        response["Cache-Control"] = "no-store"
        return response

    def taken(self, kind: type[Strict], *, partial: bool = False, forbidden: frozenset[str] = frozenset()) -> dict[str, Any]:
        """The body as its serializer reads it. A change must change something."""
        body = kind(data=self.request.data, partial=partial, forbidden=forbidden)
        body.is_valid(raise_exception=True)
        if partial and not set(body.validated_data) - {"version", "why", "effective_on"}:
            raise Refusal(_("Nothing to change was sent."), code="invalid")
        return dict(body.validated_data)

    def listed(self, rows: Any, kind: type[serializers.Serializer[Any]], listing: Listing | None = None) -> HttpResponse:
        """The page of rows that was asked for."""
        page, following = (listing or self.listing).page(self.request, rows)  # type: ignore[union-attr]
        return answer({"results": self.given(kind, page.rows, many=True), "next": following})

    def given(self, kind: type[serializers.Serializer[Any]], found: Any, *, many: bool = False) -> Any:
        """A row or rows as the API shows them to this caller."""
        user = self.request.user
        seen = _seen(getattr(kind, "guarded", {}), found if many else [found], user)
        return kind(found, many=many, context={"viewer": viewer_of(user), "seen": seen}).data


class Shown(serializers.Serializer[Any]):
    """How a row is shown. What the caller may not see is left out; `hideable` names what that can be.

    `guarded` names the references to rows that the caller may not see, with their model.
    """

    hideable: ClassVar[tuple[str, ...]] = ()
    guarded: ClassVar[Mapping[str, Any]] = {}

    def hidden(self, row: Any, viewer: Viewer) -> tuple[str, ...]:
        """Fields of this row that the caller may not see."""
        return ()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The fields that the caller may see."""
        shown = super().to_representation(instance)
        for name in self.hidden(instance, self.context["viewer"]):
            del shown[name]
        return shown


def _seen(guarded: Mapping[str, Any], rows: list[Any], user: User) -> dict[str, set[int]]:
    """By reference, the ids to which these rows point and which the caller sees; one query for all of them."""
    seen: dict[str, set[int]] = {name: set() for name in guarded}
    asked = []
    for name, model in guarded.items():
        ids = {getattr(row, f"{name}_id") for row in rows} - {None}
        if ids:
            visible = model.objects.visible_to(user).filter(pk__in=ids).order_by()
            asked.append(visible.annotate(reference=Value(name)).values_list("reference", "pk"))
    for name, pk in asked[0].union(*asked[1:], all=True) if asked else ():
        seen[name].add(pk)
    return seen


def once(method: Method) -> Method:
    """A POST that is sent twice with one `Idempotency-Key` is done once (TRUST 25), each token having keys of its own."""

    @wraps(method)
    def post(view: ApiView, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get(HEADER)
        if key is None:
            return method(view, request, *args, **kwargs)
        if not is_key(key):
            raise invalid({HEADER: [_("Send 8 to 64 letters, digits, - or _.")]})
        _read_whole(request)
        own = hashlib.sha256(f"{request.auth.pk} {key}".encode()).hexdigest()
        asked = hashlib.sha256(
            b"\0".join([request.get_full_path().encode("utf-8", "replace"), request._request.body])
        ).hexdigest()
        return answer_once(request._request, own, asked, lambda: method(view, request, *args, **kwargs), _refuse_repeated)

    return post


def _read_whole(request: Any) -> None:
    """Have the body read and found sound before it is compared."""
    _ = request.data


def _refuse_repeated(status: int) -> HttpResponse:
    if status == 409:
        raise Refusal(_("The first request with this key still runs. Ask again in a few seconds."), status=409, code="in_flight")
    raise Refusal(_("This key came with another body before. Send a fresh one."), status=422, code="key_reused")


def found_or_404(rows: Any, pk: Any) -> Any:
    """The row among those the caller sees; 404, alike for what is hidden and what is not there."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def locked(model: Any, user: Any, pk: Any, *related: str) -> Any:
    """`editable_or_denied`, the row locked until the transaction ends, so that of two changes at once none undoes the other."""
    editable_or_denied(model, user, pk)
    return model.objects.editable_by(user).select_for_update(of=("self",)).select_related(*related).get(pk=pk)


def chosen(rows: Any, pk: int | None, name: str) -> Any:
    """The row that a body's field names, among those that the caller may choose; 400 for another. None for null."""
    if pk is None:
        return None
    row = rows.filter(pk=pk).first()
    if row is None:
        raise invalid({name: [_("There is nothing of this id that you may choose.")]})
    return row


def company_of(request: Any) -> Any:
    """The company, read when first asked for."""
    return request._request.company


def person(request: Any) -> User:
    """The token's owner."""
    return request.user
