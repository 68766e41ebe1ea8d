"""Kernel · Enums — closed lists of states and kinds. The value is what the database stores."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may be in the programme; one person can be several."""

    FOUNDER = "founder"
    REVIEWER = "reviewer"
    COORDINATOR = "coordinator"
    MANAGER = "manager"
    EXPERT = "expert"
    SPONSOR = "sponsor"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


class TokenPurpose(StrEnum):
    """What a one-time token sent by letter is good for."""

    PASSWORD_RESET = "password_reset"  # noqa: S105
    INVITATION = "invitation"


class Stage(StrEnum):
    """How far a startup's product is."""

    CONCEPT = "concept"
    PROTOTYPE = "prototype"
    MVP_BUILD = "mvp_build"
    MVP_MARKET = "mvp_market"
    ESTABLISHED = "established"


class Sector(StrEnum):
    """The market a startup serves."""

    HEALTH = "health"
    INDUSTRY = "industry"
    FINANCE = "finance"
    LEGAL = "legal"
    EDUCATION = "education"
    RETAIL = "retail"
    MEDIA = "media"
    MOBILITY = "mobility"
    ENERGY = "energy"
    AGRICULTURE = "agriculture"
    PUBLIC = "public"
    CYBER = "cyber"
    HUMAN_RESOURCES = "human_resources"
    SOFTWARE = "software"
    OTHER = "other"


class BatchState(StrEnum):
    """Where one intake stands. Running and finished follow from its dates (rules/programmes.py)."""

    DRAFT = "draft"
    OPEN = "open"
    REVIEWING = "reviewing"
    DECIDED = "decided"


class BatchPhase(StrEnum):
    """Where one intake is at an instant: its state read with its dates. Never stored."""

    DRAFT = "draft"
    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"
    REVIEWING = "reviewing"
    DECIDED = "decided"
    RUNNING = "running"
    FINISHED = "finished"


class QuestionKind(StrEnum):
    """How a question of the application form is answered."""

    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    YES_NO = "yes_no"
    NUMBER = "number"
    URL = "url"


class ApplicationState(StrEnum):
    """One applicant's way through one batch."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ADMISSIBLE = "admissible"
    INADMISSIBLE = "inadmissible"
    WITHDRAWN = "withdrawn"
    ADMITTED = "admitted"
    WAITLISTED = "waitlisted"
    REFUSED = "refused"


class IdentifyingKind(StrEnum):
    """How a phrase in a dossier says whose it is."""

    COMPANY = "company"
    COMPANY_NUMBER = "company_number"
    PERSON = "person"
    EMAIL = "email"
    ADDRESS = "address"
    PHONE = "phone"
    BY_HAND = "by_hand"


class MaskState(StrEnum):
    """Whether reviewers see an identifying phrase."""

    MASKED = "masked"
    SHOWN = "shown"


class ScreeningGround(StrEnum):
    """Why an application is not admissible."""

    INCOMPLETE = "incomplete"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_IN_FRANCE = "not_in_france"
    NOT_A_STARTUP = "not_a_startup"
    DUPLICATE = "duplicate"
    SUPPORTED_ALREADY = "supported_already"
    OTHER = "other"


class AssignmentState(StrEnum):
    """The duty to score one application."""

    OPEN = "open"
    REVIEWED = "reviewed"
    CONFLICTED = "conflicted"
    DECLINED = "declined"


class ConflictSource(StrEnum):
    """Where a conflict of interest is known from."""

    DECLARED = "declared"
    REGISTERED = "registered"
    INFERRED = "inferred"


class InterestKind(StrEnum):
    """What ties a reviewer to an organisation or a person."""

    COMPANY = "company"
    FUND = "fund"
    BOARD = "board"
    ADVISING = "advising"
    PAST_EMPLOYER = "past_employer"
    CLOSE_PERSON = "close_person"


class TieKind(StrEnum):
    """What a person or an organisation is to a startup that names it."""

    SHAREHOLDER = "shareholder"
    BOARD = "board"
    ADVISER = "adviser"
    FORMER_EMPLOYER = "former_employer"


class GroundKind(StrEnum):
    """What a conflict of interest rests on."""

    DECLARED = "declared"
    MEMBER = "member"
    COMPANY = "company"
    INVESTOR = "investor"
    BOARD = "board"
    EMPLOYER = "employer"
    PERSON = "person"
    MAIL = "mail"
    CHAIN = "chain"


class SuspicionState(StrEnum):
    """What was decided about a conflict that was only suspected."""

    CONFIRMED = "confirmed"
    IGNORED = "ignored"


class InvitationState(StrEnum):
    """What a person said to being asked to sit on a committee."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Outcome(StrEnum):
    """What the committee decides for one application."""

    ADMIT = "admit"
    WAITLIST = "waitlist"
    REFUSE = "refuse"


