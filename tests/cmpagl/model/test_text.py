"""`cmpagl.model.text`: cutting, padding and pooling of word pieces."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny import tiny_model, tiny_model_config, tiny_tokenizer_json, vocabulary

from cmpagl.errors import ConfigError
from cmpagl.model.text import BertEncoder, load_tokenizer, tokenize

TEXTS = ["a red ship", "two white planes on the runway near a large building", "sand"]


def pieces(row):
    return [vocabulary()[i] for i in row]


def test_word_pieces_of_a_text(tokenizer):
    """[CLS], the lower-cased words, [SEP]; shorter texts are padded and masked."""
    batch = tokenize(tokenizer, ["A Red ship.", "sands"], 24)
    assert pieces(batch.input_ids[0]) == ["[CLS]", "a", "red", "ship", ".", "[SEP]"]
    assert pieces(batch.input_ids[1]) == ["[CLS]", "sand", "##s", "[SEP]", "[PAD]", "[PAD]"]
    assert batch.attention_mask.tolist() == [[1] * 6, [1, 1, 1, 1, 0, 0]]
    assert batch.cut == (False, False)


@pytest.mark.parametrize("length", [3, 5, 11, 12])
def test_long_text_is_cut_and_keeps_its_end(tokenizer, length):
    """At most ``length`` pieces, the last one [SEP], and the batch says which texts were cut."""
    batch = tokenize(tokenizer, TEXTS, length)
    whole = tokenize(tokenizer, TEXTS, 99)
    sizes = whole.attention_mask.sum(1).tolist()
    assert sizes == [5, 12, 3]
    assert batch.cut == tuple(size > length for size in sizes)
    for i, size in enumerate(sizes):
        kept = min(size, length)
        row = batch.input_ids[i, :kept].tolist()
        assert row[:-1] == whole.input_ids[i, : kept - 1].tolist()
        assert pieces(row)[-1] == "[SEP]"
        assert batch.attention_mask[i].sum() == kept


def test_the_files_own_cutting_and_padding_do_not_count(tmp_path):
    """A hub's tokenizer.json often cuts at 128 and pads to a fixed length."""
    path = tmp_path / "tokenizer.json"
    path.write_bytes(tiny_tokenizer_json())
    theirs = load_tokenizer(path)
    theirs.enable_truncation(4)
    theirs.enable_padding(length=40)
    theirs.save(str(path))
    batch = tokenize(load_tokenizer(path), TEXTS[1:2], 24)
    assert batch.input_ids.shape == (1, 12)


def test_no_text_and_an_empty_text(tokenizer):
    """Nothing gives nothing; an empty text is [CLS] [SEP]."""
    assert tokenize(tokenizer, [], 24).input_ids.shape[0] == 0
    assert pieces(tokenize(tokenizer, [""], 24).input_ids[0]) == ["[CLS]", "[SEP]"]


def test_padding_changes_nothing(tokenizer):
    """A text among longer ones gets the tokens and the pooled vector it gets alone."""
    encoder = tiny_model().text.encoder
    together = tokenize(tokenizer, TEXTS, 24)
    with torch.no_grad():
        tokens, pooled = encoder(together.input_ids, together.attention_mask)
        for i, text in enumerate(TEXTS):
            alone = tokenize(tokenizer, [text], 24)
            own_tokens, own_pooled = encoder(alone.input_ids, alone.attention_mask)
            length = own_tokens.shape[1]
            torch.testing.assert_close(tokens[i, :length], own_tokens[0], rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(pooled[i], own_pooled[0], rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(own_pooled[0], own_tokens[0].mean(0))


def test_pooled_layers_are_means_of_what_each_layer_gives(tokenizer):
    """Layer 0 is the sum of word and place; padding counts in no mean."""
    config = replace(tiny_model_config().text, pooled_layers=(0, 1))
    encoder = tiny_model(config=tiny_model_config(text=config)).text.encoder
    batch = tokenize(tokenizer, TEXTS, 24)
    with torch.no_grad():
        tokens, pooled = encoder(batch.input_ids, batch.attention_mask)
        for k, text in enumerate(TEXTS):
            alone = tokenize(tokenizer, [text], 24)
            low = encoder.bert.embeddings(input_ids=alone.input_ids)[0].mean(0)
            high = tokens[k, : alone.input_ids.shape[1]].mean(0)
            torch.testing.assert_close(pooled[k], torch.cat([low, high]), rtol=1e-4, atol=1e-5)
    assert pooled.shape == (3, config.pooled_dim)


def test_the_bag_tells_which_words_a_text_has(tokenizer):
    """Whole words, once or twice, wherever; none that is only the start of another, or masked."""
    bag = [tuple(tokenizer.encode(word).ids[1:-1]) for word in ("sands", "planes", "red", "sand")]
    assert sorted({len(word) for word in bag}) == [1, 2]
    config = replace(tiny_model_config().text, bag=tuple(bag))
    encoder = tiny_model(config=tiny_model_config(text=config)).text.encoder
    encoder.bag.set_tokenizer(tokenizer)
    batch = tokenize(tokenizer, ["red planes near planes", "sand sands", "sands", "", "sand"], 24)
    with torch.no_grad():
        pooled = encoder(batch.input_ids, batch.attention_mask)[1]
        mask = batch.attention_mask.clone()
        mask[0, 1] = 0
        masked = encoder(batch.input_ids, mask)[1]
    assert pooled.shape == (5, config.pooled_dim)
    found = [[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert pooled[:, -4:].tolist() == found
    assert masked[0, -4:].tolist() == [0, 1, 0, 0]
    with pytest.raises(ConfigError, match="each once, by 1 to 4 of the"):
        replace(config, bag=(config.bag[0],) * 2)


def test_every_parameter_gets_a_gradient(tokenizer):
    """All of BERT is used; the word table too, where the batch has its words."""
    encoder = BertEncoder(tiny_model_config().text)
    batch = tokenize(tokenizer, TEXTS, 24)
    _, pooled = encoder(batch.input_ids, batch.attention_mask)
    (pooled * torch.randn_like(pooled)).sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        # A key's bias adds the same to all scores of a query: softmax takes it out again.
        assert parameter.grad.any() or name.endswith("key.bias"), name
    assert encoder.word_embeddings.shape == (len(vocabulary()), 16)
