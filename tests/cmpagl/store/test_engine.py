"""An approximate index finds what an exact search finds, says how much, and grows."""

from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset, tiny_model_config
from tiny_index import TUNED, build_index, with_smr

from benchmarks.made_index import Part, write_index
from cmpagl.config.ranking import SMRConfig
from cmpagl.data.dataset import ImageRecord, load_dataset
from cmpagl.errors import GalleryError, QueryError
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, LIVE
from cmpagl.search.explain import explain_scene, strike_words
from cmpagl.search.fit import fit
from cmpagl.search.retriever import Retriever
from cmpagl.store import ann, engine, engine_step
from cmpagl.store.gallery import open_gallery

N, FEW = 900, 120
SOFT = with_smr(TUNED, "t2i", SMRConfig("soft", t=8, alpha=1.5))


def part(start, count, width=16):
    """Scenes in clusters, of five classes; every third has a caption of its own."""
    rng = np.random.default_rng(start)
    centres = np.random.default_rng(99).standard_normal((20, width))
    rows = centres[rng.integers(20, size=count)] + 0.4 * rng.standard_normal((count, width))
    embeds = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    numbers = range(start, start + count)
    records = [
        ImageRecord(
            f"{n}.png",
            None,
            (f"scene {n} a",) if n % 3 == 0 else (),
            f"kind {n % 5}",
            columns=(("year", 2000 + n % 50),),
        )
        for n in numbers
    ]
    texts = [caption for record in records for caption in record.captions]
    own = embeds[[n - start for n in numbers if n % 3 == 0]]
    return Part(
        records,
        embeds,
        [b""] * count,
        np.zeros((count, 6), np.float32),
        texts,
        own,
        np.zeros((len(own), 6), np.float32),
    )


def write(folder, checkpoint, *parts):
    made = [
        replace(one, records=[replace(r, path=folder / r.image_id) for r in one.records])
        for one in parts
    ]
    write_index(folder / "index", folder, "made", made, checkpoint, mode="candidates")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """900 scenes, of which a search finds 120."""
    folder = tmp_path_factory.mktemp("engine")
    checkpoint = tiny_checkpoint(folder / "model", config=tiny_model_config(ranking=SOFT))
    with pytest.MonkeyPatch.context() as patch:
        for module in (engine, engine_step):
            patch.setattr(module, "FOUND", FEW)
        write(folder, checkpoint, part(0, N))
        yield folder, checkpoint


@pytest.fixture
def both(made):
    """The same index, searched exactly and by candidates."""
    folder, checkpoint = made
    galleries = (
        open_gallery(folder / "index", checkpoint, mode=m) for m in ("exact", "candidates")
    )
    return tuple(Retriever(gallery, checkpoint) for gallery in galleries)


def asked(retriever, kind):
    if kind == "text":
        return retriever.query_text("two planes beside a house")
    scene = retriever.query_scene(7)
    return scene if kind == "scene" else retriever.query_mixed(asked(retriever, "text"), scene, 0.4)


@pytest.mark.parametrize("kind", ["text", "scene", "mixed"])
@pytest.mark.parametrize("alpha", [0.0, 1.5, 3.0])
def test_the_first_are_those_of_an_exact_search(both, kind, alpha):
    """Before and after reranking, as alpha moves, with the very scores; and a few are enough."""
    settings = with_smr(SOFT, "t2i", SMRConfig("soft", t=8, alpha=alpha))
    settings = with_smr(settings, "i2t", SMRConfig("soft", t=6, alpha=alpha))
    exact, few = (asked(retriever, kind) for retriever in both)
    stages = (ALIGNED, ALIGNED_SMR)
    items = both[1].candidates(few, stages=stages, ranking_config=settings)
    assert FEW - 1 <= len(items) <= 2 * FEW
    for stage in stages:
        wanted = both[0].ranking(exact, stage, ranking_config=settings)
        found = both[1].ranking(few, stage, ranking_config=settings, candidates=items)
        shared = np.isin(wanted.items[:20], found.items)
        assert shared.mean() >= 0.9
        if kind != "mixed":  # whose deviation comes from a sample
            same = [found.score_by_item[item] for item in wanted.items[:20][shared]]
            assert same == pytest.approx(wanted.scores[:20][shared], abs=1e-5)