class MeetingStage(StrEnum):
    """Where one dossier stands in a meeting. Follows from its row (rules/meeting.py), never stored."""

    WAITING = "waiting"
    CALLED = "called"
    VOTING = "voting"
    VOTED = "voted"
    CONCLUDED = "concluded"


class Ballot(StrEnum):
    """What a member votes on one dossier."""

    IN_FAVOUR = "in_favour"
    AGAINST = "against"
    ABSTAIN = "abstain"


class Conclusion(StrEnum):
    """What a meeting concludes on one dossier; all but the last prepare the choice."""

    ADMIT = "admit"
    WAITLIST = "waitlist"
    REFUSE = "refuse"
    LATER = "later"


class PortfolioRuleKind(StrEnum):
    """What one portfolio rule asks of a cohort."""

    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    MUST = "must"
    MUST_NOT = "must_not"
    TOGETHER = "together"
    APART = "apart"


class OfferState(StrEnum):
    """Our promise of a place to an applicant."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    RESCINDED = "rescinded"


class PostingKind(StrEnum):
    """What moved credits."""

    FUND = "fund"
    ALLOCATE = "allocate"
    GRANT = "grant"
    CONSUME = "consume"
    EXPIRE = "expire"
    RETURN = "return"
    REVERSE = "reverse"


class LedgerAccount(StrEnum):
    """The accounts of the credit ledger; every posting sums to zero over them."""

    SPONSOR = "sponsor"
    POOL = "pool"
    ALLOCATION = "allocation"
    GRANT = "grant"
    CONSUMED = "consumed"
    EXPIRED = "expired"


class NotCovered(StrEnum):
    """Why credits never pay a line of a cost export."""

    MARKETPLACE = "marketplace"
    NOT_ELIGIBLE = "not_eligible"
    SUPPORT = "support"
    TAX = "tax"
    PROVIDER_CREDIT = "provider_credit"


class VenueKind(StrEnum):
    """What sort of place a workshop is held at."""

    EXPERIENCES_LAB = "experiences_lab"
    STATION_F = "station_f"
    INCUBATOR = "incubator"


class WorkshopLevel(StrEnum):
    """How much a workshop expects its participants to know."""

    DISCOVERY = "discovery"
    PRACTICE = "practice"
    EXPERT = "expert"


class WorkshopSessionState(StrEnum):
    """Where a dated occurrence of a workshop stands. Full follows from the seats taken."""

    DRAFT = "draft"
    PUBLISHED = "published"
    HELD = "held"
    CANCELLED = "cancelled"


class BookingState(StrEnum):
    """A seat promised, or a place in the queue for one."""

    BOOKED = "booked"
    WAITING = "waiting"
    CANCELLED = "cancelled"


class EvidenceKind(StrEnum):
    """The fact that makes a startup count towards the target."""

    BATCH_MEMBER = "batch_member"
    WORKSHOP_ATTENDED = "workshop_attended"


class LetterState(StrEnum):
    """Where a letter in the outbox stands."""

    DRAFT = "draft"
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DISCARDED = "discarded"


class FeedbackState(StrEnum):
    """Where the feedback to one startup that was not selected stands."""

    MISSING = "missing"
    SAVED = "saved"
    READY = "ready"


class TaskState(StrEnum):
    """Where a piece of background work stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
