"""What both commands of the mesh leave out of their help."""

#: Options of Django's own that are of no use to whoever asks for a study.
OF_NO_USE = frozenset(
    {
        "--version",
        "--verbosity",
        "--settings",
        "--pythonpath",
        "--traceback",
        "--no-color",
        "--force-color",
    }
)
