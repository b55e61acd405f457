"""Addresses of this app, by page."""

from django.urls import URLPattern, path

from deals.views import accounts, catalogue, leads

app_name = "deals"

BOOK = [
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts.csv", accounts.accounts_csv, name="accounts_csv"),
    path("accounts/new/", accounts.account_new, name="account_new"),
    path("accounts/options/", accounts.account_options, name="account_options"),
    path("accounts/<int:pk>/", accounts.account, name="account"),
    path("accounts/<int:pk>/edit/", accounts.account_edit, name="account_edit"),
    path("contacts/", accounts.contacts, name="contacts"),
    path("contacts.csv", accounts.contacts_csv, name="contacts_csv"),
    path("contacts/new/", accounts.contact_new, name="contact_new"),
    path("contacts/<int:pk>/edit/", accounts.contact_edit, name="contact_edit"),
    path("leads/", leads.leads, name="leads"),
    path("leads.csv", leads.leads_csv, name="leads_csv"),
    path("leads/new/", leads.lead_new, name="lead_new"),
    path("leads/<int:pk>/", leads.lead, name="lead"),
    path("leads/<int:pk>/edit/", leads.lead_edit, name="lead_edit"),
    path("leads/<int:pk>/take/", leads.lead_take, name="lead_take"),
    path("leads/<int:pk>/give/", leads.lead_give, name="lead_give"),
    path("leads/<int:pk>/state/", leads.lead_state, name="lead_state"),
    path("leads/<int:pk>/convert/", leads.lead_convert, name="lead_convert"),
]
SETTINGS = [
    path("settings/products/", catalogue.products, name="products"),
    path("settings/products.csv", catalogue.products_csv, name="products_csv"),
    path("settings/products/new/", catalogue.product_new, name="product_new"),
    path("settings/products/<int:pk>/", catalogue.product_edit, name="product_edit"),
    path("settings/stages/", catalogue.pipelines, name="pipelines"),
    path("settings/stages/<int:pk>/", catalogue.pipeline, name="pipeline"),
    path("settings/competitors/", catalogue.competitors, name="competitors"),
    path("settings/competitors/<int:pk>/", catalogue.competitor_edit, name="competitor_edit"),
    path("settings/rates/", catalogue.rates, name="rates"),
]

urlpatterns: list[URLPattern] = [*BOOK, *SETTINGS]
