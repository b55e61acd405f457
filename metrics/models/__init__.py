from metrics.models.nights import MetricRevision, NightRun
from metrics.models.quotas import EffectiveQuota, Quota
from metrics.models.rollups import RepDay, RepPeriod

__all__ = ["EffectiveQuota", "MetricRevision", "NightRun", "Quota", "RepDay", "RepPeriod"]
