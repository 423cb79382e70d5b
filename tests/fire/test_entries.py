"""What else a person, another program or a stranger hands in: each is taken, or one sentence."""

import hashlib
import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fire_kit import COUNTS, altered, anything, holds, judged, leaves, many, some, spoiled, texts
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file
from tiny import tiny_checkpoint

from app.search.judging import judging_shown
from app.serving.accounts import read_accounts
from cmpagl.collections.collections import Collections
from cmpagl.collections.kept import read_kept
from cmpagl.config.ranking import UNTUNED
from cmpagl.data.vectors import read_vectors
from cmpagl.judge.judgments import JudgedQuery, qrels, read_qrels
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.kept_bank import keep_bank
from cmpagl.store.importing import import_vectors

QUERIES = [JudgedQuery("q1", "a pond", {"a b.png": 1, "50%.png": 0}), JudgedQuery("q2", "a road")]


def counted(kind, sentence):
    COUNTS[f"{kind} {'refused' if sentence else 'read'}"] += 1


@many
@given(st.data())
def test_trec_judgments(data):
    """Any text as qrels: grades from 0 to 10, or one sentence."""
    lines = st.tuples(
        st.sampled_from(["q1", "q2", "q3", ""]),
        st.just("0"),
        st.sampled_from(["a%20b.png", "c.png", "%zz", "%"]) | texts,
        st.integers(-200, 200).map(str) | texts,
    ).map(" ".join)
    text = "\n".join(data.draw(st.lists(lines, max_size=4)))
    text = spoiled(text, data.draw).decode("utf-8", "replace")
    found, sentence = judged(read_qrels, QUERIES, text)
    for query in found or ():
        assert all(0 <= grade <= 10 for grade in query.grades.values())
    counted("qrels", sentence)


@many
@given(st.dictionaries(st.text(min_size=1, max_size=12), st.integers(0, 10), max_size=5))
def test_trec_judgments_come_back(grades):
    """Whatever scenes are called, each is one word there, and the same again."""
    lines = qrels([JudgedQuery("q", "a", grades)])
    (again,) = read_qrels([JudgedQuery("q", "a")], "\n".join(lines))
    assert again.grades == grades


KEPT = {
    "tags": [{"name": "ponds", "colour": 1, "note": "n", "scenes": [{"version": "ab", "id": "a"}]}],
    "searches": [{"name": "s", "params": {"q": "a pond"}, "seen": ["ab"]}],
    "history": [],
    "judged": [{"query": "q", "grades": {"a": 1}, "before": ["a"], "after": ["b"], "id": ""}],
}


@some
@given(st.data())
def test_collections(tmp_path_factory, data):
    """A file that was taken away and changed meanwhile: what is brought back can be read again."""
    content = altered(KEPT, data.draw)
    kept = Collections(tmp_path_factory.mktemp("kept") / "index")
    _, sentence = judged(lambda: [kept.bring(content), kept.read()])
    kept.read().to_json()
    counted("collections", sentence)
    _, sentence = judged(read_kept, data.draw(anything))
    counted("collections", sentence)


@many
@given(st.data())
def test_accounts(tmp_path_factory, data):
    """A file of passwords in any encoding: names without blanks around them, or one sentence."""
    path = tmp_path_factory.getbasetemp() / "accounts"
    path.write_bytes(spoiled("# ours\nada:a word: of hers\n\nbob:b\n", data.draw))
    path.chmod(0o600)
    found, sentence = judged(read_accounts, path)
    for name, word in found or ():
        assert name.strip() == name != ""
        assert word
        assert "\ufeff" not in name
    counted("accounts", sentence)


nearly_judged = st.fixed_dictionaries(
    {
        "query": texts | anything,
        "grades": st.dictionaries(texts, leaves) | anything,
        "before": st.lists(texts, max_size=3) | anything,
        "after": st.lists(texts, max_size=3) | anything,
    },
    optional={"id": texts | anything, "run": st.lists(texts, max_size=3) | anything},
)


