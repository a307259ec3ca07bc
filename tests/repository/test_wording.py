"""French and Dutch as one reads them: one word for one thing, words that agree, lists that tell their entries apart."""

import re
from collections import Counter
from importlib import import_module

import pytest
from babel.messages.pofile import read_po
from django.db.models import Choices
from django.utils.translation import gettext, override

from tests.repository.files import ROOT
from versants.mobile.enums import AssignmentState, RequestState, VisitState

LISTS = ("core.models.jobs", "core.access.classes", "mobile.enums", "people.enums")
# What was written once and put right: the language, what may not come back, what stands instead.
PUT_RIGHT = (
    ("fr", r"aidants? linguistiques?", "aide linguistique"),
    ("fr", r"échanges? (simple|courant|sensible|clinique)", "entretien"),
    ("fr", r"hors service", "hors horaire"),
    ("fr", r"\bcourriel", "e-mail"),
    (
        "fr",
        r"retours? d’un compte|codes de récupération|deux facteurs",
        "récupération, codes de secours, second facteur",
    ),
    ("fr", r"(votre|une autre) maison\b", "organisme"),
    ("nl", r"taalhelper", "taalhulp"),
    ("nl", r"\b[Kk]linici\b", "klinisch hulpverleners"),
    ("nl", r"\b[Rr]eferent\b", "vaste begeleider"),
    ("nl", r"buiten dienst", "niet in dienst"),
    ("nl", r"met wachtdienst|wachtdienst hebben", "van wacht"),
    ("nl", r"\b[Aa]f(ge|te )?zeg(d|gen)\b", "annuleren"),
    ("nl", r"[Hh]aar pagina", "de pagina van de aanvraag"),
    ("nl", r"\b[Dd]e(ze)? account\b", "het account"),
    ("nl", r"postnummer", "postcode"),
    ("nl", r"(uw|eigen) huis\b", "organisatie"),
)


def told(language: str) -> list[tuple[str, str]]:
    """(where, text) of every translation and of every guide."""
    found = []
    for path in sorted((ROOT / "versants").glob(f"**/locale/{language}/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                texts = message.string if isinstance(message.string, tuple) else (message.string,)
                found += [(f"{path.relative_to(ROOT)}: {message.id}", text) for text in texts if message.id]
    guides = sorted((ROOT / "versants/core/templates/help").glob(f"*.{language}.html"))
    return found + [(path.name, path.read_text()) for path in guides]


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_what_was_put_right_does_not_come_back(language):
    texts = told(language)
    assert len(texts) > 1000
    for only, pattern, instead in PUT_RIGHT:
        if only == language:
            wrong = [(where, text) for where, text in texts if re.search(pattern, text)]
            assert wrong == [], f"write “{instead}”"


@pytest.mark.parametrize("language", ["fr", "nl"])
@pytest.mark.parametrize("module", LISTS)
def test_no_list_says_two_of_its_entries_in_the_same_words(module, language):
    lists = [
        one
        for one in vars(import_module(f"versants.{module}")).values()
        if isinstance(one, type) and issubclass(one, Choices) and len(one)
    ]
    assert lists
    with override(language):
        for one in lists:
            twice = [label for label, n in Counter(str(label) for label in one.labels).items() if n > 1]
            assert twice == [], one.__name__


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_files_that_were_opened_to_me_are_told_apart_from_all_i_may_open(language):
    with override(language):
        assert gettext("all I may open") != gettext("opened to me")


def test_states_agree_with_what_they_are_said_of():
    with override("fr"):
        requests = [
            str(RequestState[one].label) for one in ("NEW", "ACCEPTED", "CLOSED", "REFUSED", "WITHDRAWN")
        ]
        visits = [str(VisitState[one].label) for one in ("PLANNED", "DONE", "CANCELLED")]
        people = [str(AssignmentState[one].label) for one in ("ACCEPTED", "DECLINED", "RELEASED")]
    assert requests == ["nouvelle", "acceptée", "close", "refusée", "retirée"]  # une demande
    assert visits == ["planifiée", "terminée", "annulée"]  # une visite
    assert people == ["confirmé", "a refusé", "libéré"]  # beside a name


def test_a_dutch_what_if_keeps_its_verb_for_the_end():
    """It stands after “Als”, “Wat als” or “En als…”."""
    with override("nl"):
        clauses = [
            gettext("one arrives at %(at)s") % {"at": "18:00"},
            gettext("one arrives until %(at)s") % {"at": "18:00"},
            gettext("%(language)s will do") % {"language": "Engels"},
            gettext("all of it is by telephone"),
            gettext("%(name)s receives a mandate %(where)s") % {"name": "Selam", "where": "in Frankrijk"},
        ]
    assert clauses == [
        "het team om 18:00 aankomt",
        "het team tot 18:00 mag aankomen",
        "Engels ook goed is",
        "alles per telefoon gebeurt",
        "Selam een machtiging in Frankrijk krijgt",
    ]
