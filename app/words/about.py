"""What About says."""

from __future__ import annotations

__all__ = ["ABOUT"]


ABOUT = {
    "lead": (
        "CMPAGL Explorer searches scenes from above by a sentence or by a picture, and shows what "
        "happens on the way: the ranking before and after reranking, where the model looked, the "
        "space that pictures and sentences share, and the queries that go wrong."
    ),
    "drawn": (
        "The scenes of this gallery are drawn by a program, not photographed: so what each shows "
        "is known exactly, and nobody's pictures are shipped."
    ),
    "open": "What is open",
    "facts": {
        "data": "Data set",
        "split": "Split",
        "scenes": "Scenes",
        "captions": "Captions",
        "classes": "Classes",
        "skipped": "Left out, as they could not be read",
        "map": "Map",
        "checkpoint": "Checkpoint",
        "weights": "Weights",
        "width": "Numbers per picture or sentence",
    },
    "all_images": "all images",
    "none": "none named",
    "captions": "{n} ({distinct} differ)",
    "no_captions": "none, so pictures cannot be described and Errors has nothing to count",
    "no_map": "made without one",
    "limits_title": "Limits",
    "limits": (
        "The model reads English, the first {pieces} word pieces of a sentence, and every picture "
        "at {size} by {size} pixels. What it finds first is often wrong: Errors shows how often "
        "here. Do not decide about people or places with it."
    ),
    "bank_title": "The bank",
    "bank": (
        "Reranking (SMR) asks how well each scene scores with other queries: a scene that "
        "everybody likes steps back. Those other queries are the bank, {texts} captions and "
        "{images} pictures of the model's training data, of each data set as many, kept as vectors "
        "alone. A picture of the bank does not count against what says the same as its own "
        "captions: that it is right to like. Nobody's live queries enter it."
    ),
    "paper_title": "The paper and this work",
    "paper": (
        "The method is that of Sun, Zhao, Liu and Kaup, Cross-Modal Pre-Aligned Method with Global "
        "and Local Information for Remote-Sensing Image and Text Retrieval (IEEE TGRS 62, 2024, "
        "art. 4709118). We worked from its abstract: every formula is our reading of it, and no "
        "number here is the paper's or a reproduction of it. Its authors have no part in this "
        "work; the errors are ours."
    ),
    "paper_link": "The paper on arXiv",
    "cite_title": "How to cite",
    "cite": "Cite the paper for the method. For the software, CITATION.cff says:",
    "copy": "Copy",
    "copied": "Copied",
    "copy_failed": "It could not be copied; select the text",
    "licence_title": "Licences",
    "licence": (
        "This work: Apache License 2.0. The shipped weights start from DINOv2 (Meta, Apache 2.0) "
        "and all-MiniLM-L6-v2 (sentence-transformers, Apache 2.0). Of the data sets that it was "
        "trained on, no picture and no caption ships. A gallery of your own keeps its own terms."
    ),
    "notice": "The whole NOTICE",
    "card_title": "Model card",
    "no_card": "This checkpoint has no card (no README.md beside its weights).",
    "diagnosis_title": "Asked where the truth is known",
    "diagnosis_intro": (
        "python -m cmpagl diagnose drew {scenes} fresh scenes with {captions} captions (seed "
        "{seed}; {pointing} for pointing) and asked the model what only their truth can tell. In "
        "percent, with 95 % intervals."
    ),
    "no_diagnosis": (
        "This checkpoint was not diagnosed: python -m cmpagl diagnose --json "
        "CHECKPOINT/diagnosis.json measures it, and this page then shows it."
    ),
    "tables": {
        "recall": "Recall among the drawn scenes",
        "gallery": (
            "The shipped gallery, {scenes} scenes: by its {captions} captions, and by {queries} "
            "queries that were written by hand"
        ),
        "pairs": "Hard pairs: is a caption nearer to its scene than to a twin? Chance is 50",
        "pointing": "Pointing: does the best map peak inside the thing that a word names?",
        "classes": "By class, best first",
    },
    "ranking": "Ranking",
    "columns": {
        "t2i_r1": "Captions → scenes, R@1",
        "t2i_r5": "R@5",
        "t2i_r10": "R@10",
        "i2t_r1": "Scenes → captions, R@1",
        "i2t_r5": "R@5",
        "i2t_r10": "R@10",
        "mR": "mR",
    },
    "gallery_columns": [
        "Ranking",
        "Captions, R@1",
        "R@5",
        "R@10",
        "By hand, R@1",
        "R@5",
        "R@10",
    ],
    "match": "Matching head alone",
    "difference": "They differ in",
    "differs": {
        "count": "a count",
        "colour": "a colour",
        "relation": "a relation",
        "object": "an object",
        "all": "any of these",
    },
    "cases": "Cases",
    "all_words": "all words",
    "pointing_columns": [
        "Word",
        "Cases",
        "Best map",
        "Inside",
        "Random weights",
        "Chance",
        "Centre",
    ],
    "class": "Class",
    "scenes": "Scenes",
    "between": "{low} to {high}",
    "failed": "Something unexpected went wrong ({kind}); the terminal has the details.",
}