@many
@given(st.fixed_dictionaries({"judged": st.lists(nearly_judged, max_size=3) | anything},
                             optional={"run": texts | anything, "file": anything}))  # fmt: skip
def test_judging_on_the_page(asked):
    """What a script says of grades: a table, or one sentence."""
    _, sentence = judged(judging_shown, asked)
    counted("judging", sentence)


NUMBERS = st.sampled_from([np.nan, np.inf, 0.0, 1e38, -1e300, 1e-45, 1.0])
KINDS = st.sampled_from(["float32", "float64", "float16", "int8", "uint64", "complex64", "bool"])


def vectors_file(folder, data):
    """A file of vectors, of any form, type and shape, with names and notes of any kind."""
    draw = data.draw
    shape = draw(st.just([4, 3]) | st.just([4, 3]) | st.lists(st.integers(0, 4), max_size=3))
    values = np.resize(np.arange(1, 7), shape).astype(draw(KINDS))
    if values.size and values.dtype.kind == "f" and draw(st.booleans()):
        with np.errstate(over="ignore"):
            values.reshape(-1)[draw(st.integers(0, values.size - 1))] = draw(NUMBERS)
    names = draw(st.lists(texts, min_size=len(values) if values.ndim else 0, max_size=4))
    form = draw(st.sampled_from(["npy", "safetensors", "parquet", "parquet", "tif"]))
    path = folder / f"v.{form}"
    if form == "npy":
        np.save(path, values)
        if draw(st.booleans()):
            (folder / "v.json").write_text(json.dumps(draw(anything | st.just(names))))
    elif form == "safetensors" and values.dtype.kind != "c":
        notes = {"emb:model": "m"}
        if draw(st.booleans()):
            notes["ids"] = json.dumps(draw(anything | st.just(names)))
        save_file({"vectors": np.ascontiguousarray(values)}, path, notes)
    elif form == "parquet" and values.ndim == 2 and values.dtype.kind != "c" and shape[0]:
        notes = {"emb": json.dumps(draw(st.just({"dimensions": shape[1]}) | anything))}
        geo = {"primary_column": "geometry", "columns": {"geometry": {"crs": None}}}
        notes["geo"] = json.dumps(altered(geo, draw))
        named = [(names or ["a"])[n % max(1, len(names))] + str(n) for n in range(shape[0])]
        columns = {
            "embedding": pa.array(values.tolist()),
            "id": [name.encode("utf-8", "replace").decode() for name in named],
            "geometry": [draw(st.binary(max_size=60)) for _ in named],
        }
        pq.write_table(pa.table(columns).replace_schema_metadata(notes), path)
    else:
        path.write_bytes(draw(st.binary(max_size=200)))
    return path


@some
@given(st.data(), st.booleans())
def test_vectors(tmp_path_factory, data, of_texts):
    """Of others' making: each read one has a length of 1 and a name of its own, or a sentence."""
    path = vectors_file(tmp_path_factory.mktemp("vectors"), data)
    content = path.read_bytes()
    if content and data.draw(st.integers(0, 3)) == 0:
        at = data.draw(st.integers(0, len(content) - 1))
        path.write_bytes(content[:at] + data.draw(st.binary(max_size=4)) + content[at + 2 :])
    found, sentence = judged(lambda: read_vectors(path, of_texts=of_texts))
    if found is not None:
        lengths = np.linalg.norm(found.embeds, axis=1)
        holds(np.allclose(lengths, 1, atol=1e-3), "silently wrong", "vectors of another length")
        assert len(set(found.names)) == len(found.names) == len(found.embeds) > 0
        assert all(name.encode() is not None for name in found.names)
    counted("vectors", sentence)


@pytest.fixture(scope="module")
def given_vectors(tmp_path_factory):
    """The folder of a model of vectors alone, with texts of its own."""
    folder = tmp_path_factory.mktemp("given")
    rows = np.eye(4, 3, dtype=np.float32) + 0.1
    for name, column, words in (("v", "id", "abcd"), ("t", "text", ["a b", "A B", "c", "d"])):
        table = pa.table({column: list(words), "embedding": pa.array(rows.tolist())})
        pq.write_table(table, folder / f"{name}.parquet")
    vectors, known = (read_vectors(folder / f"{n}.parquet", of_texts=n == "t") for n in "vt")
    import_vectors(vectors, folder / "v.parquet", folder / "index", texts=known, with_map=False)
    return folder / "index" / "model"


