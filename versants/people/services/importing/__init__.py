"""Import from a team's own spreadsheet.

``reading`` turns bytes into cells, ``kinds`` says which columns a kind of import knows, ``rows`` reads values
forgivingly, ``running`` writes (or, for a preview, writes and takes back), ``undoing`` takes a whole import back,
``service`` is what pages and commands call.
"""
