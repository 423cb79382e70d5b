"""Published models behind a checkpoint's interface: embeddings are those of their own code."""

import json
import shutil

import numpy as np
import pytest
import torch
from loopback_hub import asked, running_hub
from open_clip_model import open_clip_folder
from published_models import published_model, timm_model
from safetensors.torch import load_file, save_file
from tiny import tiny_dataset
from tiny_explorer import opened_explorer
from torch.nn.functional import normalize

from app.look.service import look
from cmpagl.config.ranking import UNTUNED
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import CheckpointError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.embed import embed_images, embed_texts
from cmpagl.model.kept_bank import keep_bank
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.published import load_image_tower
from cmpagl.model.vit import ViTEncoder
from cmpagl.rank.stage import FINAL

WITH_TEXT = ("clip", "siglip", "siglip2")
KINDS = (*WITH_TEXT, "dinov2", "dinov3_vit", "timm")
TEXTS = ["a red plane on the grass", "sand", "two white ships in the water , and a bridge"]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Of each kind: the folder as it was published, and the model in memory."""
    found = {}
    for kind in KINDS:
        folder = tmp_path_factory.mktemp(kind)
        model = timm_model(folder) if kind == "timm" else published_model(kind, folder)
        found[kind] = folder, model
    return found


def squares():
    return np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)


def their_image_embeds(kind, model, pixels):
    if kind == "timm":
        return model(pixels)
    if kind == "siglip2":
        patches = pixels.unfold(2, 8, 8).unfold(3, 8, 8)  # B, C, rows, columns, p, p
        patches = patches.permute(0, 2, 3, 4, 5, 1).reshape(len(pixels), 16, -1)
        out = model.get_image_features(
            pixel_values=patches,
            pixel_attention_mask=torch.ones(len(pixels), 16, dtype=torch.long),
            spatial_shapes=torch.tensor([[4, 4]] * len(pixels)),
        )
    elif kind in WITH_TEXT:
        out = model.get_image_features(pixel_values=pixels)
    else:
        out = model(pixel_values=pixels)
    return out if isinstance(out, torch.Tensor) else out.pooler_output


@pytest.mark.parametrize("kind", KINDS)
def test_picture_embeddings_are_theirs(published, kind):
    folder, model = published[kind]
    checkpoint = open_checkpoint(folder)
    wanted = checkpoint.config.vision.preprocessing
    assert wanted.size == 32
    with torch.no_grad():
        theirs = normalize(
            their_image_embeds(kind, model, to_pixel_values(squares(), wanted)), dim=-1
        )
    tower, fusion = checkpoint.image_tower(), checkpoint.fusion()
    batch = next(embed_images(tower, fusion, squares()))
    np.testing.assert_allclose(batch.image_embeds, theirs.numpy(), rtol=0, atol=1e-5)
    assert np.ptp(theirs.numpy(), axis=0).max() > 1e-2  # pictures differ


@pytest.mark.parametrize("kind", WITH_TEXT)
def test_text_embeddings_are_theirs(published, kind):
    """Each as their processor pads it: CLIP with a mask, SigLIP up to the full length."""
    folder, model = published[kind]
    checkpoint = open_checkpoint(folder)
    tokenizer = checkpoint.tokenizer()
    ours, kept = embed_texts(checkpoint.text_tower(), tokenizer, TEXTS, keep_tokens=True)
    for text, row, one in zip(TEXTS, ours, kept, strict=True):
        ids = tokenizer.encode(text).ids
        if kind != "clip":
            pad = {"siglip": 1, "siglip2": 0}[kind]
            ids = ids + [pad] * (24 - len(ids))
        with torch.no_grad():
            out = model.get_text_features(input_ids=torch.tensor([ids]))
        out = out if isinstance(out, torch.Tensor) else out.pooler_output
        np.testing.assert_allclose(row, normalize(out, dim=-1)[0].numpy(), rtol=0, atol=1e-5)
        assert one.tokens.shape == (len(tokenizer.encode(text).ids), 16)


def test_a_hub_serves_them(published, tmp_path):
    """Each by its id, fetched whole: weights in several files as well, and open_clip's form; the
    same from the cache with the hub out of reach."""
    folders = {f"somebody/{kind}": folder for kind, (folder, _) in published.items()}
    folders["somebody/open"], folders["somebody/parts"] = tmp_path / "open", tmp_path / "parts"
    open_clip_folder(tmp_path / "open")
    shutil.copytree(published["siglip"][0], tmp_path / "parts")
    (tmp_path / "parts" / "model.safetensors").unlink()
    published["siglip"][1].save_pretrained(tmp_path / "parts", max_shard_size="20KB")
    assert len(list((tmp_path / "parts").glob("model-*.safetensors"))) > 1
    expected = [[name, open_checkpoint(folder).fingerprint] for name, folder in folders.items()]
    questions = [[f"hf:{name}", None] for name in folders]
    with running_hub(folders, set()) as hub:
        assert asked(tmp_path / "cache", *questions, HF_ENDPOINT=hub.url) == expected
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9"}
    assert asked(tmp_path / "cache", *questions, **nowhere) == expected
    pixels = to_pixel_values(squares())
    whole, parts = (open_checkpoint(one) for one in (published["siglip"][0], tmp_path / "parts"))
    with torch.no_grad():
        embeds = [one.image_tower()(pixels).image_embeds for one in (whole, parts)]
    assert torch.equal(*embeds)


def test_texts_are_read_in_templates(published, tmp_path):
    """From the model's folder, else behind its name: the mean of both, as written out by hand."""
    folder = published["clip"][0]
    plain = open_checkpoint(folder)
    tower, tokenizer = plain.text_tower(), plain.tokenizer()
    given = ("a photo of {}", "many {} beside a road")
    written = [[t.replace("{}", text) for text in TEXTS] for t in given]
    parts = [embed_texts(tower, tokenizer, texts)[0] for texts in written]
    one = open_checkpoint(f"{folder}#template={given[0]}")
    found, _ = embed_texts(one.text_tower(), one.tokenizer(), TEXTS)
    np.testing.assert_allclose(found, parts[0], rtol=0, atol=1e-6)
    shutil.copytree(folder, tmp_path / "clip")
    (tmp_path / "clip" / "templates.json").write_text(json.dumps(given))
    both = open_checkpoint(tmp_path / "clip")
    mean = (parts[0] + parts[1]) / np.linalg.norm(parts[0] + parts[1], axis=1, keepdims=True)
    found, kept = embed_texts(both.text_tower(), tokenizer, TEXTS, keep_tokens=True)
    np.testing.assert_allclose(found, mean, rtol=0, atol=1e-6)
    assert len(kept) == len(TEXTS)
    assert len({plain.fingerprint, one.fingerprint, both.fingerprint}) == 3
    assert one.name == f"{folder.name}#template=a photo of {{}}"
    keep_bank(tmp_path / "bank", one, one.bank(), UNTUNED, {})
    assert open_checkpoint(tmp_path / "bank").fingerprint == one.fingerprint


