r"""Which way to learn from marked scenes ranks best, and what "not" in words does.

    python -m benchmarks.feedback --index RSICD_VAL --index UCM_VAL [--json FILE]

Marking is simulated: a query's first 5 scenes that nobody has marked are marked, right or wrong,
in three rounds, each on the ranking that the marks so far make. Only one half of a gallery is
marked, the other is ranked: what was marked is no answer. Right is, in an index with classes, a
scene of the class that the query names, and on the drawn gallery, whose content is known, a scene
that shows the thing (in the colour) that it names. Every method adds to the final ranking's scores.

Each family's settings are chosen on one half of the queries and measured on the other, both ways,
by the mean over the sets of precision at 20 after rounds one to three. Precision at 20 is of the
right scenes there are, where those are fewer than 20.

"Not": for every two things of the drawn gallery that are shown together in 5 scenes or more, and
the first without the second in 10 or more: of the first ten scenes for the first, without and with
the second as unwanted words, how many show the second, and how many the first without it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cmpagl.cli.paths import default_checkpoint
from cmpagl.feedback.examples import centred, exclude, standard
from cmpagl.files import write_json
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.scenes.dataset import read_truths
from cmpagl.search.retriever import Retriever
from cmpagl.store.gallery import open_gallery

DRAWN = Path(__file__).resolve().parent.parent / "assets" / "gallery" / "index"
ROUNDS, PER_ROUND = 3, 5
TOP, WITHIN = 20, 50
LEAST, MOST = 10, 1 / 3  # scenes that a query must have, and their share that it may have
TOGETHER, ALONE, FIRST = 5, 10, 10

WORDS = {
    "baseballfield": "a baseball field",
    "baseballdiamond": "a baseball diamond",
    "denseresidential": "a dense residential area",
    "mediumresidential": "a medium residential area",
    "sparseresidential": "a sparse residential area",
    "mobilehomepark": "a mobile home park",
    "railwaystation": "a railway station",
    "storagetanks": "storage tanks",
    "bareland": "bare land",
    "golfcourse": "a golf course",
    "parkinglot": "a parking lot",
    "tenniscourt": "tennis courts",
    "agricultural": "farmland",
    "intersection": "a road intersection",
}
"""What one would type for a class whose name is not that."""

Marks = list[int]
Row = NDArray[np.float64]
Method = Callable[[NDArray[np.float32], Row, Marks, Marks], Row]
"""Centred embeddings, the query's standard scores, good and bad: what is added to the scores."""


@dataclass(frozen=True)
class Case:
    """A gallery with queries: Q queries, G scenes, E embedding width."""

    name: str
    texts: list[str]  # (Q,)
    right: NDArray[np.bool_]  # (Q, G)
    rows: NDArray[np.float32]  # (G, E) centred embeddings
    aligned: Row  # (Q, G) standard scores of the query
    final: Row  # (Q, G) those of the final ranking


def rocchio(weight: float) -> Method:
    """Twice the mean of the good minus the mean of the bad."""

    def method(rows: NDArray[np.float32], _: Row, good: Marks, bad: Marks) -> Row:
        found = np.zeros(len(rows))
        if good:
            found += 2 * weight * (rows @ rows[good].mean(axis=0))
        if bad:
            found -= weight * (rows @ rows[bad].mean(axis=0))
        return found

    return method


def nearest(weight: float, bad_weight: float) -> Method:
    """How near the nearest good one is, minus how near the nearest bad one."""

    def method(rows: NDArray[np.float32], _: Row, good: Marks, bad: Marks) -> Row:
        found = np.zeros(len(rows))
        if good:
            found += weight * (rows @ rows[good].T).max(axis=1)
        if bad:
            found -= bad_weight * (rows @ rows[bad].T).max(axis=1)
        return found

    return method


@dataclass(frozen=True)
class Learning:
    """Logistic regression with the query as its prior.

    Before any mark, a scene's log odds are ``sharpness * (z - threshold)`` of its z-score.
    """

    sharpness: float
    threshold: float
    trust: float  # variance of what marks may add to the log odds
    reach: float | None  # of the kernel exp((cos - 1) / reach); None: linear

    def kernel(self, a: NDArray[np.float32], b: NDArray[np.float32]) -> Row:
        """How far what is known of ``b`` is felt by ``a``."""
        cosines = np.asarray(a @ b.T, np.float64)
        return self.trust * (cosines if self.reach is None else np.exp((cosines - 1) / self.reach))


