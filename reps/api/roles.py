"""`/roles/`: what each job lets its holder do."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.http import HttpResponse
from rest_framework import serializers

from lib.api import lists, schema
from lib.api.answers import answer, nothing
from lib.api.errors import Refusal
from lib.api.fields import Choice, Strict, Text
from lib.api.lists import Listing, Order
from reps.api.base import ApiView, Shown, admins, all_but_finance, found_or_404, once
from reps.api.forms import checked
from reps.forms.roles import RoleForm
from reps.gates import editable_or_denied
from reps.models import Capability, Role
from reps.roles import delete_role, save_role

TAG = "roles"


class RoleOut(Shown):
    """A role. Which rows its verbs reach follows from where its holder belongs, never from the role."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    capabilities = serializers.ListField(child=serializers.ChoiceField(Capability.choices))


class RoleIn(Strict):
    """A role's name, what it is for, and its verbs."""

    name = Text(max_length=80)
    purpose = Text(max_length=200, allow_blank=True, required=False)
    capabilities = serializers.ListField(child=Choice(Capability.choices), required=False, max_length=len(Capability))


ROLES = Listing(
    orders={"name": Order("sort_name", nullable=False), "id": Order("id", int)},
    usual="name",
    filters={"q": lists.text(lambda rows, words: rows.filter(name__icontains=words), "Part of the name.")},
)


class RoleView(ApiView):
    """What all addresses of roles share."""

    def rows(self) -> Any:
        """The roles the caller sees."""
        return Role.objects.visible_to(self.request.user).annotate(sort_name=Lower("name"))

    def saved(self, role: Role | None, body: dict[str, Any]) -> Role:
        """The role written as the page writes it."""
        return save_role(role=role, by=self.request.user, **checked(RoleForm(body)))


class Roles(RoleView):
    """All roles."""

    gates: ClassVar = {"GET": all_but_finance, "POST": admins}
    listing = ROLES

    @schema.shows_list(RoleOut, ROLES, TAG)
    def get(self, request: Any) -> HttpResponse:
        """List the roles."""
        return self.listed(self.rows(), RoleOut)

    @schema.creates(RoleIn, RoleOut, TAG)
    @once
    def post(self, request: Any) -> HttpResponse:
        """Make a role (admins)."""
        return answer(self.given(RoleOut, self.saved(None, self.taken(RoleIn))), status=201)


class RoleDetail(RoleView):
    """One role."""

    gates: ClassVar = {"GET": all_but_finance, "PATCH": admins, "DELETE": admins}

    @schema.shows(RoleOut, TAG)
    def get(self, request: Any, pk: int) -> HttpResponse:
        """Show a role."""
        return answer(self.given(RoleOut, found_or_404(self.rows(), pk)))

    @schema.changes(RoleIn, RoleOut, TAG)
    def patch(self, request: Any, pk: int) -> HttpResponse:
        """Change a role; it holds for everyone who has it from the next request on (admins)."""
        found = editable_or_denied(Role, request.user, pk)
        now = {"name": found.name, "purpose": found.purpose, "capabilities": found.capabilities}
        return answer(self.given(RoleOut, self.saved(found, now | self.taken(RoleIn, partial=True))))

    @schema.removes(TAG)
    def delete(self, request: Any, pk: int) -> HttpResponse:
        """Delete a role that nobody ever held (admins)."""
        found = editable_or_denied(Role, request.user, pk)
        try:
            delete_role(role=found, by=request.user)
        except ValidationError as error:
            raise Refusal(" ".join(error.messages), status=409, code="in_use") from None
        return nothing()
