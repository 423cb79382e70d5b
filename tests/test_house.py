"""What the repository may hold: sizes, kinds of files, nobody's pictures, nobody's captions."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY.parent / "shared" / "data"

MB = 1_000_000
BUDGET = 250 * MB  # of all tracked files: model, gallery, screenshots, code
WEIGHTS = 100 * MB  # of one file, the limit of common hosts
OTHER = 20 * MB  # of one file that is no weights: the gallery index keeps its image tokens in one

TOP_LEVEL = {
    *(".ci", ".gitignore", "ARCHITECTURE.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE"),
    *("Makefile", "NOTICE", "README.md", "app", "app.py", "assets", "benchmarks", "checkpoints"),
    *("cmpagl", "constraints.txt", "docs", "pyproject.toml", "requirements.txt", "tests"),
}
UNPICKLED = {".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".joblib", ".dill"}
GENERATED = {".pyc", ".log", ".tmp", ".zip", ".tar", ".gz", ".whl", ".onnx", ".ipynb"}
PICTURES = {".webp", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".gif"}
PROSE = {".py", ".md", ".txt", ".toml", ".cff", ".yml", ".yaml", ".sh", ".css", ".js", ""}


def tracked():
    """Every file that git tracks and that is there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True
    )
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in map(REPOSITORY.joinpath, names) if path.is_file()]


TRACKED = tracked()


def digest(path):
    return hashlib.sha256(path.read_bytes()).digest()


