"""The public endpoints, for `gradio_client` and, with ``--mcp``, as tools.

Their docstrings are what both show. Limits: a text has at most 2,000 characters, a picture 10 MB, a
list 60 results; two calls of an endpoint run at once, 64 wait.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import gradio as gr
from gradio.utils import get_upload_folder

from app import service_api
from app.service import Explorer
from app.service_api import RerankResults, SearchResults
from cmpagl.errors import CmpaglError

__all__ = ["publish"]

P = ParamSpec("P")
T = TypeVar("T")


def publish(explorer: Explorer) -> None:
    """Add the endpoints to the `gr.Blocks` that is being built."""

    @_told
    def search_text(
        text: str,
        top: int = 10,
        stage: str = "smr",
        class_name: str = "",
        least: float = -1.0,
        data_set: str = "",
    ) -> SearchResults:
        """Find scenes seen from above by a sentence in English.

        Args:
            text: what the scene should show, such as "two white planes beside a terminal"; at most
                2,000 characters.
            top: how many scenes to give, 1 to 60.
            stage: what to rank by: aligned, aligned_smr, fused, smr (the final ranking), or a
                published baseline: galr, mtfn, dual_softmax, csls, qb_norm.
            class_name: only scenes of this class; empty for all.
            least: only scenes with at least this aligned score, -1 to 1.
            data_set: only scenes of this data set, where the gallery joins several; empty for all.

        Returns:
            the scenes, best first, each with rank, score, image id, class, data set, captions and
            thumbnail.
        """
        return service_api.search(
            explorer,
            text=text,
            top=top,
            stage=stage,
            class_name=class_name,
            least=least,
            data_set=data_set,
        )

    @_told
    def search_image(
        image: str, text: str = "", weight: float = 0.5, top: int = 10, stage: str = "smr"
    ) -> SearchResults:
        """Find scenes seen from above that are like a picture, or like a picture and a sentence.

        Args:
            image: the picture, at most 10 MB.
            text: a sentence in English that is mixed with it; empty for the picture alone.
            weight: of the sentence against the picture, 0 to 1.
            top: how many scenes to give, 1 to 60.
            stage: what to rank by, as in search_text.

        Returns:
            as search_text.
        """
        token = explorer.uploads.keep(image, get_upload_folder())
        return service_api.search(
            explorer, text=text, upload=token, weight=weight, top=int(top), stage=stage
        )

    @_told
    def rerank(
        text: str,
        before: str = "aligned",
        after: str = "smr",
        top: int = 10,
        form: str = "",
        top_k: int | None = None,
        xi: float | None = None,
        alpha: float | None = None,
        lf: float | None = None,
        lb: float | None = None,
        le: float | None = None,
    ) -> RerankResults:
        """Rank scenes for a sentence in two ways, and tell what moved.

        Args:
            text: as in search_text.
            before: stage of the first list, as in search_text.
            after: stage of the second list.
            top: length of both lists, 1 to 60.
            form: of SMR: none, ratio, soft or combined; empty for the tuned one.
            top_k: how many candidates the ratio form reorders, 2 to 200; null for the tuned value.
            xi: decay of SMR's rank terms, 0 to 0.5; null for the tuned value.
            alpha: weight of SMR's soft extreme, 0 to 3; null for the tuned value.
            lf: weight of SMR's forward rank, 0 to 4; null for the tuned value.
            lb: weight of SMR's backward rank, 0 to 4; null for the tuned value.
            le: weight of SMR's extreme-difference ratio, 0 to 4; null for the tuned value.

        Returns:
            "before" and "after", each as search_text; results tell how they moved and their rank
            in the other list.
        """
        weights = {"xi": xi, "alpha": alpha, "lf": lf, "lb": lb, "le": le}
        settings = {"form": form, "top": top_k, **weights}
        return service_api.rerank(
            explorer, text, before=before, after=after, top=top, settings=settings
        )

    @_told
    def neighbors(scene: str, top: int = 10, stage: str = "smr") -> SearchResults:
        """Find the scenes that are most like one of the gallery.

        Args:
            scene: its image id, as other endpoints give it.
            top: how many scenes to give, 1 to 60.
            stage: what to rank by, as in search_text.

        Returns:
            as search_text, without the scene itself.
        """
        return service_api.neighbors(explorer, scene, top=top, stage=stage)

    for function in (search_text, rerank, neighbors):
        gr.api(function, api_name=function.__name__, concurrency_limit=2)
    _publish_with_file(search_image)


def _publish_with_file(function: Callable[..., SearchResults]) -> None:
    """An endpoint whose first argument is a file, which only components receive."""
    with gr.Row(visible=False):
        image = gr.File(label="image", file_types=["image"])
        text = gr.Textbox("", label="text")
        weight = gr.Number(0.5, label="weight")
        top = gr.Number(10, label="top", precision=0)
        stage = gr.Textbox("smr", label="stage")
        found = gr.JSON(label="results")
        button = gr.Button()
    inputs = [image, text, weight, top, stage]
    button.click(function, inputs, found, api_name=function.__name__, concurrency_limit=2)


def _told(function: Callable[P, T]) -> Callable[P, T]:
    """Turn what is wrong with a call into an error that its caller reads."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except CmpaglError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return wrapper
