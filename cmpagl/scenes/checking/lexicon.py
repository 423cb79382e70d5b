"""The checker's own reading of words and phrases; it shares nothing with the caption writer.

Every entry maps a phrase to a `Token`: what part it plays and what it stands for. Phrases are
matched longest first. A word that is in none of the tables is reported, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

__all__ = ["Token", "tokenise"]


@dataclass(frozen=True)
class Token:
    """A phrase of a caption: ``role`` is its part in the sentence, ``value`` what it means.

    Roles: number, level, article, colour, shape, kind, class, ground, scene, relation, passive,
    site, pronoun, one, roof, water, have, and, with, break, haze, comma, filler, unknown.
    """

    role: str
    value: str
    phrase: str
    plural: bool = False


# Singular nouns by what they stand for; plurals are formed by `_plural`.
_OBJECTS: dict[str, str] = {
    "plane": "plane | airplane | aeroplane | aircraft | jet | airliner",
    "boat": "boat | motorboat | sailboat | yacht | rowing boat",
    "ship": "ship | cargo ship | freighter | vessel | cargo vessel",
    "car": "car | automobile | sedan",
    "truck": "truck | lorry",
    "bus": "bus | coach",
    "train": "train",
    "tractor": "tractor | farm tractor",
    "terminal": "terminal | terminal building | airport terminal",
    "station": "station building | station hall | station roof",
    "building": "building | block | office building | apartment building",
    "house": "house | home | cottage | residence | villa",
    "factory": "factory | factory building | workshop | industrial hall | factory hall",
    "church": "church | chapel | cathedral",
    "tent": "tent",
    "greenhouse": "greenhouse | glasshouse",
    "stadium": "stadium | arena",
    "football field": "football field | football pitch | soccer field | soccer pitch",
    "running track": "running track | track | athletics track",
    "baseball field": "baseball field | baseball diamond",
    "tennis court": "tennis court",
    "basketball court": "basketball court | basketball field",
    "swimming pool": "swimming pool | pool",
    "bunker": "bunker | sand bunker | sand trap",
    "umbrella": "umbrella | parasol | sunshade | beach umbrella",
    "fountain": "fountain",
    "flower bed": "flower bed | flowerbed",
    "storage tank": "storage tank | tank | oil tank",
    "container": "container | shipping container",
    "wind turbine": "wind turbine | windmill | turbine",
    "road": "road | street | lane",
    "path": "path | trail | footpath | track way",
    "highway": "highway | motorway | freeway | expressway",
    "railway": "railway | railroad | rail track | railway line | railway track",
    "runway": "runway | landing strip",
    "bridge": "bridge",
    "viaduct": "viaduct | overpass | flyover",
    "dock": "dock | pier | jetty | wharf",
    "crosswalk": "crosswalk | zebra crossing | pedestrian crossing",
    "river": "river | stream",
    "sea": "sea | ocean",
    "wave": "wave | foaming wave",
    "pond": "pond | lake",
    "island": "island | islet",
    "field": "field | crop field | plot | piece of farmland",
    "tree": "tree",
    "bush": "bush | shrub",
    "rock": "rock | boulder | stone",
    "dune": "dune | sand dune",
    "haystack": "haystack | hay bale | straw bale",
}
_IRREGULAR = {"aircraft": "aircraft", "piece of farmland": "pieces of farmland"}

_LAND_USE: dict[str, str] = {
    "airport": "airport | airfield",
    "baseball field": "ballpark | baseball ground | baseball park",
    "bareland": "bareland | piece of bareland | area of bareland | stretch of bare land",
    "beach": "beach | sandy beach | sand beach",
    "commercial": "commercial area | commercial district | business district | city centre",
    "dense residential": (
        "dense residential area | dense residential district | crowded residential area "
        "| densely built neighborhood | densely built neighbourhood"
    ),
    "desert": "desert | stretch of desert | piece of desert",
    "farmland": "farmland | area of farmland | stretch of cropland | farming area | cropland",
    "forest": "forest | dense forest | woodland | wood",
    "golf course": "golf course | part of a golf course",
    "harbor": "harbor | harbour | port | marina",
    "industrial": "industrial area | industrial zone | industrial estate | factory site",
    "intersection": "intersection | crossroads | road junction",
    "meadow": "meadow | open meadow | piece of meadow | stretch of grassland",
    "medium residential": (
        "medium residential area | medium density residential area | medium residential district "
        "| residential area of medium density"
    ),
    "mountain": "mountain | mountain area | mountainous area | mountain region",
    "park": "park | public park | city park",
    "parking": "parking lot | car park | parking area",
    "playground": "playground | sports ground | athletics ground",
    "railway station": "railway station | train station",
    "school": "school | campus | school campus",
    "snow land": "snowy area | snowfield | snow-covered area | stretch of snow land",
    "sparse residential": (
        "sparse residential area | sparse residential district "
        "| sparsely built residential area | thinly settled residential area"
    ),
    "square": "square | plaza | paved square | town square",
    "storage tanks": "tank farm | oil depot | storage tank area",
    "tennis courts": "tennis club | tennis complex | sports area",
}

_SURFACES: dict[str, str] = {
    "grass": "grass | lawn | grassland | grassy ground",
    "bare ground": "bare ground | bare land | bare earth | bare soil",
    "sand": "sand | sandy ground",
    "concrete": "concrete | concrete ground | paved ground",
    "asphalt": "asphalt | asphalt ground | tarmac",
    "snow": "snow | snowy ground | snow-covered ground",
    "rock face": "rocky ground | rocky slope | rocks of the slope",
    "": "ground",
}

# Prepositions and verbs that take the subject before them and the target after them.
_BEFORE_TARGET: dict[str, str] = {
    "on": "on",
    "in": "in | inside | within",
    "beside": "beside | next to | by | close to | near | adjacent to | at the side of",
    "far from": "far from | far away from | away from | at a distance from",
    "parallel to": (
        "parallel to | alongside | side by side with | run parallel to | runs parallel to "
        "| running parallel to | run alongside | runs alongside | running alongside "
        "| run side by side with | runs side by side with | running side by side with "
        "| follow | follows | following"
    ),
    "across": (
        "across | over | cross | crosses | crossing | span | spans | spanning | pass over "
        "| passes over | passing over | go across | goes across | going across | run across "
        "| runs across | running across"
    ),
    "along": "along | in a line along | in a row along | lined up along | line | lines | lining",
    "around": (
        "around | all around | surround | surrounds | surrounding | encircle | encircles "
        "| encircling | enclose | encloses | enclosing"
    ),
    "on both sides of": "on both sides of | on either side of | on the two sides of",
    "on one side of": "on one side of | at one side of | only on one side of",
    "in the middle of": (
        "in the middle of | in the centre of | in the center of | at the centre of "
        "| at the center of"
    ),
    "in a corner of": "in a corner of | in one corner of | at one corner of | at a corner of",
    "in rows on": "in rows on | in neat rows on | in straight lines on | in orderly rows on",
    "scattered on": (
        "scattered on | scattered over | spread irregularly over | dotted here and there on"
    ),
}
# The target stands before, the subject after.
_AFTER_TARGET: dict[str, str] = {
    "around": "surrounded by | surrounded with | encircled by | enclosed by",
    "across": "crossed by | spanned by",
    "along": "lined by | lined with",
    "on both sides of": "lined on both sides by | flanked on both sides by",
}
# The target is the thing that the sentence began with.
_NO_TARGET: dict[str, str] = {
    "on both sides of": "on both sides | on either side | on each side",
    "on one side of": "on one side | only on one side",
}

_COUNTS: dict[str, str] = {
    "1": "a | an | one | single | a single",
    "2": "two | a pair of | a couple of | 2",
    "3": "three | 3",
    "4": "four | 4",
    "5": "five | 5",
    "6": "six | 6",
    "7": "seven | 7",
    "8": "eight | 8",
    "9": "nine | 9",
    "10": "ten | 10",
}
_AMOUNTS: dict[str, str] = {
    "few": "a few",
    "some": "some | several | a number of | quite a few",
    "many": "many | lots of | a lot of | numerous | plenty of | a large number of",
}
_PLAIN: dict[str, dict[str, str]] = {
    "article": {"": "the | this | these | all | all the"},
    "pronoun": {"": "it | them"},
    "one": {"": "ones"},
    "roof": {"": "roof | roofs"},
    "water": {"": "water"},
    "have": {"": "has | have"},
    "with": {"": "with"},
    "and": {"": "and"},
    "break": {"": "while | where | together with | as well as | along with"},
    "scene": {"": "picture | image | scene | photo | area"},
    "shape": {"curved": "curved | winding | bending", "straight": "straight"},
    "haze": {"": "hazy | haze"},
    "filler": {
        "": (
            "are | is | are all | there | at | of | too | also | can be seen | can also be seen "
            "| seen | are seen | visible "
            "| are visible | can be found | lie | lies | lying | located | are located "
            "| is located | stand | stands | standing | built | are built | is built | sit "
            "| sits | sitting | run | runs | running | parked | are parked | is parked | stop "
            "| stops | stopping | stopped | are stopped | is stopped | float | floats "
            "| floating | moored | are moored | is moored | docked | are docked | is docked "
            "| grow | grows | growing | planted | are planted | is planted | drive | drives "
            "| driving | travelling | are travelling | is travelling | sail | sails | sailing "
            "| wait | waits | waiting | this is | it is | here is | here are | these are "
            "| an aerial view of | a bird view of | a top view of | a photo of "
            "| the picture shows | the image shows | the photo shows | this photo shows "
            "| we can see | we look at | you can see | one can see | in the picture are "
            "| in the picture is | seen from above is | seen from above are | consists of "
            "| contains | includes | is made up of | holds | small | little | large | big "
            "| huge | long | wide | broad | narrow | heavy | rectangular | flat | detached "
            "| oval | circular | cylindrical | round | irregular | lush | leafy | bare | tall"
        )
    },
}
_HAZE = (
    "a hazy view of | a hazy picture of | this is a hazy photo of | under a light haze "
    "| seen through haze | in hazy weather"
)
_COLOURS: dict[str, str] = {
    **{colour: colour for colour in ("white", "black", "red", "orange", "yellow", "green")},
    **{colour: colour for colour in ("blue", "brown")},
    "grey": "grey | gray",
}


def _plural(noun: str) -> str:
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "sh", "ch", "x")) else "s")


def _phrases(alternatives: str) -> list[str]:
    return [phrase.strip() for phrase in alternatives.split("|")]


@cache
def _lexicon() -> dict[tuple[str, ...], Token]:
    entries: dict[tuple[str, ...], Token] = {}

    def add(role: str, table: dict[str, str], plural: bool = False) -> None:
        for value, alternatives in table.items():
            for phrase in _phrases(alternatives):
                entries[tuple(phrase.split())] = Token(role, value, phrase, plural)

    for role, table in _PLAIN.items():
        add(role, table)
    add("haze", {"": _HAZE})
    add("number", _COUNTS)
    add("level", _AMOUNTS)
    add("colour", _COLOURS)
    for kind, alternatives in _OBJECTS.items():
        add("kind", {kind: alternatives})
        plurals = " | ".join(_plural(noun) for noun in _phrases(alternatives))
        add("kind", {kind: plurals}, plural=True)
    add("class", _LAND_USE)
    add("ground", _SURFACES)
    add("relation", _BEFORE_TARGET)
    add("passive", _AFTER_TARGET)
    add("site", _NO_TARGET)
    return entries


def tokenise(caption: str) -> list[Token]:
    """The phrases of ``caption`` in order, longest matches first."""
    words = re.findall(r"[a-z0-9]+(?:-[a-z]+)*|,", caption.lower())
    lexicon = _lexicon()
    longest = max(len(phrase) for phrase in lexicon)
    tokens: list[Token] = []
    place = 0
    while place < len(words):
        for length in range(min(longest, len(words) - place), 0, -1):
            token = lexicon.get(tuple(words[place : place + length]))
            if token is not None:
                tokens.append(token)
                place += length
                break
        else:
            tokens.append(_single(words[place]))
            place += 1
    return tokens


def _single(word: str) -> Token:
    """A comma, "white-roofed", or a word that nobody taught the checker."""
    if word == ",":
        return Token("comma", "", word)
    colour, _, rest = word.partition("-")
    known = _lexicon().get((colour,))
    if rest == "roofed" and known is not None and known.role == "colour":
        return Token("colour", known.value, word)
    return Token("unknown", "", word)
