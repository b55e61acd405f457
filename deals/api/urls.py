"""Addresses of the sales data below `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from deals.api import accounts, activities, deals, leads

urlpatterns: list[URLPattern] = [
    path("accounts/", accounts.Accounts.as_view(), name="accounts"),
    path("accounts/<int:pk>/", accounts.AccountDetail.as_view(), name="account"),
    path("contacts/", accounts.Contacts.as_view(), name="contacts"),
    path("contacts/<int:pk>/", accounts.ContactDetail.as_view(), name="contact"),
    path("leads/", leads.Leads.as_view(), name="leads"),
    path("leads/<int:pk>/", leads.LeadDetail.as_view(), name="lead"),
    path("leads/<int:pk>/convert/", leads.LeadConvert.as_view(), name="lead_convert"),
    path("deals/", deals.Deals.as_view(), name="deals"),
    path("deals/<int:pk>/", deals.DealDetail.as_view(), name="deal"),
    path("deals/<int:pk>/close/", deals.DealClose.as_view(), name="deal_close"),
    path("deals/<int:pk>/reopen/", deals.DealReopen.as_view(), name="deal_reopen"),
    path("activities/", activities.Activities.as_view(), name="activities"),
    path("activities/<uuid:pk>/", activities.ActivityDetail.as_view(), name="activity"),
    path("activities/<uuid:pk>/move/", activities.ActivityMove.as_view(), name="activity_move"),
]
