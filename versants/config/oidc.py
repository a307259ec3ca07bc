"""Partners' sign-in by OpenID Connect, read from a file of mode 0600: its secrets are no environment variables.

A JSON list of ``{"id", "name", "server", "client_id", "secret", "domains": [], "mfa": {"amr": [], "acr": []}}``.
``server`` is the issuer; ``domains`` are those of the addresses it speaks for, as no partner says who somebody of another
house is; ``mfa`` names what counts as a second factor shown there, and may be left out: then ours is asked.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_NEEDED = {"id", "name", "server", "client_id", "secret", "domains"}


def read(path: str) -> list[dict[str, Any]]:
    """The providers of the file; none without a file. Raises ImproperlyConfigured: what is wrong with it."""
    if not path:
        return []
    file = Path(path)
    try:
        if file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            raise ImproperlyConfigured(f"{file}: others may read it; it holds secrets, so its mode is 0600")
        found = json.loads(file.read_text())
    except (OSError, ValueError) as exc:
        raise ImproperlyConfigured(f"{file}: cannot be read as JSON") from exc
    for one in found:
        if not isinstance(one, dict) or _NEEDED - set(one):
            raise ImproperlyConfigured(f"{file}: each provider has {', '.join(sorted(_NEEDED))}")
        if not isinstance(one["domains"], list) or not all(_is_domain(each) for each in one["domains"]):
            raise ImproperlyConfigured(f'{file}: {one["id"]}: domains is a list such as ["house.example"]')
        address = urlsplit(one["server"])
        if address.scheme != "https" and address.hostname not in {"localhost", "127.0.0.1"}:
            raise ImproperlyConfigured(f"{file}: {one['id']}: the server is reached by https")
    return list(found)


def _is_domain(said: Any) -> bool:
    return isinstance(said, str) and "." in said and not set(said) & set("@*/ ")


def speaks_for(domains: list[str], address: str) -> bool:
    """Is this an address of one of the domains? A domain under one of them is another one."""
    return address.rpartition("@")[2].lower() in {one.lower() for one in domains}


def apps(providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same, as allauth wants it."""
    return [
        {
            "provider_id": one["id"],
            "name": one["name"],
            "client_id": one["client_id"],
            "secret": one["secret"],
            "settings": {
                "server_url": one["server"],
                "mfa": one.get("mfa", {}),
                "domains": one["domains"],
            },
        }
        for one in providers
    ]


def origins(providers: list[dict[str, Any]]) -> list[str]:
    """Where a form may lead: the browser follows its redirect to the partner."""
    return sorted(
        {f"{part.scheme}://{part.netloc}" for part in (urlsplit(one["server"]) for one in providers)}
    )
