"""GeoJSON (RFC 7946), and the style by which QGIS colours it by rank."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cmpagl.export.answer import COLOURS, LAST, Answer, Item, rank_colour
from cmpagl.files import write_text

__all__ = ["geojson", "geometry", "qgis_style", "write_geojson"]

DIGITS = 7  # behind the point of a degree: a centimetre


def geometry(item: Item) -> dict[str, Any] | None:
    """A scene's footprint: a polygon, counter-clockwise as the RFC asks, a point, or nothing."""
    corners = [[round(x, DIGITS), round(y, DIGITS)] for x, y in item.corners]
    if not corners:
        return None
    if len(corners) == 1:
        return {"type": "Point", "coordinates": corners[0]}
    turn = sum(
        a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)
    )
    ring = corners if turn > 0 else corners[::-1]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def geojson(answer: Answer) -> dict[str, Any]:
    """A feature collection; longitude and latitude on WGS 84, colours as simplestyle names them."""
    features = []
    for item in answer.items:
        colour = rank_colour(item.rank)
        style = {"stroke": colour, "stroke-width": 2, "fill": colour, "fill-opacity": 0.35}
        properties = {**item.properties(), **answer.facts(), **style}
        features.append({"type": "Feature", "geometry": geometry(item), "properties": properties})
    return {"type": "FeatureCollection", "cmpagl": answer.facts(), "features": features}


def write_geojson(answer: Answer, out: Path) -> None:
    """Write it, and beside it the style that QGIS takes by its name."""
    write_text(out, json.dumps(geojson(answer), ensure_ascii=False, indent=1) + "\n")
    if out.is_file():  # not a pipe
        write_text(out.with_suffix(".qml"), qgis_style(answer))


def qgis_style(answer: Answer) -> str:
    """A style of classes of ranks, for polygons or, where all are points, for points."""
    points = bool(answer.items) and all(len(item.corners) == 1 for item in answer.items)
    classes, low = [], 1
    for most, colour in (*COLOURS, (1_000_000_000, LAST)):
        classes.append((low, most, colour))
        low = most + 1
    ranges = "\n".join(
        f'   <range symbol="{n}" lower="{low}" upper="{most}" render="true" '
        f'label="{_label(low, most)}"/>'
        for n, (low, most, _) in enumerate(classes)
    )
    symbols = "\n".join(_symbol(n, colour, points) for n, (_, _, colour) in enumerate(classes))
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology">
 <renderer-v2 type="graduatedSymbol" attr="rank" graduatedMethod="GraduatedColor" \
symbollevels="0" enableorderby="0" forceraster="0">
  <ranges>
{ranges}
  </ranges>
  <symbols>
{symbols}
  </symbols>
 </renderer-v2>
</qgis>
"""


def _label(low: int, most: int) -> str:
    if low == most:
        return f"Rank {low}"
    return f"Rank {low} to {most}" if most < 1_000_000_000 else f"Rank {low} and more"


def _symbol(number: int, colour: str, points: bool) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    kind, layer = ("marker", "SimpleMarker") if points else ("fill", "SimpleFill")
    options = {
        "color": f"{red},{green},{blue},{200 if points else 90}",
        "outline_color": f"{red},{green},{blue},255",
        "outline_width": "0.6",
    }
    inside = "".join(
        f'<Option name="{name}" type="QString" value="{value}"/>' for name, value in options.items()
    )
    return (
        f'   <symbol type="{kind}" name="{number}" alpha="1" clip_to_extent="1">'
        f'<layer class="{layer}" enabled="1" locked="0" pass="0"><Option type="Map">{inside}'
        f"</Option></layer></symbol>"
    )
