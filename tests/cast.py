"""The fixed cast: the same company and people in every test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from deals.models import Pipeline, Stage
from reps.models import Company, Team, User
from tests import make

PASSWORD = "correct horse battery"
# Wednesday 2026-09-16, 10:00 in Jakarta.
NOW = datetime(2026, 9, 16, 3, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Cast:
    """PT Contoh: the company team above North and South. People are users; `cast.ana.rep` is the seller.

    `vp` leads the whole company, `manager` leads North with the reps `ana` and `budi`, `south_manager` leads South with
    the rep `outsider`. Admin, finance and auditor are users without a rep.
    """

    company: Company
    whole: Team
    north: Team
    south: Team
    vp: User
    manager: User
    south_manager: User
    ana: User
    budi: User
    outsider: User
    admin: User
    finance: User
    auditor: User
    pipeline: Pipeline
    lead_in: Stage
    qualified: Stage
    proposal: Stage
    agreement: Stage

    def people(self) -> dict[str, User]:
        """Every user, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, User)}


def build() -> Cast:
    """Write the company, its people and its pipeline."""
    company, _ = Company.objects.update_or_create(
        pk=1, defaults={"name": "PT Contoh", "time_zone": "Asia/Jakarta", "currency": "IDR", "set_up_at": NOW}
    )
    whole = make.team("Company")
    north, south = make.team("North", parent=whole), make.team("South", parent=whole)
    pipeline = make.pipeline("Sales", is_default=True)
    lead_in, qualified, proposal, agreement = pipeline.stages.order_by("order")
    return Cast(
        company=company,
        whole=whole,
        north=north,
        south=south,
        vp=make.user("Vera", leads=[whole], sells=False),
        manager=make.user("Maya", leads=[north], sells=False),
        south_manager=make.user("Surya", leads=[south], sells=False),
        ana=make.user("Ana", team=north),
        budi=make.user("Budi", team=north),
        outsider=make.user("Oki", team=south),
        admin=make.user("Adi", kind=User.Kind.ADMIN),
        finance=make.user("Fitri", kind=User.Kind.FINANCE),
        auditor=make.user("Agus", kind=User.Kind.AUDITOR),
        pipeline=pipeline,
        lead_in=lead_in,
        qualified=qualified,
        proposal=proposal,
        agreement=agreement,
    )