def words_of(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def test_the_top_level_is_fixed():
    assert {path.relative_to(REPOSITORY).parts[0] for path in TRACKED} <= TOP_LEVEL


def stem(name):
    """A module's name without the endings by which words of one family differ."""
    endings = re.compile(r"(ings?|ers?|ions?|ed|es|s|e)$")
    return "_".join(endings.sub("", endings.sub("", word)) for word in name.split("_"))


NAMED_AFTER = ("cmpagl/cli", "app/words")
"""Rooms whose modules are called as what they stand for: a command, the words of a tab."""


def test_no_module_is_named_like_another():
    """No `stage` here and `stages` there, in whatever room: where two names of the library, or of
    the page, are not the very same, they differ by more than an ending."""
    for package in ("cmpagl", "app"):
        alike = {}
        for path in TRACKED:
            where = path.relative_to(REPOSITORY)
            room = where.parent.as_posix()
            if path.suffix == ".py" and where.parts[0] == package and room not in NAMED_AFTER:
                alike.setdefault(stem(path.stem), {}).setdefault(path.stem, []).append(str(where))
        assert not [names for names in alike.values() if len(names) > 1]


def test_names_of_one_family_are_told():
    """The test above can fail."""
    families = ("ranking rankings ranked ranker", "fusion fusing", "index indexing", "tune tuning")
    for family in families:
        assert len({stem(name) for name in family.split()}) == 1, family
    assert len({stem(name) for name in ("records", "rows", "tables", "work")}) == 4


def test_sizes_are_within_budget():
    """A clone stays small, and no file is one that a host refuses."""
    sizes = {path: path.stat().st_size for path in TRACKED}
    assert sum(sizes.values()) < BUDGET
    for path, size in sizes.items():
        limit = WEIGHTS if path.suffix == ".safetensors" else OTHER
        assert size < limit, f"{path.relative_to(REPOSITORY)} has {size / MB:.1f} MB"


def test_no_file_that_runs_code_when_loaded_or_was_generated():
    for path in TRACKED:
        assert path.suffix not in UNPICKLED | GENERATED, path.relative_to(REPOSITORY)


def test_arrays_hold_no_objects():
    """Every tracked NumPy file opens with pickling refused."""
    for path in TRACKED:
        if path.suffix == ".npy":
            np.load(path, allow_pickle=False, mmap_mode="r")
        elif path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                assert all(arrays[name].dtype != object for name in arrays.files)


def test_text_files_name_no_machine():
    """No absolute path of somebody's home or work folder."""
    somewhere = re.compile(r"(?<![\w./:-])/(?:home|Users|root|work|mnt)/\w")
    for path in TRACKED:
        if path.suffix in PROSE | {".json"}:
            found = somewhere.search(path.read_text("utf-8"))
            assert not found, f"{path.relative_to(REPOSITORY)}: {found}"


@pytest.mark.skipif(not DATA.is_dir(), reason="the data sets are not beside this checkout")
def test_no_picture_of_a_data_set_is_tracked():
    """No tracked picture is, byte for byte, one of the data sets'."""
    ours = {}
    for path in TRACKED:
        if path.suffix.lower() in PICTURES:
            ours.setdefault(path.stat().st_size, []).append(path)
    for path in DATA.glob("*/images/**/*"):
        same_size = ours.get(path.stat().st_size, []) if path.is_file() else []
        if same_size:
            assert digest(path) not in set(map(digest, same_size)), path.name


@pytest.mark.skipif(not DATA.is_dir(), reason="the data sets are not beside this checkout")
def test_no_caption_of_a_data_set_is_in_code_or_documents():
    """No nine words in a row of a caption; shorter ones may meet by chance."""
    length = 9
    captions = set()
    for path in DATA.glob("*/dataset_*.json"):
        for image in json.loads(path.read_text("utf-8"))["images"]:
            for sentence in image["sentences"]:
                words = words_of(sentence["raw"])
                captions.update(
                    tuple(words[i : i + length]) for i in range(len(words) - length + 1)
                )
    assert captions
    for path in TRACKED:
        if path.suffix in PROSE and path.name not in ("LICENSE", "constraints.txt"):
            words = words_of(path.read_text("utf-8"))
            for i in range(len(words) - length + 1):
                assert tuple(words[i : i + length]) not in captions, (path.name, words[i])


def test_licence_and_notices_are_whole():
    """Apache-2.0's full text, and each work that what ships is derived from or copies."""
    licence = (REPOSITORY / "LICENSE").read_text("utf-8")
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    notice = (REPOSITORY / "NOTICE").read_text("utf-8")
    for work in ("DINOv2", "all-MiniLM-L6-v2", "plotly.js", "timm", "Swin Transformer"):
        assert work in notice


def test_the_citation_names_the_paper():
    """Valid YAML with the keys that the format requires, and the paper as preferred citation."""
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    paper = citation["preferred-citation"]
    assert [author["family-names"] for author in paper["authors"]] == ["Sun", "Zhao", "Liu", "Kaup"]
    assert (paper["year"], paper["volume"], paper["number"]) == (2024, 62, "4709118")


def test_every_dependency_has_a_tested_version():
    """Each line of requirements.txt is pinned in constraints.txt, inside its own range."""
    pinned = {}
    for line in (REPOSITORY / "constraints.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, version = line.split("==")
            pinned[name.lower().replace("_", "-")] = version
    for line in (REPOSITORY / "requirements.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            wanted = Requirement(line)
            assert wanted.specifier.contains(pinned[wanted.name]), line


def test_make_train_trains_what_ships():
    """The Makefile's settings are a run's, and it asks for as many data sets as that trains on."""
    from cmpagl.config.run import load_train_config

    defaults = dict(
        re.findall(r"^(\w+) +\?= (.+)$", (REPOSITORY / "Makefile").read_text("utf-8"), re.M)
    )
    config = load_train_config(REPOSITORY / defaults["CONFIG"])
    asked = subprocess.run(["make", "train"], cwd=REPOSITORY, capture_output=True, text=True)
    assert asked.returncode == 2
    (sentence,) = asked.stderr.splitlines()
    (example,) = re.findall(r'DATA="([^"]+)"', sentence)
    sets = [*example.split(), defaults["DRAWN"]]
    assert len(config.data_groups) == len(config.data_repeats) == len(sets)


def test_nothing_is_looked_for_beside_the_checkout():
    """No default, example or command names a folder that only its writers have."""
    for path in TRACKED:
        where = path.relative_to(REPOSITORY).as_posix()
        records = where.startswith("docs/results/") or where.endswith("config.json")
        if path.suffix in PROSE and not records and not where.startswith("tests/"):
            assert "../shared" not in path.read_text("utf-8"), where
