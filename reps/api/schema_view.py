"""`/schema/`: what the API can do, for programs; and the answer to addresses that are none."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from django.http import Http404, HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema

from lib.api.answers import answer
from reps.api.auth import SignedIn, TokenAuthentication
from reps.api.base import ApiView, everyone


@cache
def described() -> dict[str, Any]:
    """The schema, which changes with the code alone."""
    with translation.override("en"):
        found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


@cache
def written(kind: str) -> HttpResponse:
    """The schema's text, which takes a while to write."""
    if kind == "yaml":
        return HttpResponse(OpenApiYamlRenderer().render(described()), content_type="application/yaml")
    return answer(described())


class Schema(ApiView):
    """The schema, for anybody with a token or signed in."""

    authentication_classes: ClassVar[Any] = [TokenAuthentication, SignedIn]

    @extend_schema(exclude=True)
    def get(self, request: Any, kind: str = "json") -> HttpResponse:
        """The schema as JSON or YAML."""
        kept = written(kind)
        return HttpResponse(kept.content, content_type=kept["Content-Type"])


class Nothing(ApiView):
    """Any other address below `/api/v1/`, whatever is asked of it."""

    gates: ClassVar = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), everyone)

    @extend_schema(exclude=True)
    def get(self, request: Any, rest: str = "") -> HttpResponse:
        """404."""
        raise Http404

    post = patch = delete = get
