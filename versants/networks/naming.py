"""What a study is called where it is listed, shown and worked on."""

from __future__ import annotations

from versants.core.models import Job
from versants.networks.forms import area_words
from versants.networks.models import StudyRun


def territory_word(run: StudyRun) -> str:
    """Its territory in the reader's language; one that asks for none keeps the name it was given."""
    return area_words().get(run.question.get("area", ""), run.name)


def about(job: Job) -> str:
    """The territory of the study a job works on; nothing where it is another house's."""
    run = StudyRun.objects.filter(uid=job.params["run"]).only("name", "question").first()
    return territory_word(run) if run else ""
