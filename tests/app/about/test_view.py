"""About's blocks and tables: Markdown as text with marks, and nothing of it as markup."""

import json
import time
from dataclasses import replace

from app.about.feedback import MEASURED, feedback_shown
from app.about.markdown import markdown_blocks, without_front_matter
from app.about.service import AboutAnswer, Facts, ModelFacts
from app.about.view import about_view
from cmpagl.diagnose.results import (
    ClassResult,
    Diagnosis,
    GalleryRecall,
    PairResult,
    RecallResult,
    WordResult,
)
from cmpagl.measure.bootstrap import Interval
from cmpagl.measure.metrics import RetrievalMetrics
from cmpagl.store.engine import Reach

METRICS = RetrievalMetrics(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 3.5)
SPREAD = Interval(50.0, 40.0, 60.0)

FACTS = Facts(
    data="ponds",
    split="",
    drawn=True,
    n_scenes=1200,
    n_captions=0,
    n_distinct=0,
    n_classes=3,
    n_skipped=0,
    reach=Reach("exact", 1200, 1200),
)
MODEL = ModelFacts(
    checkpoint="tiny",
    fingerprint="0123456789abcdef",
    has_map=True,
    bank_texts=24,
    bank_images=20,
    image_size=224,
    text_pieces=64,
    width=256,
    n_parameters_bytes=92_000_000,
)


def plain(runs):
    return "".join(run["text"] for run in runs)


def test_blocks_of_each_kind():
    text = (
        "# Title #\n\nA line\nthat goes *on* with **weight** and `code <b>`.\n\n- one\n- two\n"
        "  and more\n\n1. first\n2. second\n\n> said\n> so\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n"
        "| 3 |\n\n```sh\nrm *all*\n```\n---\n[here](https://example.org/x) <https://example.org>"
    )
    kinds = [block["kind"] for block in markdown_blocks(text)]
    assert kinds == [
        *("heading", "paragraph", "list", "list", "quote", "table", "code", "paragraph"),
    ]
    blocks = markdown_blocks(text)
    assert blocks[0] == {"kind": "heading", "level": 1, "runs": [{"text": "Title"}]}
    marks = {run["text"]: run.get("mark") for run in blocks[1]["runs"]}
    assert marks["on"] == "em"
    assert marks["weight"] == "strong"
    assert marks["code <b>"] == "code"
    assert [plain(item) for item in blocks[2]["items"]] == ["one", "two and more"]
    assert blocks[3]["ordered"]
    assert plain(blocks[4]["runs"]) == "said so"
    assert [[plain(c) for c in row] for row in blocks[5]["rows"]] == [["1", "2"], ["3", ""]]
    assert blocks[6]["text"] == "rm *all*"
    links = [run["link"] for run in blocks[7]["runs"] if "link" in run]
    assert links == ["https://example.org/x", "https://example.org"]


def test_front_matter_is_left_out():
    assert without_front_matter("---\na: 1\n---\n# T\n") == "# T\n"
    assert without_front_matter("# T\n---\nx\n---\n") == "# T\n---\nx\n---\n"
    assert without_front_matter("---\nnever closed\n") == "---\nnever closed\n"


def test_hostile_markdown_has_no_way_out():
    """No link but http(s), no picture is fetched, markup is text; and patterns do not hang."""
    text = "[x](javascript:alert(1)) ![p](http://evil.example/x.png) <img src=x onerror=alert(1)>"
    (block,) = markdown_blocks(text)
    assert not any("link" in run for run in block["runs"])
    assert "evil.example" not in json.dumps(block)
    assert "<img src=x onerror=alert(1)>" in plain(block["runs"])
    started = time.process_time()
    for piece in ("_a ", "*a ", "[a](", "`", "# #", "|-", "- -x", "![", "<http://"):
        markdown_blocks(piece * 20_000)
    assert time.process_time() - started < 5


def test_facts_and_what_is_missing():
    shown = about_view(AboutAnswer(facts=FACTS, models=(MODEL,)))
    (model,) = shown["models"]
    terms = {fact["term"]: fact["text"] for fact in shown["facts"]}
    assert terms["Scenes"] == "1,200"
    assert terms["Split"] == "all images"
    assert terms["Captions"].startswith("none")
    assert "Map" not in terms
    assert terms["Weights"] == "92 MB"
    assert (model["title"], model["facts"], shown["both"]) == (None, [], None)
    assert "no model card" in model["card_missing"]
    assert "not been tested on drawn scenes" in model["diagnosis_missing"]
    assert "24 captions and 20 pictures from the model's training data" in model["bank"]


