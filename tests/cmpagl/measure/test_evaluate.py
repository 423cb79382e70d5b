import json
from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset, tiny_model_config
from tiny_split import random_bank, random_split, tiny_fusion

from cmpagl.__main__ import main
from cmpagl.cli.evaluate import format_table
from cmpagl.config.ranking import (
    Fused,
    FusedBothWays,
    RankingConfig,
    Reranked,
    RerankedBothWays,
    SMRConfig,
)
from cmpagl.data.dataset import load_dataset
from cmpagl.measure.evaluate import by_class, evaluate_embeddings, evaluate_split
from cmpagl.measure.metrics import RankCounts, Retrieval, retrieval
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, FINAL, FUSED, STAGES

NUMBERS = {
    "i2t_r1",
    "i2t_r5",
    "i2t_r10",
    "t2i_r1",
    "t2i_r5",
    "t2i_r10",
    "mR",
    "equal_right_mR",
}
NAMES = {stage.name for stage in STAGES}
TUNED = RankingConfig(
    bank_only=RerankedBothWays(
        Reranked(SMRConfig("soft", t=5, alpha=3), beta=0.1), Reranked(SMRConfig("none"))
    ),
    fused=FusedBothWays(i2t=Fused(0.2)),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a checkpoint whose ranking is tuned, and twelve scenes in two splits."""
    folder = tmp_path_factory.mktemp("evaluate")
    tiny_checkpoint(folder / "tiny", config=tiny_model_config(ranking=TUNED))
    tiny_dataset(folder / "data", 12, splits=("train", "val"))
    return folder


def evaluate(folder, *more):
    line = ["evaluate", "--data", str(folder / "data"), "--checkpoint", str(folder / "tiny")]
    return main([*line, "--split", "val", *more])


def test_the_json_has_every_ranking_with_its_numbers(made, tmp_path, capsys):
    """The names and keys that others read, finite and within 0 to 100."""
    assert evaluate(made, "--json", str(tmp_path / "out.json")) == 0
    content = json.loads((tmp_path / "out.json").read_text())
    assert (content["format"], content["n_images"], content["n_captions"]) == (2, 6, 12)
    assert content.keys() >= NAMES
    for name in NAMES:
        values = content[name]
        assert values.keys() >= NUMBERS
        assert all(0 <= values[key] <= 100 for key in NUMBERS)
        six = [values[key] for key in NUMBERS if "_r" in key and key != "equal_right_mR"]
        assert values["mR"] == pytest.approx(np.mean(six))
        interval = values["intervals"]["mR"]
        assert interval["low"] <= values["mR"] <= interval["high"]
        ties = values["ties"]
        assert ties["pessimistic"]["mR"] <= values["mR"] <= ties["optimistic"]["mR"]
        assert values["equal_right_mR"] >= values["mR"]
    assert content["aligned"]["gain_mR"] == {"value": 0, "low": 0, "high": 0}
    told = capsys.readouterr()
    assert "6 images, 12 captions (12 distinct)" in told.out
    assert "images: 6 of 6" in told.err


def test_recall_by_class_is_of_the_classes_own_queries(made):
    """By hand on a few ranks; images without a class are left out."""
    dataset = load_dataset(made / "data", "val")
    names = ("ship", "ship", "car", "car", "car", None)
    records = tuple(
        replace(record, class_name=name)
        for record, name in zip(dataset.records, names, strict=True)
    )
    own = dataset.caption_to_image  # two captions an image
    counts = [
        RankCounts(np.array(above), np.ones(len(above), int), np.ones(len(above), int))
        for above in ([0, 20, 3, 4, 20, 0], [0, 0, 20, 20, 0, 20, 0, 0, 0, 0, 0, 0])
    ]
    found = by_class(Retrieval(*counts, own), replace(dataset, records=records))
    assert list(found) == ["car", "ship"]
    assert found["ship"] == {"n_images": 2, "i2t_r10": 50, "t2i_r10": 50}
    assert found["car"]["n_images"] == 3
    assert found["car"]["i2t_r10"] == pytest.approx(200 / 3)
    assert found["car"]["t2i_r10"] == pytest.approx(500 / 6)


def test_the_table_has_a_line_for_each_ranking(made, capsys):
    """With the JSON's values, and a word on what is off; what equals another is named below."""
    assert evaluate(made) == 0
    lines = capsys.readouterr().out.splitlines()
    equal = {stage.name for stage in STAGES if stage.fusion_off(TUNED)}
    assert equal
    shown = {line.split()[0] for line in lines if line.strip()}
    assert (shown >= NAMES - equal, shown & equal) == (True, set())
    (note,) = (line for line in lines if line.startswith("Rankings with it that equal one"))
    assert equal <= set(note.replace(",", "").split())
    assert "SMR is off for i2t: it gained nothing on validation data." in lines
    assert any(
        line.startswith("Fusion has weight 0 in the final ranking for i2t") for line in lines
    )


def test_the_numbers_are_those_of_the_metrics():
    """The aligned ranking measured by hand from the same embeddings."""
    split, bank = random_split(15), random_bank()
    evaluation = evaluate_embeddings(split, bank, TUNED, fusion=tiny_fusion(), top=4)
    sims = (split.text_embeds @ split.image_embeds.T)[split.caption_group]
    expected = retrieval(sims.T, sims, split.caption_to_image).metrics()
    assert evaluation.stages[ALIGNED].metrics == expected
    equal = retrieval(sims.T, sims, split.caption_to_image, caption_group=split.caption_group)
    assert evaluation.stages[ALIGNED].equal_right == equal.metrics()
    assert evaluation.n_distinct == 41
    table = format_table(evaluation)
    assert f"{expected.mR:6.2f}" in table.splitlines()[2]


def test_without_fusion_its_stages_are_those_before():
    """During training there may be no matching head yet."""
    evaluation = evaluate_embeddings(random_split(), random_bank(), TUNED, baselines=False)
    stages = evaluation.stages
    assert stages[FUSED].metrics == stages[ALIGNED].metrics
    assert stages[FINAL].metrics == stages[ALIGNED_SMR].metrics
    assert stages[ALIGNED_SMR].metrics != stages[ALIGNED].metrics


def test_fusion_changes_what_it_has_weight_in():
    """Text to image in the final ranking, image to text in the fused one."""
    evaluation = evaluate_embeddings(
        random_split(), random_bank(), TUNED, fusion=tiny_fusion(), top=6, baselines=False
    )
    counts = {stage: result.retrieval for stage, result in evaluation.stages.items()}

    def differs(direction, one, other):
        a, b = (getattr(counts[name], direction).above for name in (one, other))
        return not np.array_equal(a, b)

    assert differs("t2i", FINAL, ALIGNED_SMR)
    assert not differs("i2t", FINAL, ALIGNED_SMR)
    assert differs("i2t", FUSED, ALIGNED)
    assert not differs("t2i", FUSED, ALIGNED)


def test_a_data_set_is_measured_whole_without_a_split(made, capsys):
    """What has no splits can be measured; on how many pictures, and that they are few, is said."""
    line = ["evaluate", "--data", str(made / "data"), "--checkpoint", str(made / "tiny")]
    assert main(line) == 0
    told = capsys.readouterr().out
    assert "all splits together: " in told
    assert main([*line, "--limit", "4"]) == 0
    assert "The gallery has only 4 images" in capsys.readouterr().out
    assert main([*line, "--limit", "1"]) == 0
    told = capsys.readouterr().out
    assert "(no interval)" in told
    assert "One image is too few for an interval." in told


def test_limit_takes_the_first_images(made, tmp_path):
    assert evaluate(made, "--limit", "2", "--json", str(tmp_path / "out.json")) == 0
    assert json.loads((tmp_path / "out.json").read_text())["n_captions"] == 4


def test_a_broken_image_is_named_and_left_out_on_request(made, tmp_path, capsys):
    root = tiny_dataset(tmp_path / "data", 4, splits=("val",))
    (root / "images" / "scene_0002.png").write_bytes(b"no picture")
    line = ["evaluate", "--data", str(root), "--checkpoint", str(made / "tiny"), "--split", "val"]
    assert main(line) == 2
    assert "scene_0002.png cannot be read" in capsys.readouterr().err
    assert main([*line, "--on-error", "skip"]) == 0
    told = capsys.readouterr()
    assert "3 images, 6 captions" in told.out
    assert "left out: scene_0002.png" in told.err


def test_a_folder_without_captions_is_refused_in_one_sentence(made, capsys):
    """A plain folder has no splits, and no captions to measure with."""
    images = made / "data" / "images"
    assert main(["evaluate", "--data", str(images), "--split", "val"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_checkpoint_is_measured_with_its_own_ranking(made):
    from cmpagl.model.checkpoint import open_checkpoint

    evaluation, used = evaluate_split(
        open_checkpoint(made / "tiny"), load_dataset(made / "data", "train")
    )
    assert evaluation.ranking == TUNED
    assert len(used) == evaluation.n_images == 6