def classifier(settings: Learning) -> Method:
    """Its most probable function, by Newton's method on a weight for each mark."""

    def method(rows: NDArray[np.float32], prior: Row, good: Marks, bad: Marks) -> Row:
        marks = [*good, *bad]
        if not marks:
            return np.zeros(len(rows))
        wanted = np.repeat([1.0, 0.0], [len(good), len(bad)])
        kernel = settings.kernel(rows[marks], rows[marks])
        before = settings.sharpness * (prior[marks] - settings.threshold)
        weights = np.zeros(len(marks))
        for _ in range(12):
            added = kernel @ weights
            likely = 1 / (1 + np.exp(-np.clip(before + added, -40, 40)))
            curve = np.maximum(likely * (1 - likely), 1e-6)
            aim, root = curve * added + wanted - likely, np.sqrt(curve)
            system = np.eye(len(marks)) + root[:, None] * kernel * root
            weights = aim - root * np.linalg.solve(system, root * (kernel @ aim))
        return settings.kernel(rows, rows[marks]) @ weights / settings.sharpness

    return method


def learnings(*reaches: float | None) -> dict[str, Method]:
    """Logistic regression over a grid."""
    return {
        f"sharpness {sharpness:g}, threshold {threshold:g}, trust {trust:g}, reach {reach}": (
            classifier(Learning(sharpness, threshold, trust, reach))
        )
        for reach in reaches
        for sharpness in (1.0, 2.0)
        for threshold in (1.5, 2.5)
        for trust in (4.0, 16.0)
    }


FAMILIES: dict[str, dict[str, Method]] = {
    "none": {"": lambda rows, prior, good, bad: np.zeros(len(rows))},
    "rocchio": {f"weight {w:g}": rocchio(w) for w in (0.5, 1.0, 2.0, 4.0)},
    "nearest marked": {
        f"weights {w:g}, {b:g}": nearest(w, b) for w, b in ((1, 1), (2, 1), (2, 2), (4, 2), (4, 4))
    },
    "logistic, linear": learnings(None),
    "logistic, kernel": learnings(0.2, 0.3, 0.4),
}


def simulate(case: Case, method: Method) -> NDArray[np.float64]:
    """P@20 and R@50 of the half that is not marked, ``(Q, ROUNDS + 1, 2)``."""
    figures = np.zeros((len(case.texts), ROUNDS + 1, 2))
    for query in range(len(case.texts)):
        marked = np.random.default_rng(query).permutation(case.right.shape[1]) % 2 == 0
        good: Marks = []
        bad: Marks = []
        scores = case.final[query]
        for turn in range(ROUNDS + 1):
            figures[query, turn] = _figures(scores, case.right[query], ~marked)
            order = np.argsort(-scores, kind="stable")
            new = [i for i in order.tolist() if marked[i] and i not in (*good, *bad)]
            for scene in new[:PER_ROUND]:
                (good if case.right[query, scene] else bad).append(scene)
            scores = case.final[query] + method(case.rows, case.aligned[query], good, bad)
    return figures


def _figures(
    scores: Row, right: NDArray[np.bool_], among: NDArray[np.bool_]
) -> tuple[float, float]:
    found = right[among][np.argsort(-scores[among], kind="stable")]
    total = max(1, int(found.sum()))
    return found[:TOP].sum() / min(TOP, total), found[:WITHIN].sum() / total


def by_class(folder: Path, checkpoint: Checkpoint) -> Case:
    """An index whose classes are what is looked for."""
    gallery = open_gallery(folder, checkpoint)
    names = np.array([name or "" for name in gallery.records.values("class_name")])
    classes = sorted(set(names) - {""})
    texts = [WORDS.get(name, name) for name in classes]
    return _case(folder.name, Retriever(gallery, checkpoint), texts, [names == c for c in classes])


def drawn(checkpoint: Checkpoint) -> tuple[Case, Retriever]:
    """The drawn gallery, by what its scenes show."""
    gallery = open_gallery(DRAWN, checkpoint)
    truths = {truth.spec.scene_id: truth for truth in read_truths(gallery.root)}
    shown = [set(_things(truths[Path(r.image_id).stem].objects)) for r in gallery.records]
    things = sorted(
        thing
        for thing in set().union(*shown)
        if LEAST <= sum(thing in scene for scene in shown) <= MOST * len(shown)
    )
    right = [np.array([thing in scene for scene in shown]) for thing in things]
    retriever = Retriever(gallery, checkpoint)
    return _case("drawn", retriever, [thing + "s" for thing in things], right), retriever


