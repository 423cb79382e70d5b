"""The colours, shapes and sizes of the map's points: named once here and handed to its script.

Every colour has at least 3:1 against the panel that it lies on. Of the classes, nine colours that
are told apart come with four shapes each, so that up to 36 classes have a sign of their own.
"""

from __future__ import annotations

__all__ = ["PALETTE"]

PALETTE: dict[str, object] = {
    "class": {
        "light": [
            *("#1f5fc4", "#c75a00", "#2f8f3a", "#c2257f", "#7b3fc9"),
            *("#5a3410", "#0b93ab", "#877c00", "#1b2b3a"),
        ],
        "dark": [
            *("#5ea0ff", "#ff9a4d", "#6fd064", "#ff6fbf", "#b794ff"),
            *("#c9a27a", "#3fd6ea", "#efe04e", "#f2f4f3"),
        ],
        "shapes": ["circle", "square", "triangle-up", "cross"],
    },
    "modality": {"light": ["#0a6b5c", "#b4531b"], "dark": ["#62cfb6", "#f0a272"]},
    "hit": {
        "light": ["#0a6b5c", "#94660a", "#c23b1e", "#6f7975"],
        "dark": ["#62cfb6", "#eec873", "#f28d6d", "#8b9691"],
        "sizes": [0.75, 1.1, 1.45, 0.55],
    },
    "hubness": {
        "light": ["#6a98b9", "#5079ae", "#4458a1", "#41328e", "#3e0073"],
        "dark": ["#6a82a8", "#408da3", "#4ab7a1", "#9cd581", "#ffe362"],
        "sizes": [0.6, 0.85, 1.1, 1.5, 2.1],
    },
    "rank": {  # the last kind, outside the list, is grey
        "light": ["#b8320a", "#8a5f00", "#0a6b5c", None],
        "dark": ["#ff9f6e", "#eec873", "#62cfb6", None],
        "sizes": [2.2, 1.7, 1.25, 0.9],
    },
    "grey": {"light": "#c9cfca", "dark": "#3f4b48"},  # what is not in the selection
}