@pytest.mark.parametrize("kind", ["text", "scene", "mixed"])
def test_what_is_taught_is_found_and_ranked_as_by_an_exact_search(both, kind):
    """Marked scenes lead to others like them, unwanted words take what shows them down."""
    found = []
    for retriever in both:
        query = asked(retriever, kind)
        taught = retriever.teach(query, [3, 40], [11], retriever.query_text("a ship"))
        items = retriever.candidates(query, taught=taught)
        ranking = retriever.ranking(query, ALIGNED_SMR, candidates=items, taught=taught)
        found.append((ranking, items))
    (wanted, _), (few, items) = found
    assert len(items) <= 4 * FEW < N
    shared = np.isin(wanted.items[:20], few.items)
    assert shared.mean() >= 0.9
    same = [few.score_by_item[item] for item in wanted.items[:20][shared]]
    near = 1e-4 if kind == "text" else 0.05  # the scene that asks is in the one deviation only
    assert same == pytest.approx(wanted.scores[:20][shared], abs=near)
    assert set(few.added) == {"examples", "unwanted"}
    with pytest.raises(QueryError, match="marked twice"):
        both[1].teach(asked(both[1], kind), [3], [3])


def test_recall_is_measured_on_the_index_itself(made, both):
    """And kept with it: of the kind of query that is found worst."""
    reach = both[1].gallery.reach
    assert (reach.mode, reach.rows, reach.found, reach.top) == ("candidates", N, FEW, 60)
    vectors = both[0].gallery.image_vectors
    shares = []
    for kinds in engine_step._queries(work_of(made), "scenes").values():
        for products in kinds:
            exact = [np.argsort(-(vectors @ product))[:60] for product in products]
            found = [both[1].gallery.engine.search(product) for product in products]
            shares.append(np.mean([np.isin(*pair) for pair in zip(exact, found, strict=True)]))
    assert reach.recall == pytest.approx(min(shares))
    assert reach.recall > 0.9
    assert both[0].gallery.reach.mode == "exact"


def work_of(made):
    from cmpagl.data.dataset import RetrievalDataset
    from cmpagl.store.tables_step import work_on

    return work_on(RetrievalDataset("made", made[0], None, ()), made[1], made[0] / "index")


def test_where_all_are_found_every_answer_is_that_of_an_exact_search(both, monkeypatch):
    """Each stage, the terms of a score, how well anything fits, and what a word does."""
    monkeypatch.setattr(engine, "FOUND", 2 * N)
    exact, all_of_them = (asked(retriever, "text") for retriever in both)
    for stage in (stage for stage in LIVE if not stage.fuses):
        rankings = [r.ranking(q, stage) for r, q in zip(both, (exact, all_of_them), strict=True)]
        assert rankings[0].items.tolist()[:60] == rankings[1].items.tolist()[:60], stage.name
    assert fit(both[0], exact) == fit(both[1], all_of_them)
    terms = [
        explain_scene(r, q, 11, ALIGNED_SMR).steps
        for r, q in zip(both, (exact, all_of_them), strict=True)
    ]
    assert terms[0] == pytest.approx(terms[1], abs=1e-5)
    assert strike_words(both[0], exact) == pytest.approx(strike_words(both[1], all_of_them))
    captions = [r.captions_for_image(asked(r, "scene"), ALIGNED_SMR) for r in both]
    texts = [
        [r.gallery.distinct_captions[item] for item in found.items[:20]]
        for r, found in zip(both, captions, strict=True)
    ]
    assert texts[0] == texts[1]


