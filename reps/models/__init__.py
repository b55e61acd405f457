from reps.models.audit import AuditDetail, AuditEntry, AuditHead
from reps.models.company import Company, Holiday, HolidayCalendar
from reps.models.leave import Leave
from reps.models.mail import Mail
from reps.models.people import Invitation, Rep, SignInAttempt, User
from reps.models.requests import IdempotencyKey
from reps.models.roles import Capability, Role, RoleAssignment
from reps.models.sessions import Session
from reps.models.teams import Team, TeamLead, TeamMembership
from reps.models.tokens import ApiToken, ApiUse

__all__ = [
    "ApiToken",
    "ApiUse",
    "AuditDetail",
    "AuditEntry",
    "AuditHead",
    "Capability",
    "Company",
    "Holiday",
    "HolidayCalendar",
    "IdempotencyKey",
    "Invitation",
    "Leave",
    "Mail",
    "Rep",
    "Role",
    "RoleAssignment",
    "Session",
    "SignInAttempt",
    "Team",
    "TeamLead",
    "TeamMembership",
    "User",
]
