"""A study of Kortrijk that is really planned, and the source of its report."""

import json

import pytest
from django.core.management import call_command

from tests.networks.reports import STUDY
from tests.world import make_account, make_membership
from versants.core.access.classes import Role
from versants.networks.report.source import Scenario, Source
from versants.territory.shapes import DATA
from versants_libs.coverage.staffing_plan import plan
from versants_libs.coverage.study_files import load_study
from versants_libs.coverage.territory import load_territory
from versants_libs.coverage.travel import travel_of


@pytest.fixture
def officer(world):
    """A programme officer of the Walloon house, who reads nothing about a person."""
    return make_membership(make_account("Officer Own"), world.house_be, Role.PROGRAMME_OFFICER)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mesh")
    call_command("mesh_study", *STUDY.split(), "--out", str(folder / "study.json"))
    study = load_study(folder / "study.json")
    result = plan(study, travel_of(study, folder), seconds=20)
    (folder / "r.json").write_text(json.dumps(result))
    return folder


@pytest.fixture(scope="module")
def source(files):
    study = load_study(files / "study.json")
    result = json.loads((files / "r.json").read_text())
    cases = [Scenario("=1+1", 0.5, 12.0, 900.0)]
    return Source(study, result, load_territory(DATA), travel_of(study, files), scenarios=cases)
