"""What a visitor has seen is not kept: not for a link, not for the next call of the session."""

import gradio as gr
import pytest
from gradio.routes import App

from app.serving.state import keep_no_state


@pytest.fixture(scope="module")
def demo():
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.Textbox("as it came")
    return blocks


def test_a_session_leaves_nothing(demo):
    """However many there are: a value that one call has set is gone with it."""
    app = App.create_app(demo)
    keep_no_state(app)
    (box,) = (block for block in demo.blocks.values() if isinstance(block, gr.Textbox))
    for number in range(50):
        session = f"visitor-{number % 5}"
        state = app.state_holder[session]
        assert state[box._id].value == "as it came"
        state[box._id] = gr.Textbox(f"what {session} was shown", render=False)
        state._update_value_in_config(box._id, f"what {session} was shown")
        assert session not in app.state_holder
    assert len(app.state_holder.session_data) == 0


def test_a_page_that_would_need_a_state_does_not_start(demo):
    with gr.Blocks(analytics_enabled=False) as stateful:
        gr.State(1)
    with pytest.raises(AssertionError, match=r"gr\.State"):
        keep_no_state(App.create_app(stateful))
