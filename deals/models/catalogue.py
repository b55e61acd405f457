"""What we sell and the steps a sale takes."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from lib.money import CURRENCIES
from lib.versioned import Versioned, no_overlap


class Product(models.Model):
    """Something sold, with its list price."""

    name = models.CharField(_("name"), max_length=120)
    family = models.CharField(_("family"), max_length=80, blank=True)
    list_price = models.DecimalField(_("list price"), max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, choices=[(code, code) for code in CURRENCIES])
    is_active = models.BooleanField(_("on sale"), default=True)
    external_id = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"), name="product_name_unique", violation_error_message=_("There is a product of this name already.")
            ),
            models.CheckConstraint(condition=Q(list_price=None) | Q(list_price__gte=0), name="product_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class Pipeline(models.Model):
    """An ordered set of stages; most companies have one."""

    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_default", Lower("name"), "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"), name="pipeline_name_unique", violation_error_message=_("There is a pipeline of this name already.")
            ),
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_pipeline"),
        ]

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """A step of a pipeline. Won and lost are outcomes of a deal, not stages."""

    class Kind(models.TextChoices):
        OPEN = "open", _("Working")
        PROPOSAL = "proposal", _("Proposal is out: ask for the agreement date")
        AGREEMENT = "agreement", _("Agreement is out")

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="stages")
    order = models.PositiveSmallIntegerField(_("order"))
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.OPEN)
    # A fraction: 0.25 means one in four deals that reach this stage is won.
    probability = models.DecimalField(
        _("chance to win"),
        max_digits=5,
        decimal_places=4,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    expected_days = models.PositiveSmallIntegerField(_("usual days"), null=True, blank=True)
    is_qualified = models.BooleanField(_("counts as qualified"), default=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["pipeline", "order"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pipeline", "order"], name="stage_order_unique", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint("pipeline", Lower("name"), name="stage_name_unique_in_pipeline"),
            models.CheckConstraint(condition=Q(probability__range=(0, 1)), name="stage_probability_is_a_share"),
        ]

    def __str__(self) -> str:
        return self.name


class Competitor(models.Model):
    """Somebody deals are lost to."""

    name = models.CharField(_("name"), max_length=80)

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"),
                name="competitor_name_unique",
                violation_error_message=_("There is a competitor of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class FxRate(Versioned):
    """Base units (company currency) per one unit of `currency`, from `valid`'s first day on (DOMAIN §1)."""

    SUBJECT = ("currency",)
    currency = models.CharField(_("currency"), max_length=3, choices=[(code, code) for code in CURRENCIES])
    rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=10)

    class Meta:
        constraints: ClassVar = [
            no_overlap("one_rate_at_a_time", "currency"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="fx_rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.rate}"
