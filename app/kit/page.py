"""What the page's shell and its views agree on; the contract is told in `app/build.py`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from app.explorer.explorer import Explorer
from app.kit.contract import Go, GoParams
from app.kit.json_text import json_text
from app.kit.scripts import script_link
from app.serving.asgi import Scope
from app.serving.visitor import Visitor, is_operator
from app.words.page import PAGE
from app.words.translation import Words, as_json

__all__ = [
    "MAX_UPLOAD",
    "QUIET",
    "Page",
    "Params",
    "View",
    "asked_count",
    "asked_params",
    "asked_scope",
    "asked_text",
    "by_operator",
    "calling",
    "navigate",
    "own_html",
    "visitor_of",
]

Params = dict[str, str]
"""The parameters of a link, as text: never trusted, read with defaults."""

QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""Options of a listener that answers at once and is none of the public endpoints."""

MAX_UPLOAD = 10_000_000
"""Bytes of a picture that a visitor may give."""


@dataclass(frozen=True)
class Page:
    """What every view is built with."""

    explorer: Explorer
    address: gr.HTML  # an output: `navigate(...)` as its value opens something


@dataclass(frozen=True)
class View:
    """What a view gives back: how to open it from a link's parameters."""

    open: Callable[..., Any]  # (params, *inputs) -> the values of `outputs`
    outputs: Sequence[gr.components.Component]
    params: tuple[str, ...] = ()  # the link's parameters that it depends on
    pictures: tuple[str, ...] = ()  # those of them that hold the token of a picture (`Uploads`)
    inputs: Sequence[gr.components.Component] = field(default_factory=tuple)


def navigate(params: GoParams) -> Go:
    """The value for `Page.address` that opens something, as ``go(params)`` of ``go.js`` does."""
    return {"go": params}


def own_html(
    name: str,
    *,
    words: Words | Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    events: Sequence[str] = (),
    tag: str = "div",
    value: object = None,
) -> gr.HTML:
    """A component that the module ``app/*/static/NAME.js`` draws in a fixed template.

    The module exports ``mount({element, root, props, trigger, watch, upload, words, settings})``
    and builds the page inside ``root`` with textContent: a template becomes part of the page as it
    is, so no text of a person or a data set may ever be in one.

    Args:
        name: of the module, and the class of ``root``.
        words: the sentences that it shows.
        settings: what else is settled once, here in Python: limits, defaults, colours, names.
        events: what it triggers; ``component.EVENT(handler, ...)`` listens to one.
        tag: of ``root``.
        value: ``props.value`` before the first answer.
    """
    # Part of this text, not properties: a view that opens and is filled in one go can have its
    # script run before the other properties are there. Gradio looks here for the events, quoted;
    # `compiled.js` does what it says, for no text is made a function of in the page.
    said = {
        "mount": script_link(name),
        "root": name,
        "failed": PAGE.no_script,
        "words": words if isinstance(words, Mapping) else as_json(words),
        "settings": settings or {},
        "events": list(events),
    }
    made = gr.HTML(
        html_template=f'<{tag} class="{name}"></{tag}>',
        js_on_load=json.dumps(said),
        apply_default_css=False,
        elem_id=f"explorer-{name}",
    )
    made.value = _posted(value)
    # On the component itself: a class below Gradio's has a file written beside its source.
    vars(made)["postprocess"] = _posted
    return made


def calling(script: str, function: str, *given: str) -> str:
    """For a listener's ``js``: call what the module ``app/*/static/SCRIPT.js`` exports."""
    return json.dumps({"script": script_link(script), "call": function, "with": given})


def _posted(value: object) -> str | None:
    """A value as it goes to the browser: as JSON text, for nested ones are copied there often."""
    return None if value is None else json_text(value)


def visitor_of(request: gr.Request | None) -> Visitor:
    """Who made an event of the page, or called an endpoint."""
    asked = getattr(request, "request", None)
    if asked is None:
        return Visitor("")
    return Visitor.of(asked.scope, getattr(request, "session_hash", ""))


def asked_scope(request: gr.Request | None) -> Scope:
    """The scope of the request that made an event; a bare one where there is none."""
    asked = getattr(request, "request", None)
    return {"headers": []} if asked is None else asked.scope


def by_operator(request: gr.Request | None) -> bool:
    """Whether an event comes from this machine itself."""
    asked = getattr(request, "request", None)
    return asked is not None and is_operator(asked.scope)


# What a script says with an event: untrusted. What no script of ours would say is refused.


def asked_text(event: gr.EventData, name: str) -> str:
    """A text that came with an event.

    Raises:
        gr.Error: there is none.
    """
    said = event._data.get(name) if isinstance(event._data, dict) else None
    if not isinstance(said, str):
        raise gr.Error(PAGE.bad_event, print_exception=False)
    return said


def asked_count(event: gr.EventData) -> int:
    """The number of a question, by which its answer is known.

    Raises:
        gr.Error: there is none.
    """
    said = event._data.get("count") if isinstance(event._data, dict) else None
    if type(said) is not int or abs(said) > 2**53:
        raise gr.Error(PAGE.bad_event, print_exception=False)
    return said


def asked_params(event: gr.EventData, name: str = "") -> Params:
    """A link's parameters that came with an event, as its field ``name`` or as all of it.

    Raises:
        gr.Error: there are none.
    """
    said = event._data
    if name and isinstance(said, dict):
        said = said.get(name)
    if not isinstance(said, dict):
        raise gr.Error(PAGE.bad_event, print_exception=False)
    return {str(key): str(value) for key, value in said.items()}
