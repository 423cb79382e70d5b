"""Messages are for people: short, whatever a stranger's file calls its parts."""

import copy

import pytest

from cmpagl.errors import MOST, CmpaglError, DataError, shortened


@pytest.mark.parametrize("name", ["x" * 5000, "a b " * 2000, "y" * 300])
def test_a_message_stays_short_and_keeps_what_happened_and_what_to_do(name):
    message = str(DataError(f"'{name}' is listed twice; correct it, or skip it."))
    assert len(message) <= MOST
    assert message.startswith(f"'{name[:20]}")
    assert message.endswith("or skip it.")


def test_a_short_message_is_as_it_was_written():
    said = "The folder does not exist: give another."
    assert shortened(said) == said
    assert str(copy.copy(CmpaglError(said))) == said


def test_a_message_is_one_line_that_a_terminal_only_shows():
    """A name may hold what moves the cursor, ends a line or turns the writing round."""
    said = str(DataError("'a\nb\x1b[2J\u202e.png' is\nbroken."))
    assert said == "'a b?[2J?.png' is broken."
