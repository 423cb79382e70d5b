"""What the caption writer says: names, verbs and turns of phrase for the words of the vocabulary.

Tables only; `captions.py` puts sentences together from them. The checker reads captions with a
lexicon of its own and must never import this module. An entry that stands twice is said twice as
often.
"""

from __future__ import annotations

__all__ = [
    "ADJECTIVES",
    "AT_CLASS",
    "CLASS_NAMES",
    "CLASS_OPENINGS",
    "CONTAINS",
    "FAMILIES",
    "GROUND_NAMES",
    "HAZY",
    "HAZY_OPENINGS",
    "INVERSE",
    "LEVELS",
    "MOVING",
    "NOUNS",
    "NUMBERS",
    "PREPOSITIONS",
    "PRONOUN_PLACES",
    "ROOFED",
    "SCENE_NAMES",
    "SEE_OPENINGS",
    "SHAPE_WORDS",
    "TRANSITIVE",
    "VERBS",
    "WATERS",
]

# kind -> (singular, plural)
NOUNS: dict[str, tuple[tuple[str, str], ...]] = {
    "plane": (
        *(("plane", "planes"), ("plane", "planes"), ("airplane", "airplanes")),
        *(("aircraft", "aircraft"), ("aeroplane", "aeroplanes")),
    ),
    "boat": (("boat", "boats"), ("boat", "boats"), ("motorboat", "motorboats")),
    "ship": (("ship", "ships"), ("cargo ship", "cargo ships"), ("freighter", "freighters")),
    "car": (("car", "cars"),),
    "truck": (("truck", "trucks"), ("lorry", "lorries")),
    "bus": (("bus", "buses"), ("bus", "buses"), ("coach", "coaches")),
    "train": (("train", "trains"),),
    "tractor": (("tractor", "tractors"), ("farm tractor", "farm tractors")),
    "terminal": (("terminal", "terminals"), ("terminal building", "terminal buildings")),
    "station": (("station building", "station buildings"), ("station hall", "station halls")),
    "building": (("building", "buildings"), ("building", "buildings"), ("block", "blocks")),
    "house": (("house", "houses"), ("house", "houses"), ("home", "homes")),
    "factory": (
        *(("factory building", "factory buildings"), ("factory", "factories")),
        *(("workshop", "workshops"), ("industrial hall", "industrial halls")),
    ),
    "church": (("church", "churches"),),
    "tent": (("tent", "tents"),),
    "greenhouse": (("greenhouse", "greenhouses"), ("glasshouse", "glasshouses")),
    "stadium": (("stadium", "stadiums"),),
    "football field": (
        *(("football field", "football fields"), ("football pitch", "football pitches")),
        *(("soccer field", "soccer fields"), ("soccer pitch", "soccer pitches")),
    ),
    "running track": (("running track", "running tracks"), ("track", "tracks")),
    "baseball field": (
        *(("baseball field", "baseball fields"), ("baseball diamond", "baseball diamonds")),
    ),
    "tennis court": (("tennis court", "tennis courts"),),
    "basketball court": (
        *(("basketball court", "basketball courts"), ("basketball field", "basketball fields")),
    ),
    "swimming pool": (("swimming pool", "swimming pools"), ("pool", "pools")),
    "bunker": (("bunker", "bunkers"), ("sand bunker", "sand bunkers"), ("sand trap", "sand traps")),
    "umbrella": (("umbrella", "umbrellas"), ("parasol", "parasols"), ("sunshade", "sunshades")),
    "fountain": (("fountain", "fountains"), ("round fountain", "round fountains")),
    "flower bed": (("flower bed", "flower beds"), ("flowerbed", "flowerbeds")),
    "storage tank": (
        *(("storage tank", "storage tanks"), ("storage tank", "storage tanks"), ("tank", "tanks")),
        *(("oil tank", "oil tanks"), ("round tank", "round tanks")),
    ),
    "container": (("container", "containers"), ("shipping container", "shipping containers")),
    "wind turbine": (("wind turbine", "wind turbines"), ("windmill", "windmills")),
    "road": (("road", "roads"), ("road", "roads"), ("street", "streets")),
    "path": (("path", "paths"), ("trail", "trails"), ("footpath", "footpaths")),
    "highway": (("highway", "highways"), ("motorway", "motorways"), ("freeway", "freeways")),
    "railway": (
        *(("railway", "railways"), ("rail track", "rail tracks")),
        *(("railway line", "railway lines"), ("railroad", "railroads")),
    ),
    "runway": (("runway", "runways"),),
    "bridge": (("bridge", "bridges"),),
    "viaduct": (("viaduct", "viaducts"), ("overpass", "overpasses"), ("flyover", "flyovers")),
    "dock": (("dock", "docks"), ("pier", "piers"), ("jetty", "jetties"), ("wharf", "wharfs")),
    "crosswalk": (
        *(("crosswalk", "crosswalks"), ("zebra crossing", "zebra crossings")),
        ("pedestrian crossing", "pedestrian crossings"),
    ),
    "river": (("river", "rivers"),),
    "sea": (("sea", "seas"), ("ocean", "oceans")),
    "wave": (("wave", "waves"), ("foaming wave", "foaming waves")),
    "pond": (("pond", "ponds"), ("pond", "ponds"), ("lake", "lakes")),
    "island": (("island", "islands"), ("islet", "islets")),
    "field": (
        *(("field", "fields"), ("crop field", "crop fields"), ("plot", "plots")),
        ("piece of farmland", "pieces of farmland"),
    ),
    "tree": (("tree", "trees"),),
    "bush": (("bush", "bushes"), ("shrub", "shrubs")),
    "rock": (("rock", "rocks"), ("boulder", "boulders"), ("stone", "stones")),
    "dune": (("dune", "dunes"), ("sand dune", "sand dunes")),
    "haystack": (
        ("haystack", "haystacks"),
        ("hay bale", "hay bales"),
        ("straw bale", "straw bales"),
    ),
}

