"""What Look says."""

from __future__ import annotations

from typing import Any

from app.words.translation import translated

__all__ = ["LOOK"]


LOOK: dict[str, Any] = {
    # Scenes
    "strip": "Choose a scene to look at",
    "strip_query": "Top scenes for your query, ranked by {stage}",
    "strip_found": "Scenes matching {text}",
    "none_found": "No scene name or class contains this.",
    "find": "Find a scene by name or class",
    "find_placeholder": "Name or class",
    "own": "Use a picture",
    "own_picture": "Your picture",
    "target": "When you choose a scene",
    "target_scene": "Show it",
    "target_beside": "Compare with it",
    "uploading": "Uploading the picture…",
    "upload_failed": "The upload failed. Please try again.",
    "not_a_picture": "That file is not a picture. Choose a JPEG, PNG, WebP or TIFF file.",
    "too_large": "The picture is larger than 10 MB. Choose a smaller one.",
    "no_scene": "The scene {name} is not in this gallery. Choose another one.",
    "no_own": (
        "This picture is no longer available, or it was added in another browser. Please add it "
        "again."
    ),
    "changed": (
        "The file of {name} has changed since the gallery was prepared. This is the new picture."
    ),
    "missing": ("The file of {name} is missing, so there is nothing to show."),
    "unreadable": (
        "The file of {name} has changed since the gallery was prepared and can no longer be read."
    ),
    "bad_param": "The setting {name}={value} is not allowed; the default is used instead.",
    "range": "There is no {what} {n} here, only 1 to {most}. The default is shown.",
    "range_names": {
        "block": "block",
        "head": "head",
        "layer": "fusion layer",
        "layer_head": "fusion head",
        "word": "word",
        "row": "row",
        "column": "column",
    },
    "failed": "Something went wrong ({kind}). The server log has the details.",
    # Kinds of map
    "modes_label": "What the map shows",
    "modes": {
        "place": "From a place",
        "share": "Outside the window",
        "class": "Class token",
        "words": "Word by word",
    },
    "hints": {
        "place": (
            "Click a place or use the arrow keys. Small squares are the patches in its window. "
            "Large squares are cells: groups of patches that the model sees as one average."
        ),
        "share": (
            "How much of its attention each place gave to patches outside its own window. Click a "
            "place to see where it looked."
        ),
        "class": (
            "What the token that sums up the whole picture looked at. Click a place to look from "
            "there."
        ),
        "words": (
            "Which parts of the picture a word of the query was compared with in the fusion layers."
        ),
    },
    "no_share": "In this block one window covers the whole picture, so nothing lies outside it.",
    "no_class": "This model has no class token; it averages the whole picture instead.",
    "no_maps": "This model's image encoder gives no attention maps.",
    "no_fusion": "This model has no fusion layers, so it never compares words with places.",
    "no_words": "Type a query to see which parts of the picture its words are compared with.",
    "loading": "Loading the model and the picture. The first time takes a few seconds.",
    # Reading a map
    "grid_role": "map",
    "grid": "{title}, {map}: {grid} by {grid} places",
    "read_place": "Row {row}, column {column}: {value}",
    "read_cell": "Cell in row {row}, column {column}: {value}, {each} per patch",
    "nothing_there": "Not used here: it is part of the window itself",
    "part_window": "{share} in its window",
    "part_beyond": "{share} outside it",
    "part_class": "{share} on the class token",
    "spoken": "Looking from row {row}, column {column}: {parts}.",
    "as_table": "Top five places",
    "table_caption": "The five places with the highest weight in {title}",
    "table_place": "What",
    "table_value": "Weight",
    "table_share": "Share",
    "table_patch": "Per patch",
    "row_place": "Patch, row {row}, column {column}",
    "row_cell": "Cell, rows {top} to {bottom}, columns {left} to {right}",
    "row_class": "Class token",
    "trained": "trained weights",
    "random_weights": "random weights",
    "remove": "Remove",
    "save": "Save as PNG",
    # The scale
    "legend": "Colour scale and overlay",
    "unit_weight": "of attention",
    "unit_patch": "of attention, per patch",
    "unit_share": "outside the window",
    "unit_word": "of the word's attention",
    "unit_branch": "of the branch, per patch",
    "one_scale": "same scale for all maps",
    "opacity": "Overlay",
    "palette": "Colours",
    "palettes": {"viridis": "Viridis", "cividis": "Cividis"},
    # Words
    "query": "Query",
    "query_placeholder": "Words to look for",
    "query_go": "Show",
    "words_label": "Words of the query",
    "all_words": "All words",
    # The controls
    "block": "Block",
    "block_help": (
        "Bars: the average share of attention that goes outside the window. Every second block "
        "uses shifted windows."
    ),
    "block_spoken": "Block {n}, {share} outside the window",
    "block_spoken_plain": "Block {n}",
    "layer": "Fusion layer",
    "layer_spoken": "Layer {n}",
    "mean": "Mean",
    "mean_layers": "Mean of all layers",
    "head": "Head",
    "head_spoken": "Head {n}",
    "mean_heads": "Mean of all heads",
    "place": "Place",
    "place_help": "Rows count from the top, columns from the left.",
    "row": "Row",
    "column": "Column",
    "beside": "Compare with",
    "first_hit": "First result by {stage}:",
    "true_scene": "True scene of the query:",
    "random": "The same model with random weights",
    "random_help": "What a model with random weights also shows was not learned in training.",
    "about": "How to read this map",
    "not_causal": (
        "A map shows where the model looked, not why it decided: attention is not a cause."
    ),
    "pointing": (
        "In {n} tests on drawn scenes, the strongest place of {map} was on the object named by the "
        "word in {share} of cases (95 % interval {low} to {high}); by chance it would be {chance}"
    ),
    "pointing_word": "the word's map",
    "pointing_class": "this block's class-token map",
    "pointing_random": ", and with random weights {share}",
    "pointing_none": (
        "How often these maps point at the right object has not been measured for this model."
    ),
    "joins": {
        "joint": "Window, cells and class token share one softmax: their weights add up to 100 %.",
        "scale": "Window and cells are two separate branches; the weights of each add up to 100 %.",
        "local": "This model looks only inside windows.",
        "global": "This model looks only at cells.",
    },
    # The caption of a saved map
    "png_scene": "Scene: {name}",
    "png_block": "block {n} of {most}",
    "png_layer": "fusion layer {n} of {most}",
    "png_head": "head {n} of {most}",
    "png_place": "place: row {row}, column {column} of {grid}",
    "png_word": "query: {query}; word: {word}",
    "png_query": "query: {query}",
}
LOOK = translated("look.LOOK", LOOK)
