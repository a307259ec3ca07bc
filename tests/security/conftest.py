from tests.imports.conftest import house  # noqa: F401 - a fixture
