"""Every address below `/api/v1/`, app by app. tests/authz_api.yaml says who may use each."""

from django.urls import path

from deals.api import urls as deals
from metrics.api import urls as metrics
from reps.api import urls as reps
from reps.api.schema_view import Nothing, Schema

app_name = "api"
urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("schema.yaml", Schema.as_view(), {"kind": "yaml"}, name="schema_yaml"),
    *reps.urlpatterns,
    *deals.urlpatterns,
    *metrics.urlpatterns,
    path("", Nothing.as_view(), name="root"),
    path("<path:rest>", Nothing.as_view(), name="nothing"),
]
