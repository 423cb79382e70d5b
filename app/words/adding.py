"""What the page says about pictures that a visitor adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.words.translation import Forms, Words, each, translated

__all__ = ["ADDING", "AddingWords"]


@dataclass(frozen=True)
class AddingWords(Words):
    """The sentences about added pictures."""

    add: str = "Add pictures"
    title: str = "Add your own pictures"
    lead: str = (
        "Photographs, satellite scenes, a folder, a ZIP. Large GeoTIFFs are cut into pieces of "
        "256 pixels. Files beside them that hold captions are read too."
    )
    limits: str = "At most {pictures} pictures, {bytes}, and {pixels} megapixels a picture."
    yours_alone: str = (
        "Only this browser sees them. They are deleted when you say so, and ten minutes after you "
        "close the page."
    )
    drop: str = "Drop files, a folder or a ZIP here"
    choose_files: str = "Choose files"
    choose_folder: str = "Choose a folder"
    close: str = "Close"
    yours: str = "Your pictures"
    sending: str = "Sending {done} of {total}"
    sending_left: str = "Sending {done} of {total}, about {left} left"
    waiting: Forms = each(
        {
            "one": "Waiting: {n} other visitor's pictures are prepared first.",
            "other": "Waiting: the pictures of {n} other visitors are prepared first.",
        }
    )
    unpacking: str = "Unpacking {name}."
    reading: str = "Looking through your files."
    second: str = "The first model is ready to search with; {model} follows. {how_far}"
    ready: Forms = each({"one": "{n} picture is ready.", "other": "{n} pictures are ready."})
    stopped: str = "Stopped. What is done is kept until you continue or delete it."
    failed: str = "Your pictures could not be prepared: {reason}"
    failed_bug: str = "Something went wrong ({kind}). The server log has the details."
    open: str = "Search them"
    stop: str = "Stop"
    go_on: str = "Continue"
    forget: str = "Delete my pictures"
    forgotten: str = "Your pictures are deleted."
    refused: Forms = each({"one": "{n} file was left out:", "other": "{n} files were left out:"})
    more_refused: str = "and {n} more"
    keep: str = "Keep"
    keep_help: str = (
        "Copies your pictures and their index to a folder on this machine, so that you can open "
        "them again later."
    )
    keep_folder: str = "A new folder"
    kept: str = "Kept. Open it again with: {command}"
    gone: str = "Your pictures are no longer here. Please add them again."
    lost: str = "The connection was lost; what has arrived is kept. Try again."
    public: str = "Or open a public set"
    public_help: str = (
        "Downloaded from the Hugging Face hub and prepared once; the download stays on this "
        "machine. The owners' terms apply."
    )
    sets: Mapping[str, Mapping[str, str]] = each(
        {
            "eurosat": {
                "title": "EuroSAT",
                "words": "5,400 Sentinel-2 pictures of 64 pixels in 10 classes; about 92 MB; MIT.",
            },
            "uc_merced": {
                "title": "UC Merced Land Use",
                "words": (
                    "2,100 aerial pictures of 256 pixels in 21 classes; about 416 MB; imagery of "
                    "the USGS, no licence named."
                ),
            },
            "rsicd": {
                "title": "RSICD, test",
                "words": (
                    "1,093 aerial pictures of 224 pixels with five captions each; a few hundred "
                    "MB; its authors say: for research."
                ),
            },
        }
    )
    open_operator: str = (
        "Only the person who runs this page on this machine can open other galleries."
    )
    # Why something is refused
    none_here: str = (
        "Pictures cannot be added here; whoever runs this page can allow it with --add-pictures."
    )
    too_many_bytes: str = "These files have {size}; at most {most} can be added."
    too_many_visitors: str = "Too many visitors have pictures here now; try again later."
    disk_full: str = "The server's disk is full, so pictures cannot be added now."
    being_prepared: str = (
        "Your pictures are being prepared: wait until that is done, or stop it, then add more."
    )
    not_received: str = "{name} did not arrive in one piece; send it again."
    too_many_pixels: str = "{width} x {height} pixels; at most {most} megapixels a picture"
    too_many_pictures: str = "there are more than {most} pictures"
    raster_too_large: str = "it would be cut into {n} pieces; at most {most} pictures fit"
    too_many_files: str = "too many files were added before it"
    no_held: str = "archives and tables of pictures are not opened here; add the pictures, or a ZIP"
    text_too_large: str = "it has more than {most} MB and is no picture"
    not_ready: str = "The model is not loaded yet; try again in a moment."
    nothing: str = "there is no picture among the files"
    keep_operator: str = (
        "Only the person who runs this page on this machine can keep pictures in a folder."
    )
    keep_path: str = "Give a full path, such as ~/my-gallery."
    keep_taken: str = "{folder} is not empty; give a new folder."
    keep_failed: str = "{folder} cannot be written to ({reason}); give another folder."
    bad_request: str = "The request cannot be read."


ADDING = translated("adding.ADDING", AddingWords())
