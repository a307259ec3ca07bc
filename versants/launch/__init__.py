"""Starting, stopping and checking a Versants installation.

Nothing here needs Django at import time: the launcher has to speak clearly on a machine where
the rest does not work yet. It talks to operators on a terminal, in English.
"""
