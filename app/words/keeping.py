"""What collections say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.words.translation import Forms, Words, each, translated

__all__ = ["KEEPING", "KeepingWords"]


@dataclass(frozen=True)
class KeepingWords(Words):
    """Collections' sentences."""

    title: str = "Collections"
    empty: str = "Nothing is kept yet. Choose a result and press Tag, or the key t."
    where_file: str = "Kept in a file beside the index."
    where_added: str = (
        "Kept beside your added pictures, and deleted with them. Keep, under Add pictures, copies "
        "both to a folder."
    )
    where_browser: str = "Kept in this browser alone; nobody else can see it."
    count: Forms = each({"one": "{n} scene", "other": "{n} scenes"})
    note: str = "Note on {name}"
    note_placeholder: str = "Write a note"
    remove: str = "Take {name} out of {tag}"
    show: str = "Show {name}"
    drop_tag: str = "Delete the tag {name}"
    dropped: str = "{name} is deleted."
    taken_out: str = "{name} is taken out of {tag}."
    undo: str = "Undo"
    save: str = "Save as"
    files: Mapping[str, str] = each(
        {"csv": "CSV", "geojson": "GeoJSON", "parquet": "GeoParquet", "zip": "Pictures"}
    )
    file: str = "Save {name} as {kind}"
    too_many: str = "This file would hold {n} scenes; it can hold {most}. Use smaller collections."
    none_here: str = "None of these scenes is in this gallery any more."
    not_packed: str = "The server could not pack these pictures ({reason}); a table still works."
    searches: str = "Saved searches"
    save_search: str = "Save this search"
    search_name: str = "Name of this search"
    new: str = "{n} new"
    nothing_new: str = "nothing new"
    fresh: str = "new since saved"
    drop_search: str = "Delete the search {name}"
    history: str = "Last searches"
    take: str = "Save all to a file"
    bring: str = "Load a file"
    bad_file: str = "The file holds no collections; choose one that was saved from here."
    tag: str = "Tag"
    tag_title: str = "Tag this scene"
    tag_name: str = "Name of the tag"
    tag_add: str = "Add"
    tag_hint: str = "Enter adds the tag. Press 1 to 9 for one that is there."
    like: str = "Scenes like {name}"
    picture: str = "A picture"
    without: str = "without {words}"
    taught: Forms = each({"one": "{n} example", "other": "{n} examples"})


KEEPING = translated("keeping.KEEPING", KeepingWords())
