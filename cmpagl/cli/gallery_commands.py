"""What the commands that make and search indexes take."""

from __future__ import annotations

import argparse

from cmpagl.cli.arguments import (
    DATA_HELP,
    NOTHING_KEPT,
    Command,
    add_checkpoint,
    add_chips,
    add_json_file,
    add_limit,
    add_mode,
    add_on_error,
    add_reading,
    data_set,
    existing_file,
    index_place,
    new_file,
    new_folder,
    new_index_place,
    one_of,
    positive_int,
)

__all__ = ["IMPORT", "INDEX", "JUDGE", "SEARCH"]


def _index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=data_set,
        action="append",
        required=True,
        help=f"{DATA_HELP}; captions are optional; give it several times to search several as one",
    )
    parser.add_argument(
        "--split", metavar="NAME", help="only this split of the data set (default: every image)"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=new_index_place,
        required=True,
        help="folder of the index, here or in an object store (s3://BUCKET/PATH, gs://, az://)",
    )
    add_checkpoint(parser)
    add_limit(parser)
    add_on_error(parser)
    add_reading(parser)
    add_chips(parser)
    parser.add_argument(
        "--no-map",
        action="store_true",
        help="leave out the UMAP coordinates: quicker, without a map (default: make them)",
    )
    parser.add_argument(
        "--refit-map",
        action="store_true",
        help="fit the map again over everything, reading every picture (default: once; what comes "
        "later is placed among its neighbours)",
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help="take scenes out whose pictures are in the data no more (default: keep and name them)",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="make an index of another model anew with this one alone (default: this one's vectors "
        "are added beside, and both can be searched with)",
    )
    parser.add_argument(
        "--tokens",
        action="store_true",
        help="keep what fusion reads of each scene, 18 kB (default: read the picture again)",
    )
    add_mode(parser, "prepare")
    parser.add_argument(
        "--precision",
        metavar="{auto,float32,bfloat16}",
        type=one_of("auto", "float32", "bfloat16"),
        default="float32",
        help="what pictures are embedded in; 'auto' measures which is quicker on this machine and "
        "says so; bfloat16 moves embeddings by about 0.0001 in cosine (default: %(default)s)",
    )
    parser.add_argument(
        "--views",
        metavar="{1,4}",
        type=int,
        choices=(1, 4),
        help="turned views of a scene whose embeddings are averaged; 1 is four times as quick as 4 "
        "and finds less: of the shipped model 21.5 instead of 22.9 mR on RSICD's val "
        "(default: as many as the model was tuned with)",
    )
    parser.add_argument(
        "--engine",
        metavar="{local,ray}",
        type=one_of("local", "ray"),
        default="local",
        help="where pictures are embedded: 'local' in this process, 'ray' by a process a device of "
        "this machine or of the cluster that RAY_ADDRESS names; needs pip install 'cmpagl[scale]' "
        "(default: %(default)s)",
    )


INDEX = Command(
    "prepare a folder of scenes for search and for the page",
    "Embeds every image and caption once and writes what search and the page open. Run again, "
    "it embeds only what is new or changed, by content; run with another model, it adds that "
    "one's vectors beside those that are there.",
    "index --data photos/ --out photos-index",
    _index,
    "Stopped; the same command goes on where it was.",
)


_WRITTEN = {
    "geojson": "GeoJSON, with a style beside it that QGIS takes",
    "geoparquet": "GeoParquet, with their embeddings",
    "csv": "a table of comma-separated values",
    "chips": "a ZIP of their pictures, with world files, captions as COCO has them and metadata as "
    "the Hugging Face hub has it",
}
"""Files of `search`, and what they are."""


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--index", metavar="DIR", type=index_place, required=True, help="made by 'index'"
    )
    query = parser.add_mutually_exclusive_group(required=True)
    query.add_argument(
        "text",
        metavar="TEXT",
        nargs="?",
        help="what to look for, in English; words after a minus are excluded: 'planes -terminal'",
    )
    query.add_argument(
        "--image", metavar="FILE", type=existing_file, help="look for scenes like this picture"
    )
    add_checkpoint(parser)
    parser.add_argument(
        "--top",
        metavar="N",
        type=positive_int,
        default=10,
        help="how many results (default: %(default)s)",
    )
    parser.add_argument(
        "--no-smr",
        action="store_true",
        help="rank by the aligned similarity alone (default: rerank with SMR)",
    )
    for name, what in _WRITTEN.items():
        parser.add_argument(
            f"--{name}",
            metavar="FILE",
            type=new_file,
            help=f"also write the results as {what} (default: no file)",
        )
    parser.add_argument(
        "--where",
        metavar="FILTER",
        help="only scenes of which this holds, by the columns of the data set's own table: "
        "'year >= 2020 and sensor in (WV-2, WV-3)', 'cloud is missing' (default: all)",
    )
    add_mode(parser, "rank")
    parser.add_argument(
        "--json", action="store_true", help="print the results as JSON (default: as a table)"
    )


