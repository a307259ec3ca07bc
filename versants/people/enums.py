"""Words of the field that are lists, with the sentence a reader sees."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class OrganisationKind(TextChoices):
    AUTHORITY = "authority", _("public authority")
    ASSOCIATION = "association", _("association")
    CARE = "care", _("care organisation")
    INTERPRETING = "interpreting", _("interpreting service")
    HOST = "host", _("reception network")


class TeamKind(TextChoices):
    INTEGRAPSY = "integrapsy", _("mobile team")
    DESK = "desk", _("interpreting desk")
    HOST = "host", _("centre")
    PROGRAMME = "programme", _("programme")


class Status(TextChoices):
    EMPLOYEE = "employee", _("employee")
    SELF_EMPLOYED = "self_employed", _("self-employed")
    VOLUNTEER = "volunteer", _("volunteer")


class Discipline(TextChoices):
    """What someone is trained for; a slot asks for one of these."""

    PSYCHOLOGIST = "psychologist", _("psychologist")
    NURSE = "nurse", _("nurse")
    PSYCHOMOTRICIAN = "psychomotrician", _("psychomotor therapist")
    SOCIAL_WORKER = "social_worker", _("social worker")
    MEDIATOR = "mediator", _("intercultural mediator")
    LAWYER = "lawyer", _("legal specialist")
    AMBASSADOR = "ambassador", _("integration ambassador")
    INTERPRETER = "interpreter", _("interpreter")


CARE_DISCIPLINES = frozenset(
    {
        Discipline.PSYCHOLOGIST,
        Discipline.NURSE,
        Discipline.PSYCHOMOTRICIAN,
        Discipline.SOCIAL_WORKER,
        Discipline.MEDIATOR,
        Discipline.LAWYER,
    }
)
CLINICAL_DISCIPLINES = frozenset({Discipline.PSYCHOLOGIST, Discipline.NURSE, Discipline.PSYCHOMOTRICIAN})


class InterpreterKind(TextChoices):
    SWORN = "sworn", _("sworn interpreter")
    CERTIFIED = "certified", _("certified social interpreter")
    HELPER = "helper", _("language helper")


class Complexity(IntegerChoices):
    """How hard a talk is to interpret. Helpers take simple, pre-structured talks only (West Flanders study 2020)."""

    SIMPLE = 1, _("simple, prepared talk")
    EVERYDAY = 2, _("everyday talk")
    SENSITIVE = 3, _("sensitive talk")
    CLINICAL = 4, _("clinical or crisis talk")


class Level(IntegerChoices):
    """CEFR levels; native speakers are 7."""

    A1 = 1, "A1"
    A2 = 2, "A2"
    B1 = 3, "B1"
    B2 = 4, "B2"
    C1 = 5, "C1"
    C2 = 6, "C2"
    NATIVE = 7, _("mother tongue")


class Gender(TextChoices):
    WOMAN = "woman", _("woman")
    MAN = "man", _("man")
    OTHER = "other", _("other or not said")


class AbsenceKind(TextChoices):
    LEAVE = "leave", _("leave")
    ILL = "ill", _("ill")
    TRAINING = "training", _("training")
    MEETING = "meeting", _("meeting")
    WRITING = "writing", _("writing time")
    SUPERVISION = "supervision", _("supervision")
    OTHER = "other", _("other")


class AgeGroup(TextChoices):
    """Coarse on purpose: the birth date is identity."""

    CHILD = "child", _("child")
    MINOR = "minor", _("minor, 12 to 17")
    ADULT = "adult", _("adult")
    UNKNOWN = "unknown", _("not known")


# A person in one phrase, each a whole one: neither French nor Dutch says "woman, child" of a girl.
DESCRIBED = {
    (Gender.WOMAN, AgeGroup.CHILD): _("girl under 12"),
    (Gender.WOMAN, AgeGroup.MINOR): _("girl, 12 to 17"),
    (Gender.WOMAN, AgeGroup.ADULT): _("woman"),
    (Gender.WOMAN, AgeGroup.UNKNOWN): _("girl or woman, age not known"),
    (Gender.MAN, AgeGroup.CHILD): _("boy under 12"),
    (Gender.MAN, AgeGroup.MINOR): _("boy, 12 to 17"),
    (Gender.MAN, AgeGroup.ADULT): _("man"),
    (Gender.MAN, AgeGroup.UNKNOWN): _("boy or man, age not known"),
    (Gender.OTHER, AgeGroup.CHILD): _("child under 12"),
    (Gender.OTHER, AgeGroup.MINOR): _("young person, 12 to 17"),
    (Gender.OTHER, AgeGroup.ADULT): _("adult"),
    (Gender.OTHER, AgeGroup.UNKNOWN): _("person of unknown age"),
}


class Purpose(TextChoices):
    """What a consent is for; one purpose per entry."""

    FOLLOW_UP = "follow_up", _("follow-up by the team")
    CROSS_BORDER = "cross_border", _("sharing with the team of another versant")
    EVALUATION = "evaluation", _("evaluation of the programme")
    PHOTO = "photo", _("photographs")


class ConsentMode(TextChoices):
    ORAL = "oral", _("by word of mouth")
    WRITTEN = "written", _("in writing")
    INTERPRETED = "interpreted", _("by word of mouth, through an interpreter")
