"""`cmpagl.model.attention`: maps hold the weights that were used, each at its place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_model, tiny_model_config

from cmpagl.errors import QueryError
from cmpagl.model.attention import (
    box_share,
    class_map,
    mean_shares,
    peak_in_boxes,
    share_map,
    token_attention,
    words_of,
)
from cmpagl.model.text import tokenize

GRID = 8


def features(**vision):
    """The tiny model's features of two random pictures; the second block is shifted."""
    config = tiny_model_config()
    model = tiny_model(config=replace(config, vision=replace(config.vision, **vision)))
    with torch.no_grad():
        return model, model.image(torch.randn(2, 3, 64, 64), need_weights=True)


@pytest.fixture(scope="module")
def blocks():
    return features()[1].attention


@pytest.mark.parametrize("block", [0, 1])
@pytest.mark.parametrize("head", [None, 0, 1])
def test_token_map_holds_each_weight_at_its_token(blocks, block, head):
    """By a loop over the window's places and the cells, of the second picture."""
    used = blocks[block]
    heads = [0, 1] if head is None else [head]
    for token in (0, 13, 37, 63):
        found = token_attention(blocks, block, token, head=head, image=1)
        assert (found.row, found.column) == divmod(token, GRID)
        local = np.zeros(GRID * GRID)
        window = next(w for w in used.local_index.tolist() if token in w)
        for place, other in enumerate(window):
            local[other] = np.mean([used.local[1, h, token, place] for h in heads])
        np.testing.assert_allclose(found.local.values, local.reshape(GRID, GRID), rtol=1e-6)
        for row in range(GRID):
            for column in range(GRID):
                cell = row // 4 * 2 + column // 4
                weight = np.mean([used.global_[1, h, token, cell] for h in heads]) / 16
                assert found.global_.values[row, column] == pytest.approx(weight)
        np.testing.assert_allclose(found.global_.values.sum(), found.share, rtol=1e-5)
        whole = found.local.values.sum() + found.global_.values.sum() + found.to_class
        assert whole == pytest.approx(1, abs=1e-5)


def test_maps_are_float32_and_say_what_they_are(blocks):
    """Readers count blocks and heads from one."""
    found = token_attention(blocks, 1, 5, head=0)
    assert found.local.values.dtype == np.float32
    assert found.global_.values.dtype == np.float32
    assert found.local.label == "block 2, head 1: its window"
    assert found.global_.label == "block 2, head 1: the cells"
    assert share_map(blocks, 0).label == "block 1, mean of heads: share beyond the window"
    assert class_map(blocks, 0, head=1).label == "block 1, head 2: from the class token"
    assert share_map(blocks, 0).values.shape == class_map(blocks, 0).values.shape == (GRID, GRID)


def test_shifted_window_does_not_reach_over_the_edge(blocks):
    """The first token of the shifted block shares a window with far corners, and sees none."""
    values = token_attention(blocks, 1, 0).local.values
    assert (values[:2, :2] > 0).all()
    values[:2, :2] = 0
    assert not values.any()


def test_attention_explains_the_output_it_came_from():
    """The maps of a token, over the values of one block, give what that block's attention gave."""
    model, _ = features()
    attention = model.image.vision.layers[0].blocks[0].attn
    x = torch.randn(1, 65, 16)
    with torch.no_grad():
        out, used = attention(x, need_weights=True)
        values = attention.qkv(x).chunk(3, dim=-1)[2]  # 1, 65, 16: two heads of 8
        mixed = []
        for head in range(2):
            found = token_attention([used], 0, 21, head=head)
            taken = torch.from_numpy((found.local.values + found.global_.values).flatten())
            own = values[0, :, 8 * head : 8 * head + 8]
            mixed.append(taken @ own[1:] + found.to_class * own[0])
        torch.testing.assert_close(attention.proj(torch.cat(mixed)), out[0, 22])


def test_share_and_class_maps(blocks):
    """In reading order of the tokens; the class token's look at itself is left out."""
    share = share_map(blocks, 0, head=1, image=1).values
    np.testing.assert_array_equal(share.flatten(), blocks[0].share[1, 1].numpy())
    seen = class_map(blocks, 1, image=1).values
    expected = blocks[1].from_class[1].mean(0)[1:].numpy()
    np.testing.assert_allclose(seen.flatten(), expected)
    shares = mean_shares(blocks)
    np.testing.assert_allclose(shares, [b.share.mean().item() for b in blocks])


def test_parts_that_a_block_does_not_have_are_none():
    """`local` has no cells, `global` no window, and some models no class token."""
    local = features(join="local", class_token=False)[1].attention
    found = token_attention(local, 0, 9)
    assert (found.global_, found.to_class, found.share) == (None, None, None)
    assert (share_map(local, 0), class_map(local, 0), mean_shares(local)) == (
        None,
        None,
        [None] * 2,
    )
    assert found.local.values.sum() == pytest.approx(1)
    cells = features(join="global")[1].attention
    assert token_attention(cells, 0, 9).local is None


