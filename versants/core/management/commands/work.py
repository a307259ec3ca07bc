"""The worker: procrastinate's own, with the sealer of the log and the retaker of jobs beside it in the same process."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from procrastinate.contrib.django import app

from versants.core.retaking import InHand, Retaker
from versants.core.sealing import Sealer


class Command(BaseCommand):
    help = "take jobs from the database and seal the log, until asked to stop"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2)
        parser.add_argument("--shutdown-graceful-timeout", type=int, default=3)

    def handle(self, *args: Any, **options: Any) -> None:
        in_hand = InHand()
        app.worker_defaults["worker_middleware"] = [
            *app.worker_defaults.get("worker_middleware", []),
            in_hand,
        ]
        beside: list[Sealer | Retaker] = [Sealer(), Retaker(in_hand)]
        for one in beside:
            one.start()
        try:
            call_command(
                "procrastinate",
                "worker",
                "--concurrency",
                str(options["concurrency"]),
                "--shutdown-graceful-timeout",
                str(options["shutdown_graceful_timeout"]),
            )
        finally:
            for one in beside:
                one.stop()
