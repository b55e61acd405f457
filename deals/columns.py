"""The columns of every CSV list, in order: the exports write them, the import reads them back.

Names are the fields' names in English, so that a file means the same in every language. Rows refer to others by name;
`external_id` is the number of another system or, for rows made here, a letter with our own number ("D42").
"""

from __future__ import annotations

ACCOUNT_COLUMNS = (
    "external_id", "name", "parent", "owner", "sector", "city", "phone", "website", "employees", "created_at", "extra",
)  # fmt: skip
CONTACT_COLUMNS = ("external_id", "name", "account", "title", "phone", "email", "created_at")
LEAD_COLUMNS = (
    "external_id", "name", "company_name", "owner", "state", "source", "phone", "email", "created_by", "created_at",
)  # fmt: skip
PRODUCT_COLUMNS = ("external_id", "name", "family", "list_price", "currency", "is_active")
DEAL_COLUMNS = (
    "external_id", "name", "account", "contact", "owner", "product", "deal_type", "pipeline", "stage", "stage_since",
    "qualified_on", "amount", "currency", "opened_on", "expected_close_on", "agreement_ready_on", "agreement_sent_on",
    "next_action", "next_action_on", "outcome", "outcome_reason", "competitor", "closed_on",
)  # fmt: skip
ACTIVITY_COLUMNS = (
    "external_id", "rep", "occurred_at", "ended_at", "channel", "purpose", "direction", "outcome", "is_cold", "deal_id",
    "deal", "account", "contact", "lead", "booked_at", "cancelled_at", "note",
)  # fmt: skip
