"""Addresses of this app, by page."""

from django.urls import URLPattern, path

from deals.views import accounts, activities, board, bulk, catalogue, deal, imports, leads, listing, log, opening, picking

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

DEALS = [
    path("deals/", listing.deals, name="list"),
    path("deals/board/", board.deals_board, name="board"),
    path("deals.csv", listing.deals_csv, name="csv"),
    path("deals/sum/", listing.deals_sum, name="sum"),
    path("deals/filters/", listing.deal_filters, name="filters"),
    path("deals/bulk/", bulk.deals_bulk, name="bulk"),
    path("deals/bulk/undo/<str:word>/", bulk.deals_bulk_undo, name="bulk_undo"),
    path("deals/new/", opening.deal_new, name="new"),
    path("deals/new/hints/", opening.deal_hints, name="hints"),
    path("deals/new/customers/", opening.customer_options, name="customer_options"),
    path("deals/reps/", picking.rep_options, name="rep_options"),
    path("deals/owners/", picking.owner_options, name="owner_options"),
    path("deals/competitors/", picking.competitor_options, name="competitor_options"),
    path("deals/<int:pk>/", deal.deal, name="detail"),
    path("deals/<int:pk>/part/", deal.deal_part, name="part"),
    path("deals/<int:pk>/timeline/", deal.deal_timeline, name="timeline"),
    path("deals/<int:pk>/stage/", deal.deal_stage, name="stage"),
    path("deals/<int:pk>/move/", board.deal_move, name="move"),
    path("deals/<int:pk>/edit/<slug:field>/", deal.deal_edit, name="edit"),
    path("deals/<int:pk>/close/", deal.deal_close, name="close"),
    path("deals/<int:pk>/reopen/", deal.deal_reopen, name="reopen"),
    path("deals/<int:pk>/undo/<int:first>/<int:last>/", deal.deal_undo, name="undo"),
]
LOG = [
    path("log/", log.log, name="log"),
    path("log/options/", log.log_options, name="log_options"),
    path("log/<uuid:pk>/", log.log_more, name="log_more"),
    path("log/<uuid:pk>/undo/", log.log_undo, name="log_undo"),
    path("activities/", activities.activities, name="activities"),
    path("activities.csv", activities.activities_csv, name="activities_csv"),
    path("activities/<uuid:pk>/outcome/", activities.activity_outcome, name="activity_outcome"),
]
IMPORT = [
    path("import/", imports.imports, name="imports"),
    path("import/options/<slug:kind>/", imports.import_options, name="import_options"),
    path("import/<int:pk>/", imports.import_batch, name="import"),
    path("import/<int:pk>/answer/", imports.import_answer, name="import_answer"),
    path("import/<int:pk>/write/", imports.import_write, name="import_write"),
    path("import/<int:pk>/discard/", imports.import_discard, name="import_discard"),
    path("import/<int:pk>/refused.csv", imports.import_errors, name="import_errors"),
]

urlpatterns: list[URLPattern] = [*DEALS, *LOG, *BOOK, *SETTINGS, *IMPORT]
