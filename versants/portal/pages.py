"""Who opens which page of this app (core.web.pages)."""

from versants.core.access.classes import DataClass, Role
from versants.core.web.pages import declare


def declare_all() -> None:
    """The site's link, the request it made, the public page; and the same form for accounts of centres."""
    declare(
        "ask_link ask_draft ask_follow",
        public=True,
        data_class=DataClass.LOGISTIC,
        subject="token",
        methods="GET POST",
    )
    asks = [Role.REQUESTER, Role.SITE_MANAGER]
    declare("ask", asks, data_class=DataClass.LOGISTIC, methods="GET POST")
    declare("ask_own_follow", asks, data_class=DataClass.LOGISTIC, subject="request", methods="GET POST")
    declare("home", public=True)
    declare("call_me", public=True, methods="GET POST")
    declare("call_me_sent", public=True, data_class=DataClass.LOGISTIC, subject="token", methods="GET POST")
