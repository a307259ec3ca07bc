"""The product's settings with what measuring needs: an address of bare views, a count of queries when asked for."""

from versants.config.settings import *  # noqa: F403
from versants.config.settings import MIDDLEWARE as _MIDDLEWARE

ROOT_URLCONF = "bench.webpages"
MIDDLEWARE = ["bench.webpages.Counting", *_MIDDLEWARE]
