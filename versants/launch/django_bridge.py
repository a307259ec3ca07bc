"""Management commands answered in this process, with the product's exits instead of Django's."""

from __future__ import annotations

import os

from versants.launch.commands import Command
from versants.launch.errors import EXIT_DONE, SurroundingsError


def call(command: Command, arguments: list[str]) -> int:
    """Run the management command behind ``command``.

    Errors travel to the caller; bad arguments raise SystemExit(2) after argparse's own sentence. A
    command answers "no" with ``SystemExit(1)``.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "versants.config.settings")
    import django
    from django.core.management import execute_from_command_line, get_commands, load_command_class

    if command.name == "manage":
        execute_from_command_line(["versants manage", *arguments])
        return EXIT_DONE
    django.setup()
    known = get_commands()
    name, said = command.django or command.name.replace("-", "_"), command.name
    if arguments and f"{name}_{arguments[0].replace('-', '_')}" in known:  # `demo logins` is demo_logins
        name, said = f"{name}_{arguments[0].replace('-', '_')}", f"{said} {arguments[0]}"
        arguments = arguments[1:]
    if name not in known:
        raise SurroundingsError(f"“{command.name}” is not part of this version.", code="command.missing")
    runner = load_command_class(known[name], name)
    runner._called_from_command_line = True  # argparse then speaks for itself and exits 2
    parser = runner.create_parser("versants", said)
    options = vars(parser.parse_args(arguments))
    positional = options.pop("args", ())
    runner.execute(*positional, **options)
    return EXIT_DONE
