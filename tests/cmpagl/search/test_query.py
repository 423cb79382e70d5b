import numpy as np
import pytest
from tiny import tiny_tokenizer_json
from tokenizers import Tokenizer

from cmpagl.errors import QueryError
from cmpagl.search.query import MAX_CHARACTERS, MatchCache, read_text


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_str(tiny_tokenizer_json().decode())


def test_a_text_takes_the_form_of_captions(tokenizer):
    """Lower case, single spaces, no closing full stop; control characters are no part of it."""
    read = read_text("  A Red\tplane\x00 \n on the   GRASS .", tokenizer)
    assert read.text == "a red plane on the grass"
    assert read.words == ("a", "red", "plane", "on", "the", "grass")
    assert read.understood
    assert read.unknown_words == ()
    assert not read.foreign_script


def test_unknown_words_are_named_once(tokenizer):
    read = read_text("a plane \u2603 and \u2603 again", tokenizer)
    assert read.unknown_words == ("\u2603",)
    assert read.understood


@pytest.mark.parametrize("text", ["\u2603 \u2603", "...", "?!", "\u98de\u673a"])
def test_a_text_without_a_known_word_is_not_understood(text, tokenizer):
    """It is still a query: the page says what is wrong with it, and shows what it finds."""
    assert not read_text(text, tokenizer).understood


def test_another_script_is_noticed(tokenizer):
    """Accents are Latin; half a sentence of names in another script is no reason to warn."""
    assert read_text("\u0441\u0430\u043c\u043e\u043b\u0435\u0442", tokenizer).foreign_script
    assert not read_text("une for\u00eat", tokenizer).foreign_script


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The query is empty"),
        (" \n\t ", "The query is empty"),
        ("\u200b\u0301", "The query is empty"),
        ("\x00\ud800", "The query is empty"),
        (None, "of type NoneType"),
        (7, "of type int"),
        ("a" * (MAX_CHARACTERS + 1), "has 2,001 characters"),
    ],
)
def test_what_is_no_query_is_refused(text, sentence, tokenizer):
    with pytest.raises(QueryError, match=sentence):
        read_text(text, tokenizer)


def test_each_scene_is_matched_once():
    """Whatever is asked again, in any order, only what is new is found."""
    cache, asked = MatchCache(), []

    def find(scenes):
        asked.append(scenes.tolist())
        return scenes.astype(np.float32) / 2

    assert cache.of(np.array([4, 1]), find).tolist() == [2.0, 0.5]
    assert cache.of(np.array([1, 5, 4]), find).tolist() == [0.5, 2.5, 2.0]
    assert cache.of(np.array([5]), find).tolist() == [2.5]
    assert asked == [[4, 1], [5]]
    assert cache.known.tolist() == [1, 4, 5]
