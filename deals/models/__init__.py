from deals.models.accounts import Account, Contact, Lead
from deals.models.activities import Activity, ActivityText
from deals.models.catalogue import Competitor, FxRate, Pipeline, Product, Stage
from deals.models.credits import Credit
from deals.models.imports import ImportBatch
from deals.models.pipeline import Deal, DealEvent, DealEventText

__all__ = [
    "Account",
    "Activity",
    "ActivityText",
    "Competitor",
    "Contact",
    "Credit",
    "Deal",
    "DealEvent",
    "DealEventText",
    "FxRate",
    "ImportBatch",
    "Lead",
    "Pipeline",
    "Product",
    "Stage",
]
