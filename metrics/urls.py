"""Addresses of this app."""

from django.urls import URLPattern, path

from metrics.views import explain, leaderboard, nights, numbers, quota_tools, quotas, rep_quota, reports

app_name = "metrics"
urlpatterns: list[URLPattern] = [
    path("numbers/", numbers.numbers, name="numbers"),
    path("numbers/table.csv", numbers.table_csv, name="table_csv"),
    path("numbers/scopes/", numbers.scope_options, name="scopes"),
    path("numbers/figures/", numbers.figures, name="figures"),
    path("numbers/reps/<int:pk>/", numbers.rep_panel, name="rep_panel"),
    path("numbers/explain/", explain.explain, name="explain"),
    path("numbers/explain/rows/", explain.explain_rows, name="explain_rows"),
    path("numbers/explain/rows.csv", explain.explain_csv, name="explain_csv"),
    path("numbers/definitions/", explain.definitions, name="definitions"),
    path("leaderboard/", leaderboard.board, name="leaderboard"),
    path("leaderboard/board.csv", leaderboard.board_csv, name="leaderboard_csv"),
    path("reports/activity/", reports.activity_page, name="activity_report"),
    path("reports/activity/lines.csv", reports.activity_csv, name="activity_report_csv"),
    path("reports/quota/", reports.quota_page, name="quota_report"),
    path("reports/quota/lines.csv", reports.quota_csv, name="quota_report_csv"),
    path("settings/nights/", nights.nights, name="nights"),
    path("settings/nights/<str:day>/run/", nights.run_again, name="night_run"),
    path("quotas/", quotas.quotas_page, name="quotas"),
    path("quotas/check/", quotas.quotas_check, name="quotas_check"),
    path("quotas/reps/<int:pk>/", rep_quota.rep_target, name="rep_target"),
    path("quotas/reps/<int:pk>/leave/", rep_quota.leave_effect, name="leave_effect"),
    path("quotas/undo/<str:word>/", quotas.quotas_undo, name="quotas_undo"),
    path("quotas/paste/", quota_tools.quota_paste, name="quota_paste"),
    path("quotas/fill/", quota_tools.quota_fill_row, name="quota_fill"),
    path("quotas/history/", quota_tools.quota_history_of, name="quota_history"),
    path("quotas/teams/", quota_tools.quota_teams, name="quota_teams"),
    path("quotas/grid.csv", quota_tools.quotas_csv, name="quotas_csv"),
]
