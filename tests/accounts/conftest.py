import pytest


@pytest.fixture(autouse=True)
def _mail(settings, tmp_path):
    settings.MAIL_DIR = tmp_path / "mail"