# Words that go before the colour and claim nothing that the vocabulary measures.
ADJECTIVES: dict[str, tuple[str, ...]] = {
    "boat": ("small",),
    "ship": ("large", "long", "big"),
    "car": ("small",),
    "truck": ("long", "heavy"),
    "bus": ("long",),
    "train": ("long",),
    "terminal": ("long", "large"),
    "station": ("long", "large"),
    "building": ("large", "rectangular", "flat"),
    "house": ("small", "detached"),
    "factory": ("large", "wide", "huge"),
    "stadium": ("large", "oval", "huge"),
    "storage tank": ("circular", "cylindrical", "large"),
    "runway": ("long", "straight", "wide"),
    "bridge": ("long", "straight"),
    "highway": ("wide", "broad"),
    "dock": ("narrow", "long"),
    "path": ("narrow", "little"),
    "island": ("small", "little"),
    "pond": ("irregular",),
    "tree": ("lush", "leafy"),
    "rock": ("big", "bare"),
    "river": ("wide", "long"),
    "running track": ("oval",),
    "field": ("rectangular", "flat"),
    "wind turbine": ("tall",),
}

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
LEVELS: dict[str, tuple[str, ...]] = {
    "many": ("many", "many", "lots of", "a lot of", "numerous", "plenty of", "a large number of"),
    "some": ("some", "some", "several", "a number of", "quite a few"),
}

ROOFED = frozenset({"building", "house", "factory", "church", "station", "terminal"})
WATERS = frozenset({"river", "pond", "sea"})
SHAPE_WORDS: dict[str, tuple[str, ...]] = {
    "curved": ("curved", "winding", "bending"),
    "straight": ("straight",),
}

_BAND = (
    *("road", "path", "highway", "railway", "runway", "bridge", "viaduct", "dock"),
    *("crosswalk", "river", "sea", "wave"),
)
_BUILT = (
    *("terminal", "station", "building", "house", "factory", "church", "greenhouse", "stadium"),
)
FAMILIES: dict[str, str] = {
    **dict.fromkeys(_BAND, "band"),
    **dict.fromkeys(_BUILT, "built"),
    **dict.fromkeys(("car", "truck", "bus", "tractor"), "vehicle"),
    **dict.fromkeys(("boat", "ship"), "vessel"),
    **dict.fromkeys(("tree", "bush"), "plant"),
    "plane": "plane",
    "train": "train",
}

