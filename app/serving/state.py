"""Gradio's state of a session, of which none is kept.

As it comes, Gradio remembers for each of 10,000 sessions every value that was shown, for links that
open what another person saw. The page's state stands in its address, so nothing is lost.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from gradio.blocks import Blocks
from gradio.components import State
from gradio.routes import App
from gradio.state_holder import SessionState, StateHolder

__all__ = ["keep_no_state"]


class _OneCall(SessionState):
    """What one call changes of the components, for as long as it runs."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks_config = copy(blocks.default_config)
        self.config_values: dict[int, Any] = {}
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict[int, Any] = {}
        self.is_closed = False

    def __setitem__(self, key: int, value: Any) -> None:  # noqa: ANN401
        self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        """Only for links to a state."""

    def _update_value_in_config(self, key: int, value: Any) -> None:  # noqa: ANN401
        """Only for links to a state."""


class _NoSessions(StateHolder):
    """Gives each call a state of its own, and holds on to none."""

    def __init__(self, blocks: Blocks) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.set_blocks(blocks)

    def __getitem__(self, session_id: str) -> SessionState:
        return _OneCall(self.blocks)

    def __contains__(self, session_id: str) -> bool:
        return False


def keep_no_state(app: App) -> None:
    """Let an app remember nothing of what its visitors see."""
    blocks = app.get_blocks()
    stateful = [block for block in blocks.blocks.values() if isinstance(block, State)]
    assert not stateful, "a gr.State would lose its value: put it into the address"
    app.state_holder = _NoSessions(blocks)
