"""Who opens which page of this app (core.web.pages)."""

from versants.core.access.classes import DataClass
from versants.core.web.pages import declare


def declare_all() -> None:
    """Pages without an account: the site's link, the request it made, the public page."""
    declare("ask_link ask_draft ask_follow", public=True, data_class=DataClass.LOGISTIC, subject="token", methods="GET POST")
    declare("home", public=True)
    declare("call_me", public=True, methods="GET POST")