# family -> (plural, singular, participle) of being somewhere; "" is every other family
VERBS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "": (
        ("are", "is", ""),
        ("are", "is", ""),
        ("lie", "lies", "lying"),
        ("are located", "is located", "located"),
        ("can be seen", "can be seen", "seen"),
    ),
    "built": (
        ("are", "is", ""),
        ("stand", "stands", "standing"),
        ("are located", "is located", "located"),
        ("are built", "is built", "built"),
        ("sit", "sits", "sitting"),
    ),
    "band": (("are", "is", ""), ("lie", "lies", "lying"), ("run", "runs", "running")),
    "vehicle": (
        ("are", "is", ""),
        ("are parked", "is parked", "parked"),
        ("stop", "stops", "stopping"),
        ("stand", "stands", "standing"),
        ("are stopped", "is stopped", "stopped"),
    ),
    "vessel": (
        ("are", "is", ""),
        ("float", "floats", "floating"),
        ("lie", "lies", "lying"),
        ("are moored", "is moored", "moored"),
        ("are docked", "is docked", "docked"),
    ),
    "plant": (
        ("are", "is", ""),
        ("grow", "grows", "growing"),
        ("stand", "stands", "standing"),
        ("are planted", "is planted", "planted"),
    ),
    "plane": (
        ("are", "is", ""),
        ("are parked", "is parked", "parked"),
        ("stand", "stands", "standing"),
        ("are stopped", "is stopped", "stopped"),
    ),
    "train": (("are", "is", ""), ("stop", "stops", "stopping"), ("stand", "stands", "standing")),
}
# The same for what is on a road, a railway or in the water.
MOVING: dict[str, tuple[tuple[str, str, str], ...]] = {
    "vehicle": (
        ("are", "is", ""),
        ("run", "runs", "running"),
        ("drive", "drives", "driving"),
        ("are travelling", "is travelling", "travelling"),
    ),
    "train": (("are", "is", ""), ("run", "runs", "running"), ("wait", "waits", "waiting")),
    "vessel": (("are", "is", ""), ("float", "floats", "floating"), ("sail", "sails", "sailing")),
}

# predicate -> what may stand between the verb and the target
PREPOSITIONS: dict[str, tuple[str, ...]] = {
    "on": ("on",),
    "in": ("in", "in", "inside"),
    "beside": ("beside", "next to", "by", "close to", "near", "adjacent to", "at the side of"),
    "far from": ("far from", "away from", "far away from", "at a distance from"),
    "parallel to": ("parallel to", "alongside", "side by side with"),
    "across": ("across", "over"),
    "along": ("along", "in a line along", "in a row along"),
    "around": ("around", "all around"),
    "on both sides of": ("on both sides of", "on either side of", "on the two sides of"),
    "on one side of": ("on one side of", "at one side of", "only on one side of"),
    "in the middle of": ("in the middle of", "in the centre of", "at the center of"),
    "in a corner of": ("in a corner of", "in one corner of", "at one corner of"),
    "in rows on": ("in rows on", "in neat rows on", "in straight lines on", "in orderly rows on"),
    "scattered on": (
        *("scattered on", "scattered over", "spread irregularly over", "dotted here and there on"),
    ),
}
# predicate -> verbs that take the target as their object
TRANSITIVE: dict[str, tuple[tuple[str, str, str], ...]] = {
    "across": (
        ("cross", "crosses", "crossing"),
        ("go across", "goes across", "going across"),
        ("pass over", "passes over", "passing over"),
        ("span", "spans", "spanning"),
        ("run across", "runs across", "running across"),
    ),
    "parallel to": (
        ("run parallel to", "runs parallel to", "running parallel to"),
        ("run alongside", "runs alongside", "running alongside"),
        ("run side by side with", "runs side by side with", "running side by side with"),
        ("follow", "follows", "following"),
    ),
    "around": (
        ("surround", "surrounds", "surrounding"),
        ("encircle", "encircles", "encircling"),
        ("enclose", "encloses", "enclosing"),
    ),
    "along": (("line", "lines", "lining"),),
}
# predicate -> what the target "is", with the subject after it
INVERSE: dict[str, tuple[str, ...]] = {
    "around": ("surrounded by", "encircled by", "enclosed by", "surrounded with"),
    "across": ("crossed by", "spanned by"),
    "along": ("lined by", "lined with"),
    "on both sides of": ("lined on both sides by", "flanked on both sides by"),
}
# predicate -> where the subject is once the target has been named; {} is "it" or "them"
PRONOUN_PLACES: dict[str, tuple[str, ...]] = {
    "on": ("on {}",),
    "in": ("in {}", "inside {}"),
    "beside": ("beside {}", "next to {}", "close to {}", "near {}"),
    "far from": ("far from {}", "at a distance from {}"),
    "parallel to": ("parallel to {}", "running parallel to {}"),
    "across": ("across {}", "crossing {}", "passing over {}"),
    "along": ("along {}", "lined up along {}"),
    "around": ("around {}", "all around {}", "surrounding {}"),
    "on both sides of": ("on both sides", "on both sides of {}", "on either side", "on each side"),
    "on one side of": ("on one side", "on one side of {}", "only on one side"),
    "in the middle of": ("in the middle of {}", "in the centre of {}"),
}