def test_a_template_that_cannot_be_used_is_refused(published):
    """No place for the text; a model without text; a bank in the folder of the plain model."""
    folder = published["clip"][0]
    with pytest.raises(CheckpointError, match=r"one \{\} where the words go"):
        open_checkpoint(f"{folder}#template=a photo")
    with pytest.raises(CheckpointError, match="reads no text; leave #template out"):
        open_checkpoint(f"{published['dinov2'][0]}#template=a {{}}")
    one = open_checkpoint(f"{folder}#template=a {{}}")
    with pytest.raises(CheckpointError, match="needs a folder of its own"):
        keep_bank(folder, one, one.bank(), UNTUNED, {})


@pytest.mark.parametrize("kind", KINDS)
def test_maps_are_the_weights_that_were_used(published, kind):
    """Full attention adds up to 1 a place; timm's blocks give none; maps change no embedding."""
    tower = open_checkpoint(published[kind][0]).image_tower()
    pixels = to_pixel_values(squares())
    with torch.no_grad():
        found = tower(pixels, need_weights=True)
        plain = tower(pixels)
    torch.testing.assert_close(found.image_embeds, plain.image_embeds)
    if kind == "timm":
        assert found.attention is None
        return
    assert len(found.attention) == 2
    for block in found.attention:
        total = block.local.sum(dim=-1) + (0 if block.to_class is None else block.to_class)
        torch.testing.assert_close(total, torch.ones_like(total))


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_from_the_middle_are_the_whole(published, kind):
    """What training keeps of the lower blocks leads to the same end; each parameter has a group."""
    encoder = open_checkpoint(published[kind][0]).image_tower().vision
    pixels = to_pixel_values(squares())
    with torch.no_grad():
        middle, _ = encoder.run_blocks(encoder.embed(pixels), 0, 1)
        assert middle.shape[1:] == encoder.block_input(1)
        end, _ = encoder.run_blocks(middle, 1)
        torch.testing.assert_close(encoder.pool(end)[1], encoder(pixels).pooled)
    groups = encoder.parameter_groups()
    assert len(groups) == 3
    assert all(groups)
    assert all(dict(encoder.named_parameters())[n] is p for g in groups for n, p in g.items())