def test_filters_come_before_the_search(both):
    """The best of a class or a year are found, however far behind the others they are."""
    exact, few = (asked(retriever, "text") for retriever in both)
    gallery = both[1].gallery
    for options in (
        {"class_name": "kind 3"},
        {"where": gallery.read_where("year = 2007")},
        {"class_name": "kind 2", "where": gallery.read_where("year in (2002, 2007, 2012)")},
        {"data_set": "made", "class_name": "kind 1"},
    ):
        allowed = both[0].candidates(exact, **options)
        wanted = both[0].ranking(exact, ALIGNED, candidates=allowed).items[:10]
        found = both[1].candidates(few, **options)
        assert np.isin(found, allowed).all()
        assert np.isin(wanted, found).mean() >= 0.9
    with pytest.raises(QueryError, match="No scene is left"):
        both[1].candidates(few, class_name="none")


def test_rows_are_read_when_asked_for(both):
    """Records, captions and what belongs together are the same, held or not."""
    held, far = (retriever.gallery for retriever in both)
    assert far.records == held.records
    assert far.records[-1] == held.records[-1]
    assert far.records[5:8] == held.records[5:8]
    assert (far.records.find("17.png"), far.content_hashes[3]) == (17, held.content_hashes[3])
    assert (far.n_captions, len(far.distinct_captions)) == (300, 300)
    assert far.class_names == held.class_names
    assert far.columns == held.columns
    assert far.records.containing("KIND 4", 3) == [4, 9, 14]
    for text, scene in (("Scene 6 a.", 6), ("nothing", None)):
        expected = [] if scene is None else [scene]
        assert [one.captioned.scenes_of(text).tolist() for one in (far, held)] == [expected] * 2
    own = far.captioned.of_scene(6)
    assert [far.distinct_captions[int(n)] for n in own] == ["scene 6 a"]
    assert not len(far.captioned.of_scene(7))
    assert np.array_equal(far.image_vectors, held.image_vectors)


def test_a_damaged_row_is_refused_when_it_is_read(made, tmp_path):
    """Opening reads no row; the digest of each guards what is read later."""
    import shutil

    import lance

    index = shutil.copytree(made[0] / "index", tmp_path / "index")
    path = str(index / "scenes.lance")
    lance.dataset(path).update({"class_name": "'other'"}, where="image_id = '4.png'")
    lance.dataset(path).tags.update("whole", lance.dataset(path).version)
    gallery = open_gallery(index, made[1], mode="candidates")
    at = gallery.records.find("4.png")
    with pytest.raises(GalleryError, match=r"record of the scene of '4\.png'"):
        _ = gallery.records[at]


def test_a_growing_index_finds_what_came_later(tmp_path, made, monkeypatch):
    """New scenes are found at once; the index is brought up to date, but for very few of them."""
    checkpoint, measured = made[1], 0
    monkeypatch.setattr(ann, "_AWAY", 0.01)
    for start, count in ((0, 300), (300, 20), (320, 400), (720, 3), (723, 3)):
        write(tmp_path, checkpoint, part(start, count))
        gallery = open_gallery(tmp_path / "index", checkpoint, mode="candidates")
        retriever = Retriever(gallery, checkpoint)
        assert len(gallery) == start + count
        said = gallery.description.engines["scenes"]
        measured = start + count if count > 3 else measured
        assert said["rows"] == measured
        newest = gallery.records.find(f"{start + count - 1}.png")
        query = retriever.text_query(*like(gallery, newest))
        assert retriever.ranking(query, ALIGNED).items[0] == newest


def like(gallery, scene):
    """What `Retriever.text_query` takes, for a text that lies where a scene does."""
    from cmpagl.search.query import QueryText

    return QueryText("made", ("made",)), gallery.embeds_of(np.array([scene]))[0], None


def test_a_small_index_of_pictures_is_searched_either_way(tmp_path, made):
    """Made without an approximate index, Lance compares every row: slower, and exact."""
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 5))
    build_index(dataset, made[1], tmp_path / "index", with_map=False)
    gallery = open_gallery(tmp_path / "index", made[1], mode="candidates")
    retriever = Retriever(gallery, made[1])
    assert gallery.reach.recall == 1.0
    assert len(retriever.ranking(retriever.query_text("a plane")).items) == 5
