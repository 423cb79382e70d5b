"""What Look says."""

from __future__ import annotations

__all__ = ["LOOK"]


LOOK = {
    # Scenes
    "strip": "Choose a scene to look at",
    "strip_query": "Best scenes for your query, as Search ranks them by {stage}",
    "strip_found": "Scenes named like {text}",
    "none_found": "No scene has this in its name or class.",
    "find": "Find a scene by name or class",
    "find_placeholder": "Name or class",
    "own": "Use a picture",
    "own_picture": "Your picture",
    "target": "What a choice does",
    "target_scene": "Look at it",
    "target_beside": "Put it beside",
    "uploading": "Sending the picture.",
    "upload_failed": "The picture could not be sent; try again.",
    "not_a_picture": "That is not a picture; give a JPEG, PNG, WebP or TIFF file.",
    "too_large": "The picture is larger than 10 MB; give a smaller one.",
    "no_scene": "The scene {name} is not in this gallery; choose another one.",
    "no_own": (
        "This picture is no longer here, or was given in another browser and stays there; give it "
        "again."
    ),
    "changed": "The file of {name} has changed since the gallery was prepared; this is the new.",
    "missing": (
        "The file of {name} has vanished since the gallery was prepared, so there is nothing to "
        "look at."
    ),
    "unreadable": (
        "The file of {name} has changed since the gallery was prepared, and is no picture any more."
    ),
    "bad_param": "The link's {name}={value} is not allowed; the usual value is shown.",
    "range": "There is no {what} {n} here, only 1 to {most}; the usual one is shown.",
    "range_names": {
        "block": "block",
        "head": "head",
        "layer": "fusion layer",
        "layer_head": "fusion head",
        "word": "word",
        "row": "row",
        "column": "column",
    },
    "failed": "Something unexpected went wrong ({kind}); the terminal has the details.",
    # Kinds of map
    "modes_label": "What the map shows",
    "modes": {
        "place": "From a place",
        "share": "Beyond the window",
        "class": "Class token",
        "words": "Word by word",
    },
    "hints": {
        "place": (
            "Click a place, or move with the arrow keys. Small squares are the patches of its "
            "window, large ones cells: the mean of their patches, looked at as one."
        ),
        "share": (
            "How far each place looked beyond its own window. Click a place to see where it looked."
        ),
        "class": (
            "What the token that sums up the picture looked at. Click a place to look from it."
        ),
        "words": "Where a word of the query met the picture, in the fusion layers.",
    },
    "no_share": "This block has one window over the whole picture, so nothing lies beyond it.",
    "no_class": "This model has no class token; its picture is summed up by a mean.",
    "no_words": "Type a query to see where its words meet the picture.",
    "loading": "Loading the model and reading the picture; the first time takes some seconds.",
    # Reading a map
    "grid_role": "map",
    "grid": "{title}, {map}: {grid} by {grid} places",
    "read_place": "Row {row}, column {column}: {value}",
    "read_cell": "Cell in row {row}, column {column}: {value}, {each} per patch",
    "nothing_there": "Not looked at: it lies in the window's own cell",
    "part_window": "{share} in its window",
    "part_beyond": "{share} beyond it",
    "part_class": "{share} at the class token",
    "spoken": "Looking from row {row}, column {column}: {parts}.",
    "as_table": "The five strongest",
    "table_caption": "The five strongest places of the map {title}",
    "table_place": "What",
    "table_value": "Weight",
    "table_share": "Share",
    "table_patch": "Per patch",
    "row_place": "Patch, row {row}, column {column}",
    "row_cell": "Cell, rows {top} to {bottom}, columns {left} to {right}",
    "row_class": "Class token",
    "trained": "trained weights",
    "random_weights": "random weights",
    "remove": "Take this away",
    "save": "Save as PNG",
    # The scale
    "legend": "Colour scale and overlay",
    "unit_weight": "of the look",
    "unit_patch": "of the look, per patch",
    "unit_share": "beyond the window",
    "unit_word": "of the word's look",
    "unit_branch": "of its branch, per patch",
    "one_scale": "one scale for all maps here",
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
        "Bars: how far the places of this scene look beyond their windows, on average. "
        "Blocks take turns with shifted windows."
    ),
    "block_spoken": "Block {n}, {share} beyond the window",
    "block_spoken_plain": "Block {n}",
    "layer": "Fusion layer",
    "layer_spoken": "Layer {n}",
    "mean": "Mean",
    "mean_layers": "Mean of all layers",
    "head": "Head",
    "head_spoken": "Head {n}",
    "mean_heads": "Mean of all heads",
    "place": "Place",
    "place_help": "Rows from the top, columns from the left.",
    "row": "Row",
    "column": "Column",
    "beside": "Beside it",
    "first_hit": "The query's first hit by {stage}:",
    "true_scene": "The query's true scene:",
    "random": "The same model with random weights",
    "random_help": "What random weights show as well, training did not put there.",
    "about": "What a map can tell",
    "not_causal": (
        "A map shows where the model read from, not why it decided: attention is not causal."
    ),
    "pointing": (
        "On {n} cases in drawn scenes, the strongest place of {map} lay on the thing that a word "
        "names in {share} (95 % interval {low} to {high}); by chance it would in {chance}"
    ),
    "pointing_word": "the word's map",
    "pointing_class": "this block's class-token map",
    "pointing_random": ", and with random weights it did in {share}",
    "pointing_none": "How often these maps point at the right thing was not measured here.",
    "joins": {
        "joint": "Window, cells and class token share one softmax: all weights add up to 100 %.",
        "scale": "Window and cells are two branches: the weights of each add up to 100 %.",
        "local": "This model looks inside windows alone.",
        "global": "This model looks at cells alone.",
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