@pytest.mark.parametrize("kind", ["clip", "dinov3_vit", "timm"])
def test_an_encoder_starts_from_a_published_tower(published, kind):
    """As the image tower of a run does."""
    folder = published[kind][0]
    checkpoint = open_checkpoint(folder)
    encoder = ViTEncoder(checkpoint.config.vision).eval()
    load_image_tower(encoder, str(folder))
    with torch.no_grad():
        pixels = to_pixel_values(squares())
        torch.testing.assert_close(
            encoder(pixels).pooled, checkpoint.image_tower().vision(pixels).pooled
        )


def test_an_index_answers_words_and_pictures(published, tmp_path):
    """With CLIP: its own picture comes first, a sentence ranks by its cosine, Look has maps."""
    checkpoint = open_checkpoint(published["clip"][0])
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 6))
    explorer = opened_explorer(tmp_path / "index", dataset, checkpoint, with_map=False)
    retriever = explorer.opened().retriever
    asked = retriever.query_image(dataset.records[2].path)
    assert int(np.argmax(asked.scores)) == 2
    text = retriever.query_text("a red plane")
    ranking = retriever.ranking(text, FINAL)
    assert list(ranking.items) == list(np.argsort(-text.scores, kind="stable"))
    place = look(explorer, {"look": "place", "random": "1"})
    for panel in place.panels:
        assert panel.map.window == (0, 0, 4, 4)
        assert sum(panel.map.parts.values()) == pytest.approx(1, abs=1e-4)
    scored = look(explorer, {"q": "a red plane"}).panels[0].map
    assert scored.grid == 4
    assert scored.score == pytest.approx(text.scores[ranking.items[0]], abs=1e-4)


@pytest.mark.parametrize("kind", ["dinov2", "dinov3_vit", "timm"])
def test_what_reads_no_text_says_so(published, kind):
    checkpoint = open_checkpoint(published[kind][0])
    for part in (checkpoint.text_tower, checkpoint.tokenizer):
        with pytest.raises(CheckpointError, match="has no text tower"):
            part()


def test_look_has_plain_attention_without_a_text_tower(published, tmp_path):
    """DINOv2's maps are shown, its weights' and random ones; words are told to be left out."""
    checkpoint = open_checkpoint(published["dinov2"][0])
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 2))
    explorer = opened_explorer(tmp_path / "index", dataset, checkpoint, with_map=False)
    found = look(explorer, {"look": "place", "random": "1", "q": "a red plane"})
    assert len(found.panels) == 2
    for panel in found.panels:
        assert sum(panel.map.parts.values()) == pytest.approx(1, abs=1e-4)
    assert "reads no text; leave the words out" in str(found.problems)


def test_the_fingerprint_follows_weights_and_settings(published, tmp_path):
    folder = published["dinov2"][0]
    first = open_checkpoint(folder).fingerprint
    assert open_checkpoint(shutil.copytree(folder, tmp_path / "same")).fingerprint == first
    other = shutil.copytree(folder, tmp_path / "other")
    (other / "preprocessor_config.json").write_text(json.dumps({"crop_size": 40}))
    assert open_checkpoint(other).fingerprint != first
    assert open_checkpoint(published["dinov3_vit"][0]).fingerprint != first


def test_what_cannot_be_opened_is_one_sentence(published, tmp_path):
    """Pickles alone, another type, settings that lack something, damaged weights."""
    folder = published["clip"][0]
    pickled = shutil.copytree(folder, tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="only as a pickle"):
        open_checkpoint(pickled)
    damaged = shutil.copytree(folder, tmp_path / "damaged")
    (damaged / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(CheckpointError, match="damaged"):
        open_checkpoint(damaged).image_tower()
    lacking = shutil.copytree(folder, tmp_path / "lacking")
    weights = load_file(folder / "model.safetensors")
    weights.pop("visual_projection.weight")
    save_file(weights, lacking / "model.safetensors", {"format": "pt"})
    with pytest.raises(CheckpointError, match=r"lack 1 .* \(such as visual_projection.weight"):
        open_checkpoint(lacking).image_tower()
    other = shutil.copytree(folder, tmp_path / "other")
    for said, sentence in (
        ({"model_type": "bert"}, "of the type 'bert'; those that open here are clip"),
        ({"model_type": "siglip", "vision_config": 3}, "lacks or garbles a setting"),
        ({"architecture": "resnet18"}, "is no ViT of timm"),
        ({"architecture": "no_such_model"}, "timm knows no model 'no_such_model'"),
    ):
        (other / "config.json").write_text(json.dumps(said))
        with pytest.raises(CheckpointError, match=sentence) as caught:
            open_checkpoint(other)
        assert "\n" not in str(caught.value)
