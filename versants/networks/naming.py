"""What a study is called where it is listed, shown and worked on."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from versants.core.models import Job
from versants.networks import words
from versants.networks.forms import MEANINGS, area_words
from versants.networks.models import StudyRun


def territory_word(run: StudyRun) -> str:
    """Its territory in the reader's language; one that asks for none keeps the name it was given."""
    return area_words().get(run.question.get("area", ""), run.name)


def limit_word(run: StudyRun) -> str:
    """Its limits: people, euros, or both; nothing where there is none."""
    number, budget = run.question.get("number"), run.question.get("budget")
    found = []
    if number == 0:
        found.append(_("nobody"))
    elif number is not None:
        found.append(ngettext("%(n)d person", "%(n)d people", number) % {"n": number})
    if budget is not None:
        found.append(_("%(amount)s a year") % {"amount": words.euros(budget)})
    return ", ".join(found)


def meaning_label(run: StudyRun) -> str:
    """What "equitable" means in it, as the question names it."""
    return str(dict(MEANINGS).get(run.question.get("meaning", ""), ""))


def about(job: Job) -> str:
    """The territory of the study a job works on; nothing where it is another house's."""
    run = StudyRun.objects.filter(uid=job.params["run"]).only("name", "question").first()
    return territory_word(run) if run else ""