def asked_of(folder):
    """All that a model answers to a text, as far as it reads any."""
    checkpoint = open_checkpoint(folder)
    tower, tokenizer = checkpoint.text_tower(), checkpoint.tokenizer()
    return checkpoint.name, checkpoint.fingerprint, tower, tokenizer.encode("a b").ids


@some
@given(st.data())
def test_a_model_of_vectors(given_vectors, tmp_path_factory, data):
    """Its description, its texts or their vectors changed: it opens, or one sentence."""
    copy = tmp_path_factory.mktemp("copy") / "model"
    shutil.copytree(given_vectors, copy)
    name = data.draw(st.sampled_from(["config.json", "config.json", "tokenizer.json", "vectors"]))
    if name == "vectors":
        shape = data.draw(st.lists(st.integers(0, 5), max_size=3))
        values = np.full(shape, data.draw(NUMBERS), np.float32)
        tensor = data.draw(st.sampled_from(["text_embeds", "x"]))
        save_file({tensor: values}, copy / "texts.safetensors")
    else:
        said = json.loads((copy / name).read_text())
        text = json.dumps(altered(said, data.draw)).encode("utf-8", "surrogatepass")
        (copy / name).write_bytes(text)
    _, sentence = judged(asked_of, copy)
    counted("vectors' model", sentence)


def test_a_model_that_names_itself(given_vectors, tmp_path):
    """As its text tower, or as the model of its bank: one sentence, not a thousand folders deep."""
    copy = tmp_path / "model"
    shutil.copytree(given_vectors, copy)
    said = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(said | {"text": str(copy)}))
    _, sentence = judged(open_checkpoint, copy)
    assert "leads back to it" in sentence
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "bank.json").write_text(json.dumps({"format": 1, "model": "../bank"}))
    _, sentence = judged(open_checkpoint, tmp_path / "bank")
    assert "leads back to it" in sentence


@pytest.fixture(scope="module")
def banked(tmp_path_factory):
    """A bank beside its model."""
    folder = tmp_path_factory.mktemp("bank")
    model = tiny_checkpoint(folder / "tiny")
    keep_bank(folder / "bank", model, model.bank(), UNTUNED, {"bank": {"captions": 3}})
    return folder


@some
@given(st.data())
def test_banks(banked, tmp_path_factory, data):
    """One value of its description, or its vectors, changed, the digest right: what opens fits."""
    copy = tmp_path_factory.mktemp("banks") / "bank"
    shutil.copytree(banked / "bank", copy)
    said = json.loads((copy / "bank.json").read_text()) | {"model": str(banked / "tiny")}
    if data.draw(st.booleans()):
        said = altered(said, data.draw)
    else:
        width = open_checkpoint(banked / "tiny").config.embed_dim
        shapes = st.just([3, width]) | st.lists(st.integers(0, 20), min_size=1, max_size=2)
        parts = {f"{n}_embeds": data.draw(shapes) for n in ("text", "image")}
        parts["image_captions"] = data.draw(st.just(parts["image_embeds"]) | shapes)
        value = data.draw(NUMBERS)
        rows = {name: np.full(shape, value, np.float16) for name, shape in parts.items()}
        save_file(rows, copy / "bank.safetensors")
        content = (copy / "bank.safetensors").read_bytes()
        said["sha256"] = hashlib.sha256(content).hexdigest()
    (copy / "bank.json").write_text(json.dumps(said))
    found, sentence = judged(lambda: open_checkpoint(copy).bank())
    if found is not None:
        width = open_checkpoint(banked / "tiny").config.embed_dim
        assert found.text_embeds.shape[1] == found.image_embeds.shape[1] == width
    counted("bank", sentence)