SEARCH = Command(
    "search an index by a sentence or a picture",
    "Ranks the scenes of an index for one query, with and without SMR.",
    'search --index photos-index "many white planes beside a long terminal"',
    _search,
    "Stopped.",
)


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--vectors",
        metavar="FILE",
        type=existing_file,
        required=True,
        help="parquet or GeoParquet, safetensors, npy, npz, or a raster of bands as AlphaEarth's",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=new_folder, required=True, help="folder of the index"
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=data_set,
        help="the pictures, by the same names, and their captions (default: each vector is shown "
        "as a tile; like vectors have like colours)",
    )
    parser.add_argument(
        "--column",
        metavar="NAME",
        help="the column or tensor of the vectors (default: the usual names, or the only one)",
    )
    parser.add_argument(
        "--ids",
        metavar="NAME",
        help="the column that says what each is of; for npy and safetensors a file, a name a line "
        "(default: the usual names, a file beside, else numbers)",
    )
    parser.add_argument(
        "--cell",
        metavar="N",
        type=positive_int,
        default=32,
        help="pixels a side that become one vector, where there is a vector a pixel "
        "(default: %(default)s)",
    )
    words = parser.add_mutually_exclusive_group()
    words.add_argument(
        "--text-vectors",
        metavar="FILE",
        type=existing_file,
        help="vectors of texts by the same model, in one of the same forms, named by the texts: "
        "those can then be asked with, and captions of --data that are among them are kept "
        "(default: none)",
    )
    words.add_argument(
        "--text-tower",
        metavar="SOURCE",
        help="folder or hub id of the model that made the vectors, whose text tower then encodes "
        "words (default: none, so only scenes can be asked with)",
    )
    parser.add_argument(
        "--no-map",
        action="store_true",
        help="leave out the UMAP coordinates (default: make them)",
    )
    add_on_error(parser)


IMPORT = Command(
    "search vectors that others have made, such as products of embeddings",
    "Makes an index of vectors as they are: of Clay's, Major TOM's, TESSERA's or AlphaEarth's "
    "layout, or your own. They can be asked with scenes, and with words where a text tower is "
    "named.",
    "import --vectors embeddings.parquet --out earth",
    _import,
    NOTHING_KEPT,
)


def _judge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--queries",
        metavar="FILE",
        type=existing_file,
        required=True,
        help="one query a line, or a CSV with the columns query, scene, grade (and id)",
    )
    parser.add_argument(
        "--index", metavar="DIR", type=index_place, required=True, help="made by 'index'"
    )
    add_checkpoint(parser)
    parser.add_argument(
        "--qrels",
        metavar="FILE",
        type=existing_file,
        help="more judgments, in TREC's form (default: those in --queries, and the captions)",
    )
    for name, stage in (("before", "aligned"), ("after", "smr")):
        parser.add_argument(
            f"--{name}",
            metavar="RANKING",
            default=stage,
            help="a ranking that the page knows: aligned, aligned_smr, smr, csls, ... "
            "(default: %(default)s)",
        )
    parser.add_argument(
        "--pool",
        metavar="FILE",
        type=new_file,
        help="write the first ten of both rankings as a CSV to judge, and measure nothing "
        "(default: measure)",
    )
    parser.add_argument(
        "--write-qrels",
        metavar="FILE",
        type=new_file,
        help="write the judgments in TREC's form (default: none)",
    )
    parser.add_argument(
        "--run",
        metavar="FILE",
        type=new_file,
        help="write the ranking after as a TREC run (default: none)",
    )
    add_json_file(parser, "the figures")


JUDGE = Command(
    "measure rankings by your own queries and judgments",
    "Ranks each query of a set two ways and prints P@10, nDCG@10 and success@1 by what was "
    "judged, with bootstrap intervals and the difference. A query that is a caption of the "
    "gallery counts as judged by it.",
    "judge --queries queries.csv --index photos-index",
    _judge,
    NOTHING_KEPT,
)
