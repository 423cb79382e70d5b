"""What a user's own table says beside captions is kept, whatever form the table has."""

import datetime
import io
import json
import tarfile

import pyarrow as pa
import pyarrow.parquet
import pytest
from fake_sets import draw_images

from cmpagl.data.columns import kept_columns
from cmpagl.data.dataset import load_dataset

SAID = {"sensor": "WV-2", "year": 2019, "cloud": 0.25, "taken": "2019-06-01"}


def columns_of(root):
    return [dict(record.columns) for record in load_dataset(root).records]


@pytest.fixture
def pictures(tmp_path):
    draw_images(tmp_path, ("a.png", "b.png"))
    return [tmp_path / "a.png", tmp_path / "b.png"]


def test_a_table_of_captions_keeps_its_other_columns(tmp_path, pictures):
    """A row a caption: what a later row adds is joined, what it says otherwise is not."""
    first, second = (path.name for path in pictures)
    (tmp_path / "captions.csv").write_text(
        "image,caption,sensor,year\n"
        f"{first},a plane,WV-2,\n{first},two planes,WV-3,2019\n{second},a ship,nan,2020\n"
    )
    assert columns_of(tmp_path) == [{"sensor": "WV-2", "year": "2019"}, {"year": "2020"}]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_metadata_keeps_its_other_columns(tmp_path, pictures, form):
    """Also beside a second column that could hold captions, and without any caption."""
    lines = [{"file_name": path.name, **SAID} for path in pictures]
    if form == "jsonl":
        text = "\n".join(json.dumps({**line, "boxes": [1, 2], "note": None}) for line in lines)
    else:
        rows = [lines[0], *(line.values() for line in lines)]
        text = "\n".join(",".join(map(str, row)) for row in rows)
    (tmp_path / f"metadata.{form}").write_text(text)
    found = columns_of(tmp_path)
    assert found == [SAID if form == "jsonl" else {k: str(v) for k, v in SAID.items()}] * 2


def test_parquet_keeps_plain_columns(tmp_path, pictures):
    """Numbers, dates, truths and texts, not lists; dates as ISO writes them."""
    table = {"image": [path.read_bytes() for path in pictures], "year": [2019, None]}
    table |= {"day": [datetime.date(2019, 6, 1)] * 2, "night": [True, False], "many": [[1], [2]]}
    pa.parquet.write_table(pa.table(table), tmp_path / "all.parquet")
    for path in pictures:
        path.unlink()
    assert columns_of(tmp_path) == [
        {"year": 2019, "day": "2019-06-01", "night": "yes"},
        {"day": "2019-06-01", "night": "no"},
    ]


def test_a_tar_keeps_what_its_json_says(tmp_path, pictures):
    with tarfile.open(tmp_path / "all.tar", "w") as tar:
        for number, path in enumerate(pictures):
            said = json.dumps({"caption": "a plane", **SAID}).encode()
            for name, content in ((f"{number}.png", path.read_bytes()), (f"{number}.json", said)):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            path.unlink()
    assert columns_of(tmp_path) == [SAID, SAID]


def test_what_no_filter_could_hold_is_left_out():
    said = {"a": float("nan"), "b": "", "c": "N/A", "d": {}, "e": "\ud800", " ": 1, " f ": " x "}
    assert kept_columns({**said, "g": 2**60}) == (("f", "x"), ("g", str(2**60)))