def _things(objects: Sequence[object]) -> Iterator[str]:
    for one in objects:
        yield one.kind  # type: ignore[attr-defined]
        if one.colour:  # type: ignore[attr-defined]
            yield f"{one.colour} {one.kind}"  # type: ignore[attr-defined]


def _case(
    name: str, retriever: Retriever, texts: list[str], right: list[NDArray[np.bool_]]
) -> Case:
    queries = [retriever.query_text(text) for text in texts]
    final = [retriever.ranking(query).score_by_item for query in queries]
    return Case(
        name,
        texts,
        np.stack(right),
        centred(retriever.gallery.image_embeds),
        np.stack([standard(query.scores) for query in queries]),
        np.stack([standard(row) for row in final]),
    )


def compare(cases: Sequence[Case]) -> dict[str, object]:
    """Each family by settings that were chosen on other queries, and what is chosen on all."""
    result: dict[str, object] = {}
    for family, settings in FAMILIES.items():
        runs = {name: [simulate(case, m) for case in cases] for name, m in settings.items()}
        figures: dict[str, object] = {}
        held = [np.zeros_like(run) for run in next(iter(runs.values()))]
        for fold in (0, 1):
            best = max(runs, key=lambda name: _mean(runs[name], 1 - fold))
            for own, run in zip(held, runs[best], strict=True):
                own[fold::2] = run[fold::2]
        for case, own in zip(cases, held, strict=True):
            figures[case.name] = {
                "precision_at_20": (100 * own[:, :, 0].mean(axis=0)).round(1).tolist(),
                "recall_at_50": (100 * own[:, :, 1].mean(axis=0)).round(1).tolist(),
            }
        chosen = max(runs, key=lambda name: _mean(runs[name], None))
        overall = float(np.mean([_mean(held, 0), _mean(held, 1)]))
        result[family] = {"chosen": chosen, "held_out": round(100 * overall, 2), "sets": figures}
    return result


def _mean(run: Sequence[NDArray[np.float64]], fold: int | None) -> float:
    """Mean precision at 20 after marking over the sets, of one half of the queries or all."""
    part = slice(None) if fold is None else slice(fold, None, 2)
    return float(np.mean([figures[part, 1:, 0].mean() for figures in run]))


def negation(case: Case) -> dict[str, object]:
    """What unwanted words do to the first ten, in percent."""
    right, n = case.right, len(case.texts)
    pairs = [
        (a, b)
        for a in range(n)
        for b in range(n)
        if a != b
        and (right[a] & right[b]).sum() >= TOGETHER
        and (right[a] & ~right[b]).sum() >= ALONE
    ]
    ways: dict[str, Callable[[int, int], Row]] = {
        "without": lambda a, b: case.final[a],
        "shipped": lambda a, b: case.final[a] + exclude(case.aligned[b]),
        **{
            f"minus {w:g} x score": lambda a, b, w=w: case.final[a] - w * case.aligned[b]
            for w in (0.25, 0.5, 1.0)
        },
    }
    result: dict[str, object] = {"pairs": len(pairs)}
    for name, way in ways.items():
        first = [np.argsort(-way(a, b), kind="stable")[:FIRST] for a, b in pairs]
        both = list(zip(pairs, first, strict=True))
        result[name] = {
            "unwanted": round(100 * float(np.mean([right[b][f].mean() for (_, b), f in both])), 1),
            "wanted": round(100 * float(np.mean([right[a][f].mean() for (a, _), f in both])), 1),
            "wanted_alone": round(
                100 * float(np.mean([(right[a] & ~right[b])[f].mean() for (a, b), f in both])), 1
            ),
        }
    return result


def main() -> None:
    """Measure and print; write ``--json`` if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path, action="append", default=[])
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint())
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    checkpoint = open_checkpoint(args.checkpoint)
    known, _ = drawn(checkpoint)
    cases = [*(by_class(folder, checkpoint) for folder in args.index), known]
    result = {
        "checkpoint": checkpoint.name,
        "queries": {case.name: len(case.texts) for case in cases},
        "methods": compare(cases),
        "not": negation(known),
    }
    print(json.dumps(result, indent=1))
    if args.json is not None:
        write_json(args.json, result)


if __name__ == "__main__":
    main()
