"""Products, stages, competitors and rates: an admin's settings."""

from datetime import date
from decimal import Decimal

import pytest

from deals.catalogue import StageInUse, StageLine, make_pipeline, save_stages, set_rate
from deals.changes import close_deal, open_deal
from deals.models import Credit, FxRate, Product, Stage
from reps.models import AuditEntry
from tests import make

pytestmark = pytest.mark.django_db
KEY = "k-0123456789abcdef0123456789abcdef"


def _lines(pipeline) -> list[StageLine]:
    return [
        StageLine(stage.pk, stage.name, stage.kind, stage.probability, stage.expected_days, stage.is_qualified)
        for stage in pipeline.stages.filter(is_active=True)
    ]


def test_a_price_is_read_as_people_write_it(cast, signed_in) -> None:
    client = signed_in(cast.admin)
    client.post(
        "/settings/products/new/",
        {"idempotency_key": KEY, "name": "Gudang", "currency": "IDR", "list_price": "48 jt", "is_active": "on"},
    )
    assert Product.objects.get().list_price == Decimal(48_000_000)
    response = client.post(
        "/settings/products/new/",
        {"idempotency_key": KEY + "2", "name": "Pusat", "currency": "USD", "list_price": "60.000", "is_active": "on"},
    )
    assert "60,000" in response.content.decode()
    assert Product.objects.count() == 1


def test_a_pipeline_starts_with_five_stages(cast) -> None:
    made = make_pipeline(name="Renewals", by=cast.admin)
    assert [stage.name for stage in made.stages.all()] == ["Prospecting", "Discovery", "Proposal", "Negotiation", "Agreement out"]
    assert not made.is_default


def test_stages_are_reordered_renamed_and_added_in_one_save(cast) -> None:
    pipeline = make_pipeline(name="Renewals", by=cast.admin)
    first, second, *rest = _lines(pipeline)
    added = StageLine(None, "Pilot", "open", Decimal("0.4"), 20, True)
    save_stages(pipeline=pipeline, lines=[second, first, added, *rest], by=cast.admin)
    names = [stage.name for stage in pipeline.stages.filter(is_active=True)]
    assert names == ["Discovery", "Prospecting", "Pilot", "Proposal", "Negotiation", "Agreement out"]


def test_a_stage_with_open_deals_stays(cast) -> None:
    make.deal(owner=cast.ana, stage=cast.proposal)
    lines = [line for line in _lines(cast.pipeline) if line.pk != cast.proposal.pk]
    with pytest.raises(StageInUse) as refused:
        save_stages(pipeline=cast.pipeline, lines=lines, by=cast.admin)
    assert (refused.value.stage, refused.value.count) == (cast.proposal, 1)
    cast.proposal.refresh_from_db()
    assert cast.proposal.is_active


def test_an_empty_stage_goes_out_of_use_and_its_place_is_free(cast) -> None:
    lines = [line for line in _lines(cast.pipeline) if line.pk != cast.proposal.pk]
    save_stages(pipeline=cast.pipeline, lines=lines, by=cast.admin)
    save_stages(
        pipeline=cast.pipeline, lines=[*lines, StageLine(None, "Offer", "proposal", Decimal("0.5"), 14, True)], by=cast.admin
    )
    assert [s.name for s in cast.pipeline.stages.filter(is_active=True)][-1] == "Offer"


def test_the_stages_form_saves_what_it_shows(cast, signed_in) -> None:
    client = signed_in(cast.admin)
    url = f"/settings/stages/{cast.pipeline.pk}/"
    forms = client.get(url).context["forms"]
    body = {f"form-{name}": value for name, value in forms.management_form.initial.items()}
    for index, form in enumerate(forms.initial_forms):
        line = {**form.initial, "ORDER": index + 1}
        body |= {f"form-{index}-{key}": "" if value is None else value for key, value in line.items() if value is not False}
    assert [body[f"form-{index}-chance"] for index in range(4)] == ["10", "30", "50", "80"]
    # A browser sends the first choice of each list, in the empty lines too.
    body |= {
        f"{form.prefix}-{name}": "" for form in forms.extra_forms for name in ("pk", "ORDER", "name", "chance", "expected_days")
    }
    body |= {f"{form.prefix}-kind": Stage.Kind.values[0] for form in forms.extra_forms}
    assert len(forms.extra_forms) == 2
    body["form-0-name"] = "First talk"
    assert client.post(url, body).status_code == 302
    assert cast.pipeline.stages.filter(is_active=True).count() == len(forms.initial_forms)
    cast.lead_in.refresh_from_db()
    assert cast.lead_in.name == "First talk"
    body["form-1-name"] = "first TALK"
    assert "same name" in client.post(url, body).content.decode()


def test_a_rate_holds_from_its_day_and_history_is_kept(cast) -> None:
    set_rate(currency="USD", rate=Decimal(16_000), from_on=date(2026, 9, 1), by=cast.admin)
    set_rate(currency="USD", rate=Decimal(16_400), from_on=date(2026, 9, 10), by=cast.admin)
    rates = {day: FxRate.objects.on(date(2026, 9, day)).get(currency="USD").rate for day in (9, 10)}
    assert rates == {9: Decimal(16_000), 10: Decimal(16_400)}
    assert AuditEntry.objects.filter(verb="rate.set").count() == 2


def test_a_win_that_waited_for_a_rate_is_counted_once_it_is_there(cast, signed_in) -> None:
    deal = open_deal(
        by=None,
        owner=cast.ana.rep,
        name="Export",
        stage=cast.qualified,
        amount=Decimal(1000),
        currency="USD",
        opened_on=date(2026, 9, 1),
    )
    close_deal(deal_id=deal.pk, version=deal.version, outcome="won", on=date(2026, 9, 15), by=None)
    assert Credit.objects.current().get().base_amount is None
    response = signed_in(cast.admin).post(
        "/settings/rates/", {"idempotency_key": KEY, "currency": "USD", "rate": "16000", "from_on": "2026-09-01"}
    )
    assert response.status_code == 302
    assert Credit.objects.current().get().base_amount == Decimal(16_000_000)


def test_the_companys_own_currency_has_no_rate(cast, signed_in) -> None:
    body = {"idempotency_key": KEY, "currency": "IDR", "rate": "2", "from_on": "2026-09-01"}
    assert "always 1" in signed_in(cast.admin).post("/settings/rates/", body).content.decode()
    assert not FxRate.objects.exists()


def test_a_rupiah_amount_has_no_fraction(cast, signed_in) -> None:
    body = {"idempotency_key": KEY, "name": "Kasir", "currency": "IDR", "list_price": "1.5", "is_active": "on"}
    response = signed_in(cast.admin).post("/settings/products/new/", body)
    assert response.status_code == 422
    assert "no cents" in response.content.decode()
    assert not Product.objects.exists()


def test_an_agreement_does_not_go_out_before_its_deal_is_opened(cast, signed_in) -> None:
    deal = make.deal(owner=cast.ana, stage=cast.agreement, opened_on=date(2026, 9, 10))
    body = {"version": deal.version, "day": "2026-09-09"}
    response = signed_in(cast.ana).post(f"/deals/{deal.pk}/edit/sent/", body)
    assert response.status_code == 422
    deal.refresh_from_db()
    assert deal.agreement_sent_on is None