def test_scale_has_a_softmax_for_its_cells():
    """Both maps of a token sum to one there; the share compares the sizes of the branches."""
    blocks = features(join="scale", class_token=False)[1].attention
    found = token_attention(blocks, 0, 30)
    assert found.local.values.sum() == pytest.approx(1)
    assert found.global_.values.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("block", "token", "head", "image", "message"),
    [
        (2, 0, None, 0, "There is no block 2; choose 0 to 1"),
        (-1, 0, None, 0, "There is no block -1; choose 0 to 1"),
        (0, 64, None, 0, "There is no token 64; choose 0 to 63"),
        (0, 0, 2, 0, "There is no head 2; choose 0 to 1"),
        (0, 0, 0, 2, "There is no image 2; choose 0 to 1"),
    ],
)
def test_what_is_not_there_is_refused(blocks, block, token, head, image, message):
    """Negative numbers too: they do not count from the end."""
    with pytest.raises(QueryError, match=message):
        token_attention(blocks, block, token, head=head, image=image)


def test_words_of_a_text(tokenizer):
    """As typed, pieces merged, punctuation left out."""
    text = "Two Zebras, a road-bridge."
    words = words_of(tokenizer, text, 24)
    assert [w.text for w in words] == ["Two", "Zebras", "a", "road", "bridge"]
    assert all(text[w.start : w.end] == w.text for w in words)
    assert words[0].pieces == (1,)
    assert words[1].pieces == (2, 3, 4, 5, 6, 7)
    ids = tokenize(tokenizer, [text], 24).input_ids[0].tolist()
    assert tokenizer.decode([ids[p] for p in words[1].pieces]) == "zebras"


def test_words_of_a_cut_text(tokenizer):
    """Only what the tower reads; a word that is cut in the middle keeps its first pieces."""
    words = words_of(tokenizer, "red zebra pond", 5)
    assert [(w.text, w.pieces) for w in words] == [("red", (1,)), ("ze", (2, 3))]
    assert words_of(tokenizer, "", 5) == ()


def map_with_peak(row, column):
    values = np.zeros((4, 4), dtype=np.float32)
    values[row, column] = 1
    return values


def test_peak_in_boxes():
    """The middle of the greatest patch, in pixels of a picture that need not be square."""
    size = (80, 40)  # patches of 20 x 10 pixels
    box = (20, 10, 40, 20)  # exactly the patch of row 1, column 1
    hits = [
        (r, c)
        for r in range(4)
        for c in range(4)
        if peak_in_boxes(map_with_peak(r, c), [box], size)
    ]
    assert hits == [(1, 1)]
    assert peak_in_boxes(map_with_peak(3, 0), [box, (0, 34, 11, 36)], size)
    assert not peak_in_boxes(map_with_peak(3, 0), [(0, 36, 11, 40)], size)
    assert not peak_in_boxes(map_with_peak(0, 0), [], size)


def test_a_map_without_a_peak_points_nowhere():
    """A constant map is right only where the boxes cover every patch."""
    flat = np.full((4, 4), 0.5, dtype=np.float32)
    assert not peak_in_boxes(flat, [(0, 0, 40, 30)], (40, 40))
    assert peak_in_boxes(flat, [(0, 0, 40, 40)], (40, 40))
    with pytest.raises(QueryError, match="not finite"):
        peak_in_boxes(flat * np.nan, [(0, 0, 40, 40)], (40, 40))


def test_share_of_the_picture_in_boxes():
    """Overlaps count once, what lies outside not at all: against a count of pixels."""
    size = (50, 40)
    boxes = np.array([(0, 0, 10, 10), (5, 5, 20, 15), (45, 30, 70, 60), (-5, 20, 5, 22)])
    pixels = np.zeros((40, 50), dtype=bool)
    for left, top, right, bottom in boxes:
        pixels[max(top, 0) : bottom, max(left, 0) : right] = True
    assert box_share(boxes, size) == pytest.approx(pixels.mean())
    assert box_share([], size) == 0
    assert box_share([(0, 0, 50, 40), (1, 1, 2, 2)], size) == 1


def test_random_peaks_hit_as_often_as_the_share_says():
    """Chance level: over all places of the peak, hits are the covered share."""
    boxes, size = [(8, 8, 24, 16), (0, 24, 32, 32)], (32, 32)
    hits = [peak_in_boxes(map_with_peak(r, c), boxes, size) for r in range(4) for c in range(4)]
    assert np.mean(hits) == pytest.approx(box_share(boxes, size))
