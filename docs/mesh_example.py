"""The study of Kortrijk, from public figures to its report: ``make mesh-example``.

Six language helpers who take simple talks only, as the Province of West Flanders tried in 2019 and 2020. Everything is
made again from the shipped data; the same data give the same files.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

OUT = Path(__file__).parent / "examples" / "kortrijk"
VERSANTS = Path(sys.executable).with_name("versants")
STUDY = ("study", "--arrondissement", "Courtrai", "--name", "Kortrijk", "--kinds", "helper", "--number", "6")
STUDY += ("--most-asked", "30", "--meaning", "sum", "--chosen-on", "2026-11-27")
NAMES = {"fr": "Courtrai", "nl": "Kortrijk"}
# What is changed for each case that is set beside the plan, and its name in both languages.
CASES = {
    "--simple low": ("peu d’entretiens pour les aides (10 %)", "weinig gesprekken voor taalhulpen (10%)"),
    "--simple high": ("beaucoup d’entretiens pour les aides (40 %)", "veel gesprekken voor taalhulpen (40%)"),
    "--border closed": ("frontière fermée", "grens gesloten"),
    "--phone-share 0.58": ("58 % par téléphone ou vidéo", "58% per telefoon of video"),
    "--phone-share 0.86": ("86 % par téléphone ou vidéo", "86% per telefoon of video"),
    "--number 20": ("vingt aides au lieu de six", "twintig taalhulpen in plaats van zes"),
    "--kinds helper,certified": ("aides ou interprètes certifiés", "taalhulpen of gecertificeerde tolken"),
}


def mesh(*words: str) -> str:
    """What one ``versants mesh`` command says; its refusal ends this one."""
    done = subprocess.run([str(VERSANTS), "mesh", *words], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def answered(folder: Path, name: str, *changes: str) -> Path:
    """The answer of a study with ``changes``."""
    study, result = folder / f"{name}.json", folder / f"{name}-answer.json"
    mesh(*STUDY, *changes, "--out", str(study))
    mesh("plan", str(study), "--seconds", "120", "--out", str(result), "--json")
    return result


def main() -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        result = answered(folder, "study")
        mesh("check", str(folder / "study.json"), str(result), "--json")
        year = folder / "year.json"
        study = str(folder / "study.json")
        year.write_text(mesh("simulate", study, str(result), "--replications", "20", "--seed", "1", "--json"))
        front, turning = folder / "front.json", folder / "turning.json"
        front.write_text(mesh("front", study, "--wider", "2", "--points", "13", "--seconds", "120", "--json"))
        turning.write_text(mesh("turning", study, str(result), "--seconds", "60", "--json"))
        cases = [answered(folder, f"case{i}", *change.split()) for i, change in enumerate(CASES)]
        for k, language in enumerate(NAMES):
            beside = [
                f"--scenario={names[k]}={case}" for names, case in zip(CASES.values(), cases, strict=True)
            ]
            out = OUT / f"report-{language}.pdf"
            mesh(
                "report", str(folder / "study.json"), str(result), "--lang", language, "--name", NAMES[language],
                "--out", str(out),
                "--simulation", str(year), "--front", str(front), "--turning", str(turning),
                "--annex", str(OUT / f"annex-{language}.xlsx"), *beside,
            )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
