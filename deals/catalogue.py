"""Changing what we sell and the steps a sale takes: audited, and never under the feet of open deals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import pgettext_lazy

from deals.models import Deal, FxRate, Pipeline, Stage
from lib.versioned import revise
from reps.audit import record
from reps.models import User

# Of each stage: name, kind, chance to win, usual days, counts as qualified. The names become the company's own, in the
# language of whoever sets it up.
Stages = tuple[tuple[Any, Any, str, int | None, bool], ...]
# The pipeline a new company starts with.
PRESET: Stages = (
    (pgettext_lazy("stage", "Prospecting"), Stage.Kind.OPEN, "0.10", 10, False),
    (pgettext_lazy("stage", "Discovery"), Stage.Kind.OPEN, "0.25", 14, True),
    (pgettext_lazy("stage", "Proposal"), Stage.Kind.PROPOSAL, "0.50", 14, True),
    (pgettext_lazy("stage", "Negotiation"), Stage.Kind.PROPOSAL, "0.70", 10, True),
    (pgettext_lazy("stage", "Agreement out"), Stage.Kind.AGREEMENT, "0.90", 7, True),
)


class StageInUse(Exception):
    """Open deals stand in the stage; `count` says how many."""

    def __init__(self, stage: Stage, count: int) -> None:
        super().__init__(stage.name)
        self.stage, self.count = stage, count


@dataclass(frozen=True)
class StageLine:
    """One line of the stages form, in the order it shall have."""

    pk: int | None
    name: str
    kind: str
    probability: Decimal
    expected_days: int | None
    is_qualified: bool


@transaction.atomic
def make_pipeline(*, name: str, by: User | None, stages: Stages = PRESET) -> Pipeline:
    """A pipeline with its stages; the first of a company is its default."""
    made = Pipeline.objects.create(name=name, is_default=not Pipeline.objects.filter(is_default=True).exists())
    for order, (label, kind, chance, days, qualified) in enumerate(stages, start=1):
        made.stages.create(
            order=order, name=str(label), kind=kind, probability=Decimal(chance), expected_days=days, is_qualified=qualified
        )
    record(actor=by, verb="pipeline.made", subject=made, facts={"stages": len(stages)})
    return made


@transaction.atomic
def save_stages(*, pipeline: Pipeline, lines: list[StageLine], by: User) -> None:
    """Write the stages of a pipeline in the order given.

    A stage left out is taken out of use; StageInUse when open deals stand in it. Past events keep pointing to it.
    """
    kept = {line.pk for line in lines if line.pk}
    Stage.objects.select_for_update().filter(pipeline=pipeline).order_by("pk").first()
    for gone in pipeline.stages.filter(is_active=True).exclude(pk__in=kept).order_by("pk"):
        count = Deal.objects.open().filter(stage=gone).count()
        if count:
            raise StageInUse(gone, count)
        pipeline.stages.filter(pk=gone.pk).update(is_active=False)
    pipeline.stages.filter(is_active=False).update(order=F("order") + 1000)
    for order, line in enumerate(lines, start=1):
        values = {
            "order": order, "name": line.name, "kind": line.kind, "probability": line.probability,
            "expected_days": line.expected_days, "is_qualified": line.is_qualified, "is_active": True,
        }  # fmt: skip
        pipeline.stages.update_or_create(pk=line.pk, defaults=values) if line.pk else pipeline.stages.create(**values)
    record(actor=by, verb="pipeline.changed", subject=pipeline, facts={"stages": len(lines)})


@transaction.atomic
def set_rate(*, currency: str, rate: Decimal, from_on: date, by: User) -> FxRate:
    """The rate of a currency from a day on: company-currency units for one of its own."""
    made = revise(FxRate, subject={"currency": currency}, start=from_on, values={"rate": rate}, actor=by)
    assert isinstance(made, FxRate)
    record(actor=by, verb="rate.set", subject=made, facts={"currency": currency, "from": from_on, "rate": str(rate)})
    return made
