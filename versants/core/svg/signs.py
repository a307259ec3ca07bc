"""Drawn signs: the product's own, inlined so that they take the colour of the text and need no request.

Marks are drawn on a 16 px field and carry a state; icons are drawn on 24 px and never stand without a word.
"""

MARKS: dict[str, str] = {
    "crisis": '<path d="M8 1 15 14.5H1z" fill="currentColor"/>',
    "urgent": '<path d="M8 .8 15.2 8 8 15.2.8 8z" fill="currentColor"/>',
    "plan": '<path d="M2 2h12v12H2z" fill="none" stroke="currentColor" stroke-width="2"/>',
    "new": '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="3"/>',
    "wait": (
        '<circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="2"/><path d="M8 '
        '1.5a6.5 6.5 0 0 1 0 13z" fill="currentColor"/>'
    ),
    "ok": '<path d="M1.5 8.5 6 13 14.5 3" fill="none" stroke="currentColor" stroke-width="2.6"/>',
    "no": '<path d="M2.5 2.5l11 11m0-11-11 11" fill="none" stroke="currentColor" stroke-width="2.6"/>',
    "fixed": (
        '<path d="M3.5 7V5a4.5 4.5 0 0 1 9 0v2" fill="none" stroke="currentColor" stroke-width="2"/><path '
        'd="M1.5 7h13v8h-13z" fill="currentColor"/>'
    ),
    "move": (
        '<path d="M2 2h12v12H2z" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="3 '
        '2.6"/>'
    ),
    "warn": '<path d="M8 2v7.5M8 12.2v1.8" fill="none" stroke="currentColor" stroke-width="2.6"/>',
}

ICONS: dict[str, str] = {
    "back": '<path d="M15 5l-7 7 7 7"/>',
    "cant": '<path d="M3.5 5.5h17v15h-17zM3.5 10h17M9 12.8l6 5.4M15 12.8l-6 5.4"/>',
    "car": '<path d="M4 16.5v-4l2-5.5h12l2 5.5v4zM4 12.5h16M6.5 16.5v2.5M17.5 16.5v2.5"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 6.5V12l3.5 2.5"/>',
    "day": '<path d="M3.5 5.5h17v15h-17zM3.5 10h17M8 3v4M16 3v4"/>',
    "down": '<path d="M12 4v11M7 10.5l5 5 5-5M4.5 20h15"/>',
    "exit": '<path d="M10 3.5H4.5v17H10M9 12h11.5M16 7l5 5-5 5"/>',
    "go": '<path d="M9 5l7 7-7 7"/>',
    "help": (
        '<circle cx="12" cy="12" r="9"/><path d="M9.3 9.5a2.8 2.8 0 1 1 4 2.5c-.9.5-1.3 1-1.3 2M12 16.8v.3"/>'
    ),
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.5v.3"/>',
    "list": '<path d="M8.5 6h12M8.5 12h12M8.5 18h12M4 6h.2M4 12h.2M4 18h.2"/>',
    "lock": '<path d="M6 10.5V8a6 6 0 0 1 12 0v2.5M4 10.5h16v10H4z"/>',
    "mail": '<path d="M3 5.5h18v13H3zM3 6.5l9 7 9-7"/>',
    "nonet": (
        '<path d="M3 3l18 18M6 11.5A9 9 0 0 1 10 9.4M2.5 8A14 14 0 0 1 7 5.3M18 11.5a9 9 0 0 0-3.2-2M21.5 '
        '8a14 14 0 0 0-10-3.7M9.2 15a4.2 4.2 0 0 1 5 0"/><circle cx="12" cy="18.8" r=".8" '
        'fill="currentColor"/>'
    ),
    "ok": '<circle cx="12" cy="12" r="9"/><path d="M7.5 12.5l3 3 6-6.5"/>',
    "pen": '<path d="M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5l3.5 3.5"/>',
    "phone": (
        '<path d="M5 3.5h3.5l1.7 4.6-2.3 1.7a12 12 0 0 0 6.3 6.3l1.7-2.3 4.6 1.7V19a1.8 1.8 0 0 1-1.8 '
        '1.8C10.5 20.8 3.2 13.5 3.2 5.3A1.8 1.8 0 0 1 5 3.5z"/>'
    ),
    "pics": '<path d="M3.5 3.5h7v7h-7zM13.5 3.5h7v7h-7zM3.5 13.5h7v7h-7zM13.5 13.5h7v7h-7z"/>',
    "place": (
        '<path d="M12 21.5c4.5-5.4 6.8-9 6.8-12a6.8 6.8 0 0 0-13.6 0c0 3 2.3 6.6 6.8 12z"/><circle cx="12" '
        'cy="9.5" r="2.3"/>'
    ),
    "play": '<path d="M7 4.5v15l12.5-7.5z" fill="currentColor"/>',
    "plus": '<path d="M12 4.5v15M4.5 12h15"/>',
    "print": '<path d="M7 8V3.5h10V8M4 8h16v8.5h-3V14H7v2.5H4zM7 14h10v6.5H7z"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5 21 21"/>',
    "speech": ('<path d="M3 4h11.5v8H8.5l-3.5 3.5V12H3zM17 8.5h4v8h-2V20l-3.5-3.5H11"/>'),
    "sun": (
        '<circle cx="12" cy="12" r="4.3"/><path d="M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M4.9 4.9l1.8 '
        '1.8M17.3 17.3l1.8 1.8M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8"/>'
    ),
    "sync": (
        '<path d="M4 12a8 8 0 0 1 14-5.3L20.5 9M20.5 4v5h-5M20 12a8 8 0 0 1-14 5.3L3.5 15M3.5 20v-5h5"/>'
    ),
    "two": (
        '<circle cx="8.5" cy="8" r="3.3"/><path d="M2.5 20c0-4.2 2.7-6.8 6-6.8s6 2.6 6 6.8"/><circle '
        'cx="17" cy="9" r="2.6"/><path d="M16.5 13.6c2.9 0 5 2.2 5 5.9"/>'
    ),
    "video": '<path d="M3 6.5h12v11H3zM15 11l6-3.5v9L15 13z"/>',
    "walk": (
        '<circle cx="13" cy="4.2" r="1.8"/><path d="M12 8l-1.5 6 3.5 3v5M10.5 14L8 21.5M12 8l-4 2.5v3M12 '
        '8l3 3.5h3"/>'
    ),
    "warn": '<path d="M12 3.5 21.5 20h-19zM12 10v4.5M12 17.2v.3"/>',
}
