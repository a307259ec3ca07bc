"""What the README shows is what happens."""

import re
from pathlib import Path

import versants_libs.coverage as coverage

README = Path(coverage.__file__).parent / "README.md"


def test_the_example_runs_and_says_what_it_says():
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.S).group(1)
    world = {}
    exec(code, world)
    assert world["answer"].sites == ("BE-34022", "FR-59350")
    assert world["answer"].optimal
    assert world["answer"].bound <= world["answer"].value


def test_every_function_of_the_table_is_there():
    table = README.read_text().split("## Two examples")[0]
    for name in re.findall(r"`(\w+)(?:\(|`)", table):
        assert name in coverage.__all__ or hasattr(coverage, name), name
