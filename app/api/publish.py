"""The public endpoints, for `gradio_client` and, with ``--mcp``, as tools.

Callers are told what stands in the code: an endpoint's docstring, the words beside the fields of
the `TypedDict` that it returns, and the rules that hold for all (`API.rules`). Gradio itself
shows an argument's words to tools alone, cut at their first line, and knows no `TypedDict`.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints, is_typeddict

import gradio as gr
from gradio.blocks import BlockFunction
from gradio.components import Component
from gradio.components.api_component import Api
from gradio.context import LocalContext, get_blocks_context
from gradio.utils import get_function_description, get_upload_folder
from gradio_client.utils import python_type_to_json_schema

from app.api import attention as look_endpoint
from app.api import search as service_api
from app.api.attention import AttentionAnswer
from app.api.search import RerankResults, SearchResults
from app.explorer.explorer import Explorer
from app.kit.page import MAX_UPLOAD, visitor_of
from app.query.request import MAX_TEXT, NUMBERS
from app.serving.line import Line
from app.serving.which import about, gallery_of
from app.words.api import API
from cmpagl.config.model import TextConfig
from cmpagl.errors import CmpaglError, QueryError
from cmpagl.rank.stage import LIVE

__all__ = ["AT_ONCE", "WAITING", "publish"]

AT_ONCE = 2
"""Calls of one endpoint that run at the same time."""

WAITING = 64
"""Calls that may wait, of all endpoints together; `app/server.py` has the queue."""

PATIENCE = 120.0
"""Seconds that a call stands in the line, once the queue has let it go."""

PICTURES = ("search_image", "attention")
"""Endpoints that let the model see a picture."""

MEGABYTES = MAX_UPLOAD // 1_000_000


def publish(explorer: Explorer) -> None:
    """Add the endpoints to the `gr.Blocks` that is being built, and describe all that it has."""

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
            stage: what to rank by: aligned, aligned_smr, smr (the final ranking), fused (with the
                matching head; as aligned where that is off), or a published baseline: {published}.
                Where two models are open, also NAME@2 by the second and NAME@both by both at once.
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

    def search_image(
        image: str, text: str = "", weight: float = 0.5, top: int = 10, stage: str = "smr"
    ) -> SearchResults:
        """Find scenes seen from above that are like a picture, or like a picture and a sentence.

        Args:
            image: the picture, at most 10 MB; tools give a link to it, or a data URL of up to 4 MB.
            text: a sentence in English that is mixed with it; empty for the picture alone.
            weight: of the sentence against the picture, 0 to 1.
            top: how many scenes to give, 1 to 60.
            stage: what to rank by, as in search_text.

        Returns:
            as search_text.
        """
        if not image:
            raise QueryError(API.nothing_asked)
        if Path(image).stat().st_size > MAX_UPLOAD:  # of a link, which no upload has measured
            raise QueryError(API.too_large.format(megabytes=MEGABYTES))
        visitor = visitor_of(LocalContext.request.get(None))
        token = explorer.uploads.keep(image, get_upload_folder(), visitor)
        return service_api.search(
            explorer, text=text, upload=token, weight=weight, top=top, stage=stage
        )

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

    def attention(
        scene: str, row: int = 0, column: int = 0, block: int = 0, head: int = 0, query: str = ""
    ) -> AttentionAnswer:
        """Where the model looked in a scene of the gallery, as numbers.

        A map shows where the model read from, not why it decided. Weights from a place add up
        to 1: its window's patches ("values"), the cells beyond ("cells") and the class token.

        Parameters:
            scene: name of a scene, as search results give it
            row: row of the place that is looked from, from 1 at the top; 0 is the middle
            column: column of that place, from 1 at the left; 0 is the middle
            block: block of the image tower, from 1; 0 is the last one
            head: attention head, from 1; 0 is the mean over heads
            query: a sentence; with it, the answer has maps of its score and its words' scores
        """
        return look_endpoint.attention(explorer, scene, row, column, block, head, query)

    for function in (search_text, rerank, neighbors, attention):
        gr.api(function, api_name=function.__name__, concurrency_limit=AT_ONCE)
    _publish_with_file(search_image)
    building = get_blocks_context()
    assert building is not None
    for endpoint in building.fns.values():
        if endpoint.fn is not None and endpoint.api_visibility == "public":
            _describe(endpoint, explorer.line)


def _publish_with_file(function: Callable[..., SearchResults]) -> None:
    """An endpoint whose first argument is a file, which only components receive."""
    hints = get_type_hints(function)
    _, *others = inspect.signature(function).parameters.values()
    with gr.Row(visible=False):
        image = gr.File(label="image", file_types=["image"])
        button = gr.Button()
    inputs = [Api(other.default, _schema(hints[other.name])) for other in others]
    found = Api(None, {})
    name = function.__name__
    button.click(function, [image, *inputs], found, api_name=name, concurrency_limit=AT_ONCE)


def _describe(endpoint: BlockFunction, line: Line) -> None:
    """Give an endpoint its whole words and types, and let it tell what is wrong with a call."""
    function = endpoint.fn
    assert function is not None
    rules = API.rules.format(
        at_once=AT_ONCE,
        waiting=WAITING,
        characters=MAX_TEXT,
        pieces=TextConfig().max_length,
        megabytes=MEGABYTES,
        scenes=int(NUMBERS["k"].most),
    )
    endpoint.fn = _told(function, line)
    published = ", ".join(stage.name for stage in LIVE if stage.published)
    said = (inspect.getdoc(function) or "").replace("{published}", published)
    endpoint.fn.__doc__ = _unwrapped(said, rules)
    _, words, returns = get_function_description(endpoint.fn)
    for component, (name, text) in zip(endpoint.inputs, words.items(), strict=True):
        # Python's client and the page of the API read the second, OpenAPI and tools the first.
        told = {"description": text, "additional_description": text}
        assert isinstance(component, Component)  # a layout is no input of an endpoint
        _show(component, name, {**component.api_info(), **told})
    hint = get_type_hints(function, include_extras=True)["return"]
    whole = {"description": " ".join(returns)} if returns else {}
    (results,) = endpoint.outputs
    assert isinstance(results, Component)
    _show(results, "results", {**_schema(hint), **whole})


def _show(component: Component, label: str, info: dict[str, Any]) -> None:
    """Let a component say this of itself where Gradio describes an endpoint."""
    component.label = label
    component.api_info = lambda: info  # type: ignore[method-assign]  # Gradio asks the object


def _unwrapped(docstring: str, rules: str) -> str:
    """A docstring as Gradio reads it: one line for each argument; with the rules for callers."""
    head, *sections = re.split(r"\n\n(?=(?:Args|Parameters|Returns):\n)", docstring)
    one_line_each = [re.sub(r"\n {8,}", " ", section) for section in sections]
    return "\n\n".join([head, rules, *one_line_each])


def _schema(hint: object) -> dict[str, Any]:
    """The JSON schema of a type, our results among them, with the words beside its fields."""
    kind, arguments = get_origin(hint), get_args(hint)
    if kind is Annotated:
        return {**_schema(arguments[0]), "description": arguments[1]}
    if is_typeddict(hint):
        fields = get_type_hints(hint, include_extras=True)
        properties = {name: _schema(field) for name, field in fields.items()}
        return {"type": "object", "properties": properties, "required": list(fields)}
    if kind is list:
        return {"type": "array", "items": _schema(arguments[0])}
    if kind is dict:
        return {"type": "object", "additionalProperties": _schema(arguments[1])}
    if kind is UnionType:
        return {"anyOf": [_schema(argument) for argument in arguments]}
    schema: dict[str, Any] = python_type_to_json_schema(hint)
    return schema


def _asked_about(request: object) -> str:
    """The gallery of a call, which the queue runs outside its request."""
    asked = getattr(request, "request", None)
    return "" if asked is None else gallery_of(asked.scope)


def _told(function: Callable[..., Any], line: Line) -> Callable[..., Any]:
    """Turn what is wrong with a call into an error that its caller reads.

    To a tool, Gradio gives the text of a result: that of a dictionary is Python's, so it gets JSON.
    """

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        request = LocalContext.request.get(None)
        try:
            visitor, heavy = visitor_of(request), function.__name__ in PICTURES
            with line.turn(visitor, PATIENCE, heavy=heavy), about(_asked_about(request)):
                found = function(*args, **kwargs)
        except CmpaglError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except Exception:
            raise
        except BaseException as error:  # a panic of a library in Rust: Gradio would never answer
            raise RuntimeError(f"{type(error).__name__}: {error}") from error
        tool = request is not None and request.headers.get("x-gradio-user") == "mcp"
        return json.dumps(found, ensure_ascii=False) if tool else found

    return wrapper
