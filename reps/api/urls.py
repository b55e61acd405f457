"""Addresses of people, teams and roles below `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from reps.api import people, roles, teams

urlpatterns: list[URLPattern] = [
    path("reps/", people.Reps.as_view(), name="reps"),
    path("reps/<int:pk>/", people.RepDetail.as_view(), name="rep"),
    path("reps/<int:pk>/team/", people.RepTeam.as_view(), name="rep_team"),
    path("reps/<int:pk>/role/", people.RepRole.as_view(), name="rep_role"),
    path("reps/<int:pk>/leave/", people.RepLeave.as_view(), name="rep_leave"),
    path("teams/", teams.Teams.as_view(), name="teams"),
    path("teams/<int:pk>/", teams.TeamDetail.as_view(), name="team"),
    path("teams/<int:pk>/lead/", teams.TeamLeadView.as_view(), name="team_lead"),
    path("roles/", roles.Roles.as_view(), name="roles"),
    path("roles/<int:pk>/", roles.RoleDetail.as_view(), name="role"),
]
