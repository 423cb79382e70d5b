"""What Look says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.words.translation import Words, each, translated

__all__ = ["LOOK", "LookWords"]


@dataclass(frozen=True)
class LookWords(Words):
    """Look's sentences."""

    # Scenes
    strip: str = "Choose a scene to look at"
    strip_query: str = "Top scenes for your query, ranked by {stage}"
    strip_found: str = "Scenes matching {text}"
    none_found: str = "No scene name or class contains this."
    find: str = "Find a scene by name or class"
    find_placeholder: str = "Name or class"
    own: str = "Use a picture"
    own_picture: str = "Your picture"
    target: str = "When you choose a scene"
    target_scene: str = "Show it"
    target_beside: str = "Compare with it"
    uploading: str = "Uploading the picture…"
    upload_failed: str = "The upload failed. Please try again."
    not_a_picture: str = "That file is not a picture. Choose a JPEG, PNG, WebP or TIFF file."
    too_large: str = "The picture is larger than 10 MB. Choose a smaller one."
    no_scene: str = "The scene {name} is not in this gallery. Choose another one."
    no_own: str = (
        "This picture is no longer available, or it was added in another browser. Please add it "
        "again."
    )
    changed: str = (
        "The file of {name} has changed since the gallery was prepared. This is the new picture."
    )
    missing: str = "The file of {name} is missing, so there is nothing to show."
    unreadable: str = (
        "The file of {name} has changed since the gallery was prepared and can no longer be read."
    )
    bad_param: str = "The setting {name}={value} is not allowed; the default is used instead."
    range: str = "There is no {what} {n} here, only 1 to {most}. The default is shown."
    range_names: Mapping[str, str] = each(
        {
            "block": "block",
            "head": "head",
            "word": "word",
            "row": "row",
            "column": "column",
        }
    )
    failed: str = "Something went wrong ({kind}). The server log has the details."
    # Kinds of map
    modes_label: str = "What the map shows"
    modes: Mapping[str, str] = each(
        {
            "place": "From a place",
            "share": "Outside the window",
            "score": "Where the score came from",
            "class": "Class token",
        }
    )
    hints: Mapping[str, str] = each(
        {
            "place": (
                "Click a place or use the arrow keys. Small squares are the patches in its window. "
                "Large squares are cells: groups of patches that the model sees as one average."
            ),
            "share": (
                "How much of its attention each place gave to patches outside its own window. "
                "Click a place to see where it looked."
            ),
            "class": (
                "What the token that sums up the whole picture looked at. Click a place to look "
                "from there."
            ),
            "score": (
                "Which places raise the score of the query in this picture. Choose a word to see "
                "what raises the score of that word alone."
            ),
        }
    )
    no_share: str = "In this block one window covers the whole picture, so nothing lies outside it."
    no_class: str = "This model has no class token; it averages the whole picture instead."
    no_maps: str = "This model's image encoder gives no attention maps."
    no_words: str = "Type a query to see which places raise its score."
    loading: str = "Loading the model and the picture. The first time takes a few seconds."
    # Reading a map
    grid_role: str = "map"
    grid: str = "{title}, {map}: {grid} by {grid} places"
    read_place: str = "Row {row}, column {column}: {value}"
    read_cell: str = "Cell in row {row}, column {column}: {value}, {each} per patch"
    nothing_there: str = "Not used here: it is part of the window itself"
    part_window: str = "{share} in its window"
    part_beyond: str = "{share} outside it"
    part_class: str = "{share} on the class token"
    part_for: str = "{share} of the shares raise the score"
    part_against: str = "{share} lower it"
    lowers: str = "This place lowers the score"
    cosine: str = "Score (cosine) {score}"
    spoken: str = "Looking from row {row}, column {column}: {parts}."
    as_table: str = "Top five places"
    table_caption: str = "The five places with the highest weight in {title}"
    table_place: str = "What"
    table_value: str = "Weight"
    table_share: str = "Share"
    table_patch: str = "Per patch"
    row_place: str = "Patch, row {row}, column {column}"
    row_cell: str = "Cell, rows {top} to {bottom}, columns {left} to {right}"
    row_class: str = "Class token"
    trained: str = "trained weights"
    random_weights: str = "random weights"
    remove: str = "Remove"
    save: str = "Save as PNG"
    # The scale
    legend: str = "Colour scale and overlay"
    unit_weight: str = "of attention"
    unit_patch: str = "of attention, per patch"
    unit_share: str = "outside the window"
    unit_score: str = "of what raises the score"
    unit_branch: str = "of the branch, per patch"
    or_more: str = "{share} or more"
    one_scale: str = "same scale for all maps"
    opacity: str = "Overlay"
    palette: str = "Colours"
    palettes: Mapping[str, str] = each({"viridis": "Viridis", "cividis": "Cividis"})
    # Words
    query: str = "Query"
    query_placeholder: str = "Words to look for"
    query_go: str = "Show"
    than: str = "Compare with the query"
    than_placeholder: str = "Other words"
    words_label: str = "Words of the query"
    all_words: str = "All words"
    # The controls
    block: str = "Block"
    block_help: str = (
        "Bars: the average share of attention that goes outside the window. Every second block "
        "uses shifted windows."
    )
    block_spoken: str = "Block {n}, {share} outside the window"
    block_spoken_plain: str = "Block {n}"
    research: str = "For researchers"
    mean: str = "Mean"
    head: str = "Head"
    head_spoken: str = "Head {n}"
    mean_heads: str = "Mean of all heads"
    place: str = "Place"
    place_help: str = "Rows count from the top, columns from the left."
    row: str = "Row"
    column: str = "Column"
    beside: str = "Compare with"
    first_hit: str = "First result by {stage}:"
    true_scene: str = "True scene of the query:"
    random: str = "The same model with random weights"
    random_help: str = "What a model with random weights also shows was not learned in training."
    about: str = "How to read this map"
    not_causal: str = (
        "A map shows where the model looked, not why it decided: attention is not a cause."
    )
    not_exact: str = (
        "A place's share is about how much the score would fall if the place looked like the "
        "picture's average. It is an estimate; hiding places tests it."
    )
    # Hiding places, to check the map
    hide: str = "Test this map by hiding places"
    hide_begins: str = "Hiding places…"
    hide_progress: str = "Hiding places: step {done} of {total}"
    hide_said: str = (
        "With the strongest {share} of the places hidden, the score falls from {before} to "
        "{strongest}; with as many others hidden, to {others}."
    )
    hide_alt: str = "The score as more and more places are hidden"
    hide_share: str = "Hidden"
    curve_table: str = "As a table"
    hide_strongest: str = "Strongest places first"
    hide_others: str = "Places at random"
    pointing: str = (
        "In {n} tests on drawn scenes, the strongest place of {map} was on the object named by the "
        "word in {share} of cases (95 % interval {low} to {high}); by chance it would be {chance}"
    )
    pointing_word: str = "a word's map"
    pointing_class: str = "this block's class-token map"
    pointing_random: str = ", and with random weights {share}"
    pointing_one: str = (
        "One drawn scene is too few to tell how often these maps point at the right object."
    )
    pointing_none: str = (
        "How often these maps point at the right object has not been measured for this model."
    )
    joins: Mapping[str, str] = each(
        {
            "joint": (
                "Window, cells and class token share one softmax: their weights add up to 100 %."
            ),
            "scale": (
                "Window and cells are two separate branches; the weights of each add up to 100 %."
            ),
            "local": "This model looks only inside windows.",
            "global": "This model looks only at cells.",
        }
    )
    # The caption of a saved map
    png_scene: str = "Scene: {name}"
    png_block: str = "block {n} of {most}"
    png_head: str = "head {n} of {most}"
    png_place: str = "place: row {row}, column {column} of {grid}"
    png_word: str = "query: {query}; word: {word}"
    png_query: str = "query: {query}"


LOOK = translated("look.LOOK", LookWords())
