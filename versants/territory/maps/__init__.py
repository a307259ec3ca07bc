"""Our own maps, as SVG paths and names: no tiles, no script, no request to anybody."""

from versants.territory.maps.day import day_map
from versants.territory.maps.frame import Frame, Outlines, commune_paths, outline_paths
from versants.territory.maps.labels import Name, Placed, place_labels
from versants.territory.maps.parts import DayMap, Route, Stop

__all__ = [
    "DayMap",
    "Frame",
    "Name",
    "Outlines",
    "Placed",
    "Route",
    "Stop",
    "commune_paths",
    "day_map",
    "outline_paths",
    "place_labels",
]
