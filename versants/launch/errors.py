"""Errors of the launcher: one sentence for a person, one exit code for a script."""

EXIT_DONE = 0
EXIT_NO = 1
EXIT_BAD_INPUT = 2
EXIT_SURROUNDINGS = 3
EXIT_INTERRUPTED = 130


class LaunchError(Exception):
    """Something a person can act on; ``str(error)`` is the whole sentence they read."""

    exit_code = EXIT_SURROUNDINGS

    def __init__(self, sentence: str, *, code: str = "launch.failed") -> None:
        super().__init__(sentence)
        self.code = code


class SurroundingsError(LaunchError):
    """The machine refuses: port, database, disk, version, permissions. Exit 3."""


class InputError(LaunchError):
    """The caller asked for something that does not exist or cannot be read. Exit 2."""

    exit_code = EXIT_BAD_INPUT