def test_two_models_are_told_apart():
    """Each under its name with its own facts; nothing is said of what one of them lacks."""
    other = replace(
        MODEL, checkpoint="other", n_parameters_bytes=0, bank_texts=0, text_pieces=0, fuses=False
    )
    shown = about_view(AboutAnswer(facts=FACTS, models=(MODEL, replace(other, can_fuse=False))))
    assert "tiny and other" in shown["both"]
    assert "Checkpoint" not in {fact["term"] for fact in shown["facts"]}
    first, second = shown["models"]
    assert (first["title"], second["title"]) == ("First model: tiny", "Second model: other")
    assert [fact["term"] for fact in second["facts"]] == ["Checkpoint", "Embedding size"]
    assert "makes one" in second["bank"]
    assert "reads no text" in second["limits"]
    assert "first 64 tokens" in first["limits"]
    made = about_view(AboutAnswer(facts=FACTS, models=(replace(MODEL, bank_made=True),)))
    assert "was made for this model" in made["models"][0]["bank"]


def test_what_marks_were_measured_to_do():
    """The figures of `benchmarks/feedback.py` as its file has them; without the file, nothing."""
    found = json.loads(MEASURED.read_text())
    shown = feedback_shown()
    methods, galleries, unwanted = shown["tables"]
    best = methods["rows"][0]
    assert best[0].startswith("Rocchio")
    assert best[-1] == f"{found['methods']['rocchio']['held_out']:.1f}"
    drawn = next(row for row in galleries["rows"] if row[0].startswith("Drawn"))
    figures = found["methods"]["rocchio"]["sets"]["drawn"]["precision_at_20"]
    assert drawn[2:6] == [f"{value:.1f}" for value in figures]
    before, after = (found["not"][way]["unwanted"] for way in ("without", "shipped"))
    assert unwanted["rows"][0][1:] == [f"{before:.1f}", f"{after:.1f}"]
    assert after < before
    for table in shown["tables"]:
        assert {len(row) for row in table["rows"]} == {len(table["head"])}
    assert feedback_shown(MEASURED.with_name("none.json")) is None


def test_the_diagnostic_s_numbers():
    """Each table has the numbers of the file; the best map stands beside chance and random."""
    found = Diagnosis(
        checkpoint="tiny",
        fingerprint="0",
        seed=3,
        n_scenes=10,
        n_captions=50,
        n_pointing_scenes=30,
        recall={"aligned": RecallResult(METRICS, {"mR": SPREAD})},
        classes=(ClassResult("pond", 4, 20, {"aligned": METRICS}),),
        pairs=(PairResult("count", 5, 8, {"aligned": SPREAD}),),
        words=(
            WordResult(
                "all",
                200,
                8.0,
                12.0,
                {"fusion": SPREAD, "block 1": Interval(9, 8, 10)},
                {"fusion": Interval(11.0, 10.0, 12.0)},
            ),
        ),
    )
    gallery = GalleryRecall(
        name="drawn",
        n_images=480,
        n_captions=2400,
        recall={"aligned": RecallResult(METRICS, {})},
        pairs=(),
        n_queries=50,
        queries={"aligned": {"r1": SPREAD, "r5": SPREAD, "r10": SPREAD}},
    )
    found = replace(found, gallery=gallery)
    model = replace(MODEL, diagnosis=found)
    shown = about_view(AboutAnswer(facts=FACTS, models=(model,)))["models"][0]["diagnosis"]
    names = ("recall", "gallery", "pairs", "pointing", "classes")
    tables = dict(zip(names, shown["tables"], strict=True))
    assert tables["recall"]["rows"] == [
        ["Aligned", "4.0", "5.0", "6.0", "1.0", "2.0", "3.0", "50.0 (40.0 to 60.0)"]
    ]
    assert tables["gallery"]["rows"] == [
        ["Aligned", "4.0", "5.0", "6.0", *["50.0 (40.0 to 60.0)"] * 3]
    ]
    assert "480 scenes: with its own 2,400 captions, and with 50" in tables["gallery"]["caption"]
    assert tables["pairs"]["rows"] == [["a count", "8", "50.0 (40.0 to 60.0)"]]
    assert tables["classes"]["rows"] == [["pond", "4", "3.5"]]
    row = tables["pointing"]["rows"][0]
    assert row == [
        *("all words", "200", "fusion", "50.0 (40.0 to 60.0)", "11.0 (10.0 to 12.0)", "8.0", "12.0")
    ]
    for table in tables.values():
        assert {len(row) for row in table["rows"]} == {len(table["head"])}
