"""The examples of the library's README run and give what it says."""

from __future__ import annotations

import re
from pathlib import Path

import versants_libs.dispatch

README = Path(versants_libs.dispatch.__file__).with_name("README.md")


def test_readme_examples(capsys):
    names: dict = {}
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(block, names)
    assert capsys.readouterr().out.startswith("33900 {'psychologist': 'lena', 'interpreter': 'sami'}")
    outcome, answer = names["outcome"], names["answer"]
    assert outcome.plan.assignments["crisis"].people == {"psychologist": "lena", "interpreter": "sami"}
    assert outcome.plan.assignments["crisis"].start == 33900
    assert (outcome.violations, outcome.unassigned, answer.n_teams) == ((), (), 0)
    first = answer.candidates[0]
    assert (first.person, first.rule.value, first.margin, first.start) == ("lena", "travel", 1500, 9 * 3600)
    assert answer.relaxations
    assert names["spread"].cost == outcome.cost
