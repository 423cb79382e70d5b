"""What About says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.words.translation import Words, each, translated

__all__ = ["ABOUT", "AboutWords"]


@dataclass(frozen=True)
class AboutWords(Words):
    """About's sentences."""

    lead: str = (
        "CMPAGL Explorer searches aerial and satellite images by a sentence or by a picture, and "
        "shows how it got there: the ranking before and after reranking, where the model looked, "
        "the space that pictures and sentences share, and the queries that go wrong."
    )
    drawn: str = (
        "The scenes in this gallery are drawn by a program. What each one shows is therefore known "
        "exactly, and no one else's pictures are included."
    )
    open: str = "What is open"
    facts: Mapping[str, str] = each(
        {
            "data": "Data set",
            "split": "Split",
            "scenes": "Scenes",
            "captions": "Captions",
            "classes": "Classes",
            "skipped": "Left out (unreadable)",
            "map": "Map",
            "reach": "Compared with a query",
            "checkpoint": "Checkpoint",
            "weights": "Weights",
            "width": "Embedding size",
            "fusion": "Fusion",
        }
    )
    all_images: str = "all images"
    none: str = "none"
    captions: str = "{n} ({distinct} different)"
    no_captions: str = (
        "none, so there is nothing to describe pictures with and nothing to count in Errors"
    )
    no_map: str = "none"
    reach_exact: str = "every scene"
    limits_title: str = "Limits"
    reads: str = "The model understands English and reads the first {pieces} tokens of a sentence."
    reads_known: str = "It knows the {n} texts that came with its vectors, and no others."
    reads_none: str = "The model reads no text, so it is asked with pictures."
    sees: str = "It sees every picture at {size} by {size} pixels."
    sees_none: str = "It was given vectors, and reads no picture itself."
    limits: str = (
        "Its first result is often wrong; Errors shows how often. Do not use it for decisions "
        "about people or places."
    )
    fusion_off: str = "Off: it did not help on validation data"
    fusion_off_by: str = "Off: held out, it changed mR by {gains}; more was asked of it"
    gain_on: str = "{gain} ({data})"
    bank_title: str = "The stored queries (bank)"
    bank_what: str = (
        "Reranking (SMR) checks how well each scene scores with other queries: a scene that scores "
        "high for most of them is moved down. These other queries are called the bank."
    )
    bank_trained: str = (
        "It holds {texts} captions and {images} pictures from the model's training data, the same "
        "number from each data set, stored only as vectors."
    )
    bank_made: str = (
        "It holds {texts} captions and {images} pictures and was made for this model with python "
        "-m cmpagl bank, stored only as vectors."
    )
    bank_kept: str = (
        "A stored picture does not count against captions that say the same as its own. Your "
        "queries are never added."
    )
    bank_none: str = (
        "This model has none, so reranking changes nothing; python -m cmpagl bank makes one."
    )
    left_title: str = "What is stored"
    left: str = (
        "A picture that you search with stays in a private folder on this server for at most 62 "
        "minutes, and no longer than the page runs. Pictures that you add are deleted when you say "
        "so, or ten minutes after you close the page. The last 128 questions with their vectors, "
        "and Look's maps of the last 8 pictures, stay in memory without your name until newer ones "
        "replace them. What you searched for, selected or judged is kept only in your browser and "
        "its address bar. Nothing else is kept or logged, and nothing is sent to anyone."
    )
    paper_title: str = "The paper and this project"
    paper: str = (
        "The method is from Sun, Zhao, Liu and Kaup, Cross-Modal Pre-Aligned Method with Global "
        "and Local Information for Remote-Sensing Image and Text Retrieval (IEEE TGRS 62, 2024, "
        "art. 4709118). We worked from its abstract: every formula is our own reading, and no "
        "figure here is from the paper or reproduces it. Its authors are not involved in this "
        "project; any errors are ours."
    )
    paper_link: str = "The paper on arXiv"
    cite_title: str = "How to cite"
    cite: str = "Cite the paper for the method. For the software, CITATION.cff says:"
    copy: str = "Copy"
    copied: str = "Copied"
    copy_failed: str = "Copying failed; select the text instead"
    licence_title: str = "Licences"
    licence: str = (
        "This project: Apache License 2.0. The included weights start from DINOv2 (Meta, Apache "
        "2.0) and all-MiniLM-L6-v2 (sentence-transformers, Apache 2.0). No picture or caption of "
        "the training data sets is included. Your own galleries keep their own terms."
    )
    notice: str = "Full NOTICE"
    card_title: str = "Model card"
    no_card: str = "This checkpoint has no model card (no README.md next to its weights)."
    diagnosis_title: str = "Tests on drawn scenes"
    diagnosis_intro: str = (
        "python -m cmpagl diagnose drew {scenes} new scenes with {captions} captions (seed {seed}; "
        "{pointing} scenes for pointing), whose contents are known exactly. Figures are percent, "
        "with 95 % intervals."
    )
    no_diagnosis: str = (
        "This checkpoint has not been tested on drawn scenes. Run python -m cmpagl diagnose --json "
        "CHECKPOINT/diagnosis.json and reload this page."
    )
    tables: Mapping[str, str] = each(
        {
            "recall": "Recall on drawn scenes",
            "gallery": (
                "The included gallery, {scenes} scenes: with its own {captions} captions, and with "
                "{queries} queries written by hand"
            ),
            "pairs": (
                "Hard pairs: is a caption closer to its own scene than to a near twin? Chance is 50"
            ),
            "pointing": (
                "Pointing: is the strongest place of a map on the object named by the word? Of "
                "maps of where the word's score came from, and of the best map of where the model "
                "looked"
            ),
            "classes": "By class, best first",
            "methods": (
                "Right scenes among the first 20, in percent, averaged over the galleries: ways to "
                "learn from marks"
            ),
            "galleries": "What is used here, gallery by gallery",
            "unwanted": (
                "Of the first ten results of {pairs} queries with an unwanted thing, in percent"
            ),
        }
    )
    feedback_title: str = "Tests of marks and unwanted words"
    feedback_intro: str = (
        "Marking was simulated with {model}: {queries} queries over {galleries} galleries, five "
        "scenes marked in each of three rounds. One half of a gallery was marked, the other half "
        "was ranked. Each method's settings were chosen on one half of the queries and measured on "
        "the other. The lead of the best one has no confidence interval. Unwanted words remove "
        "what is excluded, and some of what was wanted along with it."
    )
    feedback_methods: Mapping[str, str] = each(
        {
            "none": "No marks",
            "rocchio": "Rocchio's formula (used here)",
            "nearest marked": "Nearest marked scene",
            "logistic, linear": "Linear classifier",
            "logistic, kernel": "Kernel classifier",
        }
    )
    feedback_columns: Sequence[str] = each(
        ["Method", "No marks", "5 marks", "10 marks", "15 marks", "Mean after marking"]
    )
    feedback_galleries: Mapping[str, str] = each(
        {
            "rsicd-val": "RSICD val, by class",
            "ucm-val": "UCM-Captions val, by class",
            "drawn": "Drawn scenes, by what they show",
        }
    )
    feedback_gallery_columns: Sequence[str] = each(
        [
            "Gallery",
            "Queries",
            "No marks",
            "5 marks",
            "10 marks",
            "15 marks",
            "Found among the first 50, no marks",
            "15 marks",
        ]
    )
    unwanted_columns: Sequence[str] = each(["Results", "Without unwanted words", "With them"])
    unwanted_rows: Mapping[str, str] = each(
        {
            "unwanted": "show the unwanted thing",
            "wanted": "show the wanted thing",
            "wanted_alone": "show the wanted thing and not the other",
        }
    )
    each_model: str = "{place}: {name}"
    places: Sequence[str] = each(["First model", "Second model"])
    both_open: str = (
        "Two models are open: {first} and {second}. Each side of Search, Errors and Space shows "
        "either, or both at once."
    )
    ranking: str = "Ranking"
    columns: Mapping[str, str] = each(
        {
            "t2i_r1": "Captions → scenes, R@1",
            "t2i_r5": "R@5",
            "t2i_r10": "R@10",
            "i2t_r1": "Scenes → captions, R@1",
            "i2t_r5": "R@5",
            "i2t_r10": "R@10",
            "mR": "mR",
        }
    )
    gallery_columns: Sequence[str] = each(
        [
            "Ranking",
            "Captions, R@1",
            "R@5",
            "R@10",
            "By hand, R@1",
            "R@5",
            "R@10",
        ]
    )
    match: str = "Matching head alone"
    difference: str = "Difference"
    differs: Mapping[str, str] = each(
        {
            "count": "a count",
            "colour": "a colour",
            "relation": "a relation",
            "object": "an object",
            "all": "any of these",
        }
    )
    cases: str = "Cases"
    all_words: str = "all words"
    score_map: str = "score"
    pointing_columns: Sequence[str] = each(
        [
            "Word",
            "Cases",
            "Map",
            "Inside",
            "Random weights",
            "Chance",
            "Centre",
        ]
    )
    class_: str = "Class"
    scenes: str = "Scenes"
    between: str = "{low} to {high}"
    too_few: str = "too few for an interval"
    failed: str = "Something went wrong ({kind}). The server log has the details."


ABOUT = translated("about.ABOUT", AboutWords())
