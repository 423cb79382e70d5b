"""What the page says about pictures that a visitor adds."""

from __future__ import annotations

from typing import Any

from app.words.translation import translated

__all__ = ["ADDING"]

ADDING: dict[str, Any] = {
    "add": "Add pictures",
    "title": "Add your own pictures",
    "lead": (
        "Photographs, satellite scenes, a folder, a ZIP. Large GeoTIFFs are cut into pieces of "
        "256 pixels. Files beside them that hold captions are read too."
    ),
    "limits": "At most {pictures} pictures, {bytes}, and {pixels} megapixels a picture.",
    "yours_alone": (
        "Only this browser sees them. They are deleted when you say so, and ten minutes after you "
        "close the page."
    ),
    "drop": "Drop files, a folder or a ZIP here",
    "choose_files": "Choose files",
    "choose_folder": "Choose a folder",
    "close": "Close",
    "yours": "Your pictures",
    "sending": "Sending {done} of {total}",
    "sending_left": "Sending {done} of {total}, about {left} left",
    "waiting": {
        "one": "Waiting: {n} other visitor's pictures are prepared first.",
        "other": "Waiting: the pictures of {n} other visitors are prepared first.",
    },
    "unpacking": "Unpacking {name}.",
    "reading": "Looking through your files.",
    "cutting": "Reading {name}, which is cut into pieces.",
    "ready": {"one": "{n} picture is ready.", "other": "{n} pictures are ready."},
    "stopped": "Stopped. What is done is kept until you continue or delete it.",
    "failed": "Your pictures could not be prepared: {reason}",
    "failed_bug": "Something went wrong ({kind}). The server log has the details.",
    "open": "Search them",
    "stop": "Stop",
    "go_on": "Continue",
    "forget": "Delete my pictures",
    "forgotten": "Your pictures are deleted.",
    "refused": {"one": "{n} file was left out:", "other": "{n} files were left out:"},
    "more_refused": "and {n} more",
    "keep": "Keep",
    "keep_help": "Copies pictures and index to a folder of this machine, to open it again later.",
    "keep_folder": "A new folder",
    "kept": "Kept. Open it again with: {command}",
    "gone": "Your pictures are not there any more: add them again.",
    "lost": "The connection was lost; what has arrived is kept. Try again.",
    "public": "Or open a public set",
    "public_help": (
        "Fetched from the Hugging Face hub and prepared once; what was fetched stays on this "
        "machine. Terms are their owners'."
    ),
    "sets": {
        "eurosat": {
            "title": "EuroSAT",
            "words": "5,400 Sentinel-2 pictures of 64 pixels in 10 classes; about 92 MB; MIT.",
        },
        "uc_merced": {
            "title": "UC Merced Land Use",
            "words": (
                "2,100 aerial pictures of 256 pixels in 21 classes; about 416 MB; imagery of the "
                "USGS, no licence named."
            ),
        },
        "rsicd": {
            "title": "RSICD, test",
            "words": (
                "1,093 aerial pictures of 224 pixels with five captions each; some hundred MB; for "
                "research, as its authors say."
            ),
        },
    },
    "open_operator": "Only who runs the page on this machine can open public sets.",
    # Why something is refused
    "none_here": "Nobody can add pictures here; its operator allows it with --add-pictures.",
    "too_many_bytes": "These are {size}; at most {most} may be added.",
    "too_many_visitors": "Too many visitors have pictures here now; try again later.",
    "disk_full": "The disk of the server is full; pictures cannot be added now.",
    "not_received": "{name} did not arrive in one piece; send it again.",
    "too_many_pixels": "{width} x {height} pixels; at most {most} megapixels a picture",
    "too_many_pictures": "there are more than {most} pictures",
    "raster_too_large": "it would be cut into {n} pieces; at most {most} pictures fit",
    "not_ready": "The model is not loaded yet; try again in a moment.",
    "nothing": "there is no picture among the files",
    "keep_operator": "Only who runs the page on this machine can keep pictures in a folder.",
    "keep_path": "Give a whole path, such as ~/my-gallery.",
    "keep_taken": "{folder} holds other things; give a new folder.",
    "keep_failed": "{folder} cannot be written to ({reason}); give another.",
    "bad_request": "The request cannot be read.",
}
ADDING = translated("adding.ADDING", ADDING)