SCENE_NAMES = ("the picture", "the image", "the scene", "the photo", "the area")
GROUND_NAMES: dict[str, tuple[str, ...]] = {
    "grass": ("the grass", "the lawn", "the grassland", "the grassy ground"),
    "bare ground": ("the bare ground", "the bare land", "the bare earth", "bare soil"),
    "sand": ("the sand", "the sandy ground"),
    "concrete": ("the concrete", "the concrete ground", "the paved ground"),
    "asphalt": ("the asphalt", "the tarmac", "the asphalt ground"),
    "snow": ("the snow", "the snowy ground", "the snow-covered ground"),
    "rock face": ("the rocky ground", "the rocky slope", "the rocks of the slope"),
}

# class -> names without an article; one that begins with "*" takes none or is complete.
# A class that is missing here is named by its main object.
CLASS_NAMES: dict[str, tuple[str, ...]] = {
    "airport": ("airport", "airport", "airfield"),
    "baseball field": ("ballpark", "baseball ground"),
    "bareland": ("piece of bareland", "stretch of bare land", "area of bareland"),
    "beach": ("beach", "sandy beach", "sand beach"),
    "commercial": ("commercial area", "business district", "commercial district", "city centre"),
    "dense residential": (
        *("dense residential area", "dense residential district", "densely built neighborhood"),
        "crowded residential area",
    ),
    "desert": ("desert", "stretch of desert", "piece of desert"),
    "farmland": ("area of farmland", "stretch of cropland", "farming area"),
    "forest": ("forest", "forest", "dense forest", "woodland"),
    "golf course": ("golf course", "part of a golf course"),
    "harbor": ("harbor", "port", "harbour", "marina"),
    "industrial": ("industrial area", "industrial zone", "factory site", "industrial estate"),
    "intersection": ("intersection", "crossroads", "road junction"),
    "meadow": ("meadow", "open meadow", "piece of meadow", "stretch of grassland"),
    "medium residential": (
        *("medium residential area", "medium density residential area"),
        *("residential area of medium density", "medium residential district"),
    ),
    "mountain": ("mountain", "mountain area", "mountainous area", "mountain region"),
    "park": ("park", "park", "public park", "city park"),
    "parking": ("parking lot", "car park", "parking area"),
    "playground": ("playground", "sports ground", "athletics ground"),
    "railway station": ("railway station", "train station"),
    "school": ("school", "school campus", "campus"),
    "snow land": ("snowy area", "stretch of snow land", "snow-covered area", "snowfield"),
    "sparse residential": (
        *("sparse residential area", "sparsely built residential area"),
        *("sparse residential district", "thinly settled residential area"),
    ),
    "square": ("square", "plaza", "paved square", "town square"),
    "storage tanks": ("tank farm", "storage tank area", "oil depot"),
    "tennis courts": ("tennis club", "tennis complex", "sports area"),
}
AT_CLASS: dict[str, tuple[str, ...]] = {
    "airport": ("at", "at", "in"),
    "railway station": ("at", "in"),
    "intersection": ("at",),
    "beach": ("on", "at"),
    "harbor": ("in", "at"),
    "square": ("on", "in"),
    "parking": ("in", "on"),
}

CLASS_OPENINGS = (
    *("", "", "", "", "this is ", "it is ", "here is ", "there is "),
    *("an aerial view of ", "the picture shows ", "the image shows ", "we can see ", "we look at "),
    *("a bird view of ", "seen from above is ", "a photo of ", "a top view of "),
)
HAZY_OPENINGS = ("a hazy view of ", "a hazy picture of ", "this is a hazy photo of ")
HAZY = (", under a light haze", ", seen through haze", " in hazy weather")
SEE_OPENINGS = (
    *("we can see ", "you can see ", "the picture shows ", "one can see ", "the photo shows "),
    *("in the picture are ", "this photo shows "),
)
CONTAINS = ("has", "has", "contains", "includes", "consists of", "is made up of", "holds")
