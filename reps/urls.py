"""Addresses of this app."""

from django.urls import path

from reps.views import account, acts, audit, calendars, company, people, roles, second_factor, signin, signins, teams

app_name = "reps"
urlpatterns = [
    # Coming in
    path("welcome/<str:secret>/", signin.welcome, name="welcome"),
    path("new-address/<str:secret>/", signin.confirm_address, name="confirm_address"),
    path("preferences/", signin.preferences, name="preferences"),
    # My own
    path("me/", account.account, name="account"),
    path("me/access/", account.my_access, name="my_access"),
    path("me/changes/", account.my_trail, name="my_trail"),
    path("me/second-factor/", second_factor.second_factor, name="second_factor"),
    path("me/second-factor/codes/", second_factor.renew_codes, name="second_factor_codes"),
    path("me/second-factor/off/", second_factor.switch_off, name="second_factor_off"),
    path("me/confirm/", second_factor.confirm, name="confirm"),
    path("me/sessions/end/", account.sign_out_there, name="sign_out_there"),
    path("me/sessions/end-others/", account.sign_out_elsewhere, name="sign_out_elsewhere"),
    # People
    path("people/", people.people_list, name="people"),
    path("people/csv/", people.people_csv, name="people_csv"),
    path("people/new/", people.rep_new, name="rep_new"),
    path("people/invite/", people.invite, name="invite"),
    path("people/invitations/", people.invitations_list, name="invitations"),
    path("people/<int:pk>/", people.rep, name="rep"),
    path("people/<int:pk>/edit/", people.rep_edit, name="rep_edit"),
    path("people/<int:pk>/team/", acts.place, name="place"),
    path("people/<int:pk>/role/", acts.give_role, name="give_role"),
    path("people/<int:pk>/leave/", acts.leave, name="leave"),
    path("people/<int:pk>/back/", acts.come_back, name="come_back"),
    path("people/<int:pk>/invite/", acts.invite_rep, name="invite_rep"),
    # Teams
    path("teams/", teams.teams, name="teams"),
    path("teams/new/", teams.team_new, name="team_new"),
    path("teams/<int:pk>/", teams.team, name="team"),
    path("teams/<int:pk>/edit/", teams.team_edit, name="team_edit"),
    path("teams/<int:pk>/move/", teams.team_move, name="team_move"),
    path("teams/<int:pk>/lead/", teams.team_lead, name="team_lead"),
    path("teams/<int:pk>/members/", teams.team_members, name="team_members"),
    # Roles
    path("roles/", roles.roles, name="roles"),
    path("roles/new/", roles.role_new, name="role_new"),
    path("roles/preset/<slug:key>/", roles.role_from_preset, name="role_from_preset"),
    path("roles/<int:pk>/", roles.role, name="role"),
    path("roles/<int:pk>/edit/", roles.role_edit, name="role_edit"),
    path("roles/<int:pk>/delete/", roles.role_delete, name="role_delete"),
    # Settings
    path("settings/", company.settings, name="settings"),
    path("settings/company/", company.company, name="company"),
    path("settings/zones/", company.zones, name="zones"),
    path("settings/calendars/", calendars.calendars, name="calendars"),
    path("settings/calendars/<int:pk>/", calendars.calendar, name="calendar"),
    path("settings/calendars/<int:pk>/edit/", calendars.calendar_edit, name="calendar_edit"),
    path("settings/calendars/<int:pk>/delete/", calendars.calendar_delete, name="calendar_delete"),
    path("settings/calendars/<int:pk>/day/", calendars.day_put, name="day_put"),
    path("settings/calendars/<int:pk>/day/remove/", calendars.day_remove, name="day_remove"),
    path("settings/calendars/<int:pk>/load/<slug:key>/", calendars.load_shipped, name="load_shipped"),
    path("settings/calendars/<int:pk>/upload/", calendars.upload, name="upload_days"),
    path("settings/signins/", signins.signins, name="signins"),
    path("settings/signins/<int:pk>/", signins.signin, name="signin"),
    path("settings/signins/<int:pk>/address/", signins.address, name="signin_address"),
    path("settings/signins/<int:pk>/kind/", signins.kind, name="signin_kind"),
    path("settings/signins/<int:pk>/link/", signins.link, name="signin_link"),
    path("settings/signins/<int:pk>/unlink/", signins.unlink, name="signin_unlink"),
    path("settings/signins/<int:pk>/end/", signins.end, name="signin_end"),
    path("settings/signins/<int:pk>/allow/", signins.allow, name="signin_allow"),
    path("settings/signins/<int:pk>/sign-out/", signins.sign_out, name="signin_sign_out"),
    path("settings/signins/<int:pk>/second-factor/", signins.reset_second_factor, name="signin_second_factor"),
    path("settings/signins/<int:pk>/invite-again/", signins.invite_again, name="invite_again"),
    path("settings/signins/<int:pk>/revoke/", signins.revoke, name="revoke"),
    path("settings/audit/", audit.audit_list, name="audit"),
    path("settings/audit/csv/", audit.audit_csv, name="audit_csv"),
]
