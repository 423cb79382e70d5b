"""`python -m cmpagl train`: pre-align the towers, then train fusion on aligned features.

Stages: ``heads`` (both towers frozen, their features cached), ``align`` (text tower and top image
blocks join in), ``fuse`` (matching on the aligned towers' tokens). Then the query bank is drawn,
the ranking tuned on the validation splits, and the checkpoint written to ``OUT/checkpoint``.

Every random choice is a function of seed, stage and step, so a run that is killed and resumed sees
what it would have seen; on one CPU thread it ends bit for bit the same.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import normalize

from cmpagl.config.ranking import UNTUNED
from cmpagl.config.training import TrainConfig
from cmpagl.data.dataset import OnError, RetrievalDataset, Skipped, load_dataset, split_names
from cmpagl.errors import ConfigError, DataError
from cmpagl.files import replace_folder
from cmpagl.growing import Rows, grow
from cmpagl.measure.metrics import retrieval
from cmpagl.model.checkpoint import BankVectors, save_checkpoint, weights_digest
from cmpagl.model.embed import embed_texts
from cmpagl.model.pretrained import load_bert, load_vision, text_config_of, tokenizer_file
from cmpagl.model.text import load_tokenizer
from cmpagl.model.towers import CMPAGL, view_numbers
from cmpagl.train.aligning import AlignmentSet
from cmpagl.train.bank_sample import sample_bank
from cmpagl.train.fusing import MatchingSet, matching_loss
from cmpagl.train.images import IMAGES_AT_ONCE, ImageRows, gather_captions, gather_images
from cmpagl.train.run_folder import RunFolder, State
from cmpagl.train.schedule import Rated, restore_optimizer, schedule, seed_of, validates

__all__ = ["train"]

STAGES = ("heads", "align", "fuse", "done")


def train(
    config: TrainConfig,
    data: list[Path],
    folder: RunFolder,
    cache: Path,
    device: torch.device,
    *,
    on_error: OnError = "raise",
) -> None:
    """Run, or go on with, all stages and write the checkpoint; a finished run is left as it is.

    Args:
        config: the run's settings.
        data: folders with a ``train`` split (or none: all of it); ``val`` is used where present.
        folder: keeps state and log.
        cache: folder for frozen features, may be shared by runs.
        device: where to compute.
        on_error: a picture or caption that cannot be used ends the run ("raise") or is named and
            left out ("skip").

    Raises:
        OutOfTime: the folder's time budget is spent; the state is saved.
        DataError, CheckpointError, ConfigError: something given cannot be used.
    """
    state = folder.load() or State("heads", 0, {})
    if state.stage == "done" and folder.checkpoint.exists():
        folder.clear_work()  # killed in the act
        return
    trainer = Trainer(config, data, folder, cache, device, on_error=on_error)
    trainer.run_stages(state)
    trainer.finish()


class Trainer:
    """The model, its data, and the loop that every stage shares."""

    def __init__(
        self,
        config: TrainConfig,
        data: list[Path],
        folder: RunFolder,
        cache: Path,
        device: torch.device,
        *,
        on_error: OnError = "raise",
    ) -> None:
        self.config, self.folder, self.cache, self.device = config, folder, cache, device
        torch.manual_seed(config.seed)
        text = replace(
            text_config_of(config.text_init, config.model.text.max_length),
            pooled_layers=config.model.text.pooled_layers,
        )
        self.model = CMPAGL(replace(config.model, text=text))
        self.model.image.vision = load_vision(config.model.vision, config.vision_init)
        load_bert(self.model.text.encoder, config.text_init)
        self.model.to(device).eval()
        self.log_temperature = nn.Parameter(torch.tensor(config.temperature).log().to(device))
        self.tokenizer = load_tokenizer(tokenizer_file(config.text_init))

        names = {path: split_names(path) for path in data}
        sets = [_train_split(path, names[path], on_error) for path in data]
        with_val = [path for path in data if "val" in names[path]]
        val_sets = [load_dataset(path, "val", on_error=on_error) for path in with_val]
        for dataset in (*sets, *val_sets):
            self._name(dataset, dataset.skipped)
        for name in ("data_groups", "data_repeats"):
            told = len(getattr(config, name))
            if told not in (0, len(sets)):
                raise ConfigError(
                    f"{name} has {told} numbers and there are {len(sets)} data folders; give one "
                    "for each folder, or none."
                )
        vision, tuned = self.model.image.vision, config.tuned_blocks
        gather = partial(
            gather_images,
            vision=vision,
            cache=cache,
            tuned_blocks=tuned,
            on_error=on_error,
            progress=self.cached,
        )
        self.train_sets, self.images = gather(sets, views=view_numbers(config.views))
        views = view_numbers(config.model.views)
        seen = [gather([dataset], views=views) for dataset in val_sets]
        self.val_sets, self.val_images = [s[0] for s, _ in seen], [images for _, images in seen]
        for before, after in zip(
            (*sets, *val_sets), (*self.train_sets, *self.val_sets), strict=True
        ):
            self._name(after, after.skipped[len(before.skipped) :])
        self.captions = gather_captions(self.train_sets, self.tokenizer, text.max_length)
        self.pairs = AlignmentSet(self.model, self.images, self.captions, config)
        self.tunes_vision = tuned > 0 and config.vision_lr > 0
        lowest = min(vision.config.pooled_blocks, default=vision.num_blocks)
        if self.tunes_vision and lowest < self.pairs.first_tuned:
            raise ConfigError(
                f"pooled_blocks names block {lowest}, which lies below the {tuned} that are tuned; "
                f"set tuned_blocks to {vision.num_blocks - lowest} or more, or vision_lr to 0."
            )
        self._set_statistics()

    # -- what a stage tunes ---------------------------------------------------------------------

    def rated(self, stage: str) -> list[Rated]:
        """The parameters of a stage with their highest rates (layer-wise: lower layers less)."""
        config, model = self.config, self.model
        if stage == "fuse":
            return [
                Rated(f"fusion.{n}", p, config.fuse_lr) for n, p in model.fusion.named_parameters()
            ]
        rate = config.head_lr if stage == "heads" else config.align_head_lr
        found = [Rated("log_temperature", self.log_temperature, rate)]
        for tower, head in (("image", model.image.head), ("text", model.text.head)):
            found += [Rated(f"{tower}.head.{n}", p, rate) for n, p in head.named_parameters()]
        if stage == "heads":
            return found
        for name, parameter in model.text.encoder.bert.named_parameters():
            if name.startswith("embeddings."):
                continue  # the word table is frozen, and what is added to it stays with it
            below = model.config.text.depth - 1 - int(name.split(".")[2])
            if below < config.tuned_text_layers:
                rate = config.text_lr * config.text_layer_decay**below
                found.append(Rated(f"text.encoder.bert.{name}", parameter, rate))
        if self.tunes_vision:
            *blocks, after = model.image.vision.parameter_groups()
            for number, group in enumerate(blocks[self.pairs.first_tuned :]):
                below = config.tuned_blocks - 1 - number
                rate = config.vision_lr * config.vision_layer_decay**below
                found += [Rated(f"image.vision.{n}", p, rate) for n, p in group.items()]
            found += [Rated(f"image.vision.{n}", p, config.vision_lr) for n, p in after.items()]
        return found

    # -- the loop ---------------------------------------------------------------------------------

    def run_stages(self, state: State) -> None:
        """Take the weights of a state and run, or go on with, the stages from there."""
        self.restore(state)
        for stage in STAGES[STAGES.index(state.stage) : -1]:
            self.run_stage(stage, state if stage == state.stage else State(stage, 0, {}))

    def run_stage(self, stage: str, state: State) -> None:
        """Run a stage from ``state.step`` to its end; its moving average becomes the model."""
        config = self.config
        epochs = {
            "heads": config.head_epochs, "align": config.align_epochs, "fuse": config.fuse_epochs
        }[stage]  # fmt: skip
        per_epoch = len(self._batches(stage, 0))
        total = epochs * per_epoch
        rated = self.rated(stage)
        optimizer = torch.optim.AdamW(
            [
                {
                    "params": [r.parameter],
                    "lr": r.rate,
                    "weight_decay": config.weight_decay if r.parameter.ndim > 1 else 0.0,
                }
                for r in rated
            ],
            betas=(0.9, 0.98),
        )
        average = {r.name: r.parameter.detach().clone() for r in rated}
        step = state.step
        if step:
            restore_optimizer(optimizer, rated, state)
            average = {k: v.to(self.device) for k, v in state.group("average").items()}
        for p in self.model.parameters():
            p.requires_grad_(False)
        for r in rated:
            r.parameter.requires_grad_(True)
        loss_of = self._loss(stage) if step < total else None

        def validate() -> None:
            epoch, place = divmod(step, per_epoch)
            if step and place == 0 and stage != "fuse" and validates(epoch, epochs, stage):
                with self._averaged(rated, average):
                    self.validate(stage, step)

        validate()  # what a kill has cut short

        def snapshot(at: int) -> State:
            tensors = {f"model/{k}": v for k, v in self.trained().items()}
            tensors |= {f"average/{k}": v for k, v in average.items()}
            for r in rated:
                for kind, value in optimizer.state[r.parameter].items():
                    tensors[f"{kind}/{r.name}"] = value
            return State(stage, at, tensors)

        while step < total:
            assert loss_of is not None
            epoch, place = divmod(step, per_epoch)
            if place == 0 or step == state.step:
                batches = self._batches(stage, epoch)
            rows = batches[place]
            torch.manual_seed(seed_of(config.seed, stage, step, "dropout"))
            for group, r in zip(optimizer.param_groups, rated, strict=True):
                group["lr"] = r.rate * schedule(step / total)
            loss, parts = loss_of(rows, self._random(stage, step, "batch"))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_([r.parameter for r in rated], 5.0)
            optimizer.step()
            step += 1
            decay = min(config.ema_decay, (1 + step) / (10 + step))
            for r in rated:
                average[r.name].lerp_(r.parameter.detach(), 1 - decay)
            if step % max(1, per_epoch // 8) == 0 or step == total:
                self.folder.log(event="step", stage=stage, step=step, of=total, **parts)
                self.progress(stage, step, total)
            if self.folder.save_due():
                self.folder.save(snapshot(step))
                self.folder.check_time()
            validate()
        with torch.no_grad():
            for r in rated:
                r.parameter.copy_(average[r.name])
        following = STAGES[STAGES.index(stage) + 1]
        tensors = {f"model/{k}": v for k, v in self.trained().items()}
        self.folder.save(State(following, 0, tensors))
        self.folder.check_time()

    def _batches(self, stage: str, epoch: int) -> list[NDArray[np.int64]]:
        config = self.config
        rng = self._random(stage, epoch, "order")
        size = config.fuse_batch_size if stage == "fuse" else config.batch_size
        return self.images.batches(
            size, rng, groups=config.data_groups, repeats=config.data_repeats
        )

    def trained(self) -> dict[str, Tensor]:
        """Everything a run changes, by name, whatever the stage."""
        names = {r.name for stage in STAGES[:-1] for r in self.rated(stage)}
        found = {k: v for k, v in self.model.state_dict().items() if k in names}
        return found | {"log_temperature": self.log_temperature.detach()}

    def restore(self, state: State) -> None:
        """Take the weights of a saved state."""
        weights = state.group("model")
        if "log_temperature" in weights:
            with torch.no_grad():
                self.log_temperature.copy_(weights.pop("log_temperature"))
        self.model.load_state_dict(weights, strict=False)

    @contextmanager
    def _averaged(self, rated: list[Rated], average: dict[str, Tensor]) -> Iterator[None]:
        """The model with its moving average in place."""
        own = [r.parameter.detach().clone() for r in rated]
        with torch.no_grad():
            for r in rated:
                r.parameter.copy_(average[r.name])
        self.model.eval()
        yield
        with torch.no_grad():
            for r, value in zip(rated, own, strict=True):
                r.parameter.copy_(value)

    # -- losses -----------------------------------------------------------------------------------

    def _loss(
        self, stage: str
    ) -> Callable[[NDArray[np.int64], np.random.Generator], tuple[Tensor, dict[str, float]]]:
        if stage == "fuse":
            pairs = self._matching_set()
            self.model.fusion.train()
            return lambda rows, rng: matching_loss(self.model.fusion, pairs, rows, rng, self.config)
        # A text tower that nothing changes is read from the cache.
        still = not (self.config.tuned_text_layers or self.config.word_dropout)
        texts = self.text_features() if stage == "heads" or still else None
        tuned = stage == "align" and self.tunes_vision
        return lambda rows, rng: self.pairs.loss(
            rows, rng, self.log_temperature.exp(), texts, tuned=tuned
        )

    # -- features of the frozen text tower ------------------------------------------------------

    def text_features(self) -> Tensor:
        """Pooled vectors of all distinct captions by the text tower as it is, kept in the cache."""
        encoder = self.model.text.encoder
        config = self.model.config.text
        told = [weights_digest(encoder), str(config.pooled_layers), *self.captions.texts]
        key = hashlib.blake2b("\n".join(told).encode(), digest_size=12)
        order = self.captions.by_length

        def encode(start: int, end: int) -> list[NDArray[np.float32]]:
            encoder.eval()
            batch = self.captions.batch(order[start:end]).to(self.device)
            with torch.inference_mode():
                return [encoder(batch.input_ids, batch.attention_mask)[1].cpu().numpy()]

        found = grow(
            self.cache / f"text-{key.hexdigest()}",
            {"pooled": Rows((config.pooled_dim,), np.float32)},
            len(order),
            encode,
            at_once=256,
            progress=partial(self.cached, "captions"),
        )["pooled"]
        return torch.from_numpy(found[np.argsort(order)]).to(self.device)

    def _set_statistics(self) -> None:
        """The heads standardise by the training set's statistics, taken once, on the first view."""
        rows = np.arange(len(self.images))
        pooled = self.images.pooled(rows, np.zeros_like(rows)).to(self.device)
        for head, values in (
            (self.model.image.head, pooled), (self.model.text.head, self.text_features())
        ):  # fmt: skip
            head.mean.copy_(values.mean(dim=0))
            head.std.copy_(values.std(dim=0) + 1e-4)

    # -- embeddings of the model as it is -------------------------------------------------------

    def _pooled(self, images: ImageRows, rows: NDArray[np.int64], view: int) -> Tensor:
        views = np.full(len(rows), view)
        if not self.tunes_vision:
            return images.pooled(rows, views).to(self.device)
        return self.pairs.upper_blocks(images.tokens(rows, views))

    def image_embeds(self, images: ImageRows, label: str, views: int) -> NDArray[np.float32]:
        """Embeddings (n, E) of cached images, averaged over their first ``views`` views."""
        found = []
        for start in range(0, len(images), IMAGES_AT_ONCE):
            rows = np.arange(start, min(start + IMAGES_AT_ONCE, len(images)))
            found.append(self._embed(images, rows, views))
            self.progress(label, int(rows[-1]) + 1, len(images))
        return np.concatenate(found)

    def _embed(self, images: ImageRows, rows: NDArray[np.int64], views: int) -> NDArray[np.float32]:
        self.model.eval()
        with torch.inference_mode():
            embeds = sum(
                (
                    normalize(self.model.image.head(self._pooled(images, rows, view)), dim=-1)
                    for view in range(views)
                ),
                torch.zeros(()),
            )
            return normalize(embeds, dim=-1).cpu().numpy()

    def text_embeds(self, texts: list[str]) -> NDArray[np.float32]:
        """Embeddings (n, E) of texts."""
        self.model.eval()
        return embed_texts(self.model.text, self.tokenizer, texts)[0]

    def validate(self, stage: str, step: int) -> None:
        """Log the aligned mR on every validation split, unless it has been."""
        for dataset, images in zip(self.val_sets, self.val_images, strict=True):
            told = {"event": "val", "stage": stage, "step": step, "data": dataset.name}
            if self.folder.has_logged(**told):
                continue
            texts, inverse = dataset.distinct_captions
            sims = self.image_embeds(images, "validation", images.views) @ self.text_embeds(texts).T
            sims = sims[:, inverse]
            found = retrieval(sims, sims.T, dataset.caption_to_image).metrics()
            self.folder.log(**told, mR=round(found.mR, 3))

    # -- after pre-alignment --------------------------------------------------------------------

    @cached_property
    def _aligned_work(self) -> Path:
        """Where work on the aligned towers is kept; other towers or data have another folder."""
        told = [weights_digest(self.model.image), weights_digest(self.model.text)]
        told += [str(record.path) for data in self.train_sets for record in data.records]
        told += self.captions.texts
        key = hashlib.blake2b("\n".join(told).encode(), digest_size=12)
        return self.folder.work / key.hexdigest()

    def _upright_embeds(self) -> NDArray[np.float32]:
        """Embeddings (I, E) of the training images by the aligned towers, kept."""
        return grow(
            self._aligned_work / "embeds",
            {"images": Rows((self.model.config.embed_dim,), np.float32)},
            len(self.images),
            lambda start, end: [self._embed(self.images, np.arange(start, end), 1)],
            at_once=IMAGES_AT_ONCE,
            progress=partial(self.cached, "embeddings"),
        )["images"]

    def _matching_set(self) -> MatchingSet:
        """What the fuse stage reads: tokens of both aligned towers, and hard negatives."""
        self.model.eval()
        return MatchingSet.build(
            self.captions,
            image_embeds=self._upright_embeds(),
            image_tokens=lambda rows: self.image_tokens(self.images, rows),
            text_tokens=self._text_tokens,
            config=self.model.config,
            folder=self._aligned_work,
            progress=self.cached,
        )

    def image_tokens(self, images: ImageRows, rows: NDArray[np.int64]) -> Tensor:
        """Image tokens (n, N, D) of cached images by the tower as it is, upright."""
        x = images.tokens(rows, np.zeros_like(rows)).to(self.device)
        vision = self.model.image.vision
        with torch.inference_mode():
            return vision.pool(vision.run_blocks(x, self.pairs.first_tuned)[0])[0]

    def _text_tokens(self, texts: list[str]) -> tuple[NDArray[np.float32], list[Tensor]]:
        embeds, kept = embed_texts(self.model.text, self.tokenizer, texts, keep_tokens=True)
        return embeds, [text.tokens for text in kept]

    def bank(self) -> BankVectors:
        """The query bank: a fixed sample of training captions and images, by the aligned towers."""
        views = min(self.images.views, self.model.config.views)
        return sample_bank(
            self.captions,
            self.images.starts,
            self.config.bank_size,
            self._random("bank", 0, "rows"),
            width=self.model.config.embed_dim,
            embed_texts=self.text_embeds,
            embed_images=lambda rows: self._embed(self.images, rows, views),
            folder=self._aligned_work,
            progress=self.cached,
        )

    def finish(self) -> None:
        """Draw the bank, write the checkpoint, tune its ranking where there is a val split."""
        from cmpagl.measure.tune import tune_checkpoint

        provenance = {
            "vision_init": self.config.vision_init,
            "text_init": self.config.text_init,
            "data": [f"{d.name} {d.split or ''}".strip() for d in self.train_sets],
            "seed": self.config.seed,
        }
        # Tuned before it takes its place: a checkpoint that is there is finished.
        checkpoint = save_checkpoint(
            self.folder.work / "checkpoint",
            self.model,
            self.bank(),
            tokenizer_file(self.config.text_init).read_bytes(),
            ranking=UNTUNED,
            provenance=provenance,
        )
        if self.val_sets:
            tune_checkpoint(
                checkpoint, self.val_sets, work=self.folder.work / "tuning", progress=self.cached
            )
        replace_folder(checkpoint.folder, self.folder.checkpoint)
        self.folder.clear_work()

    # -- small things -----------------------------------------------------------------------------

    def _name(self, dataset: RetrievalDataset, skipped: Sequence[Skipped]) -> None:
        """Tell what is left out, and why."""
        for one in skipped:
            self.folder.log(event="skipped", data=dataset.name, name=one.name, why=one.reason)
            print(f"{dataset.name}: {one.name} {one.reason}.", file=sys.stderr)

    def progress(self, what: str, done: int, total: int) -> None:
        """One line on the error stream, with the time left; ends the run when time is up."""
        now = self.folder.elapsed()
        key, since, first = getattr(self, "_progress", ("", now, done))
        if key != what or done < first:
            since, first = now, done
        self._progress = (what, since, first)
        left = (now - since) / (done - first) * (total - done) if done > first else None
        text = "" if left is None else f", {left / 60:.1f} min left"
        end = "\n" if done == total else ""
        print(f"\r\033[K{what}: {done:,} of {total:,}{text}", end=end, file=sys.stderr, flush=True)
        if what not in STAGES:
            self.folder.check_time()

    def cached(self, what: str, done: int, total: int) -> None:
        """Progress of work that keeps what it has done."""
        self.folder.mark_kept()
        self.progress(what, done, total)

    def _random(self, stage: str, step: int, what: str) -> np.random.Generator:
        return np.random.default_rng(seed_of(self.config.seed, stage, step, what))


def _train_split(path: Path, names: tuple[str, ...], on_error: OnError) -> RetrievalDataset:
    """The split to train on; of a data set without splits (no ``names``) all of it.

    Raises:
        DataError: it has splits, and none is for training; or its pictures have no captions.
    """
    if names and "train" not in names:
        raise DataError(
            f"{path} has no split 'train': its splits are {', '.join(names)}, and what is measured "
            "on is not trained on; name a folder with one, or without splits."
        )
    dataset = load_dataset(path, "train" if names else None, on_error=on_error)
    if any(not record.captions for record in dataset.records):  # a plain folder
        raise DataError(
            f"The pictures of {path} have no captions, and what is learnt is which caption fits; "
            "give a data set that describes its pictures."
        )
    return dataset
