"""`python -m cmpagl train`: pre-align the towers, then train fusion on aligned features.

The phases (`cmpagl.train.phases`) share one loop, which stands here. After the last the query bank
is drawn, the ranking tuned on the validation splits, and the checkpoint written to
``OUT/checkpoint`` (`cmpagl.train.finishing`).

Every random choice is a function of seed, phase and step, so a run that is killed and resumed sees
what it would have seen; on one CPU thread it ends bit for bit the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cmpagl.config.model import TextConfig
from cmpagl.config.run import TrainConfig
from cmpagl.data.dataset import OnError
from cmpagl.data.picture import load_pixels
from cmpagl.errors import ConfigError, DataError
from cmpagl.measure.metrics import retrieval
from cmpagl.model.encoder import ImageEncoder
from cmpagl.model.gswin import GswinTransformer
from cmpagl.model.part_file import bounded
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.pretrained import load_vision
from cmpagl.model.pretrained_text import text_config_of, tokenizer_of
from cmpagl.model.towers import CMPAGL
from cmpagl.model.unwindowed import unwindowed_cosines
from cmpagl.model.weights import weights_digest
from cmpagl.train.aligned_start import aligned_projections, start_aligned
from cmpagl.train.aligning import AlignmentSet
from cmpagl.train.finishing import finish
from cmpagl.train.fusion_epochs import matching_loss
from cmpagl.train.images import frequent_words
from cmpagl.train.kept_state import require_phase, require_trained, require_tuned
from cmpagl.train.phases import DONE, PHASES, epochs_of, following, rated_parameters
from cmpagl.train.run_data import find_run_data, gather_run_data
from cmpagl.train.run_embeds import RunEmbeddings
from cmpagl.train.run_folder import RunFolder, State
from cmpagl.train.run_progress import RunProgress
from cmpagl.train.schedule import (
    Rated,
    optimizer_of,
    random_of,
    restore_optimizer,
    schedule,
    seed_of,
    validates,
)

__all__ = ["Trainer", "train"]

TOWERS = ("the tower 'vision_init'", "the tower 'text_init'")
WORD = 4.0  # deviations of other features that a word of the bag counts as (4 as good as 8)
WINDOWED = 8  # pictures on which windows are held against full attention

Loss = Callable[[NDArray[np.int64], np.random.Generator], tuple[Tensor, dict[str, float]]]


def train(
    config: TrainConfig,
    data: list[Path],
    folder: RunFolder,
    cache: Path,
    device: torch.device,
    *,
    on_error: OnError = "raise",
) -> None:
    """Run, or go on with, all phases and write the checkpoint; a finished run is left as it is.

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
    state = folder.load() or State(PHASES[0], 0, {})
    if state.phase == DONE and folder.checkpoint.exists():
        folder.hold_to(find_run_data(config, data, on_error).given, unseen=TOWERS)
        folder.clear_work()  # killed in the act
        return
    require_phase(state, folder.state)
    trainer = Trainer(config, data, folder, cache, device, on_error=on_error)
    trainer.run_phases(state)
    finish(trainer.embeddings, config, folder, trainer.windows)


class Trainer:
    """The model, its data, and the loop that every phase shares."""

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
        """Read the data and make the model; arguments as `train`.

        Raises:
            ConfigError: a block that is pooled lies below those that are tuned.
        """
        self.config, self.folder, self.device = config, folder, device
        found = find_run_data(config, data, on_error)
        torch.manual_seed(config.seed)
        text = replace(
            text_config_of(config.text_init, config.model.text.max_length),
            pooled_layers=config.model.text.pooled_layers,
        )
        encoder = load_vision(config.model.vision, config.vision_init)
        self.model = self._model(text, encoder)
        lowest = min(encoder.config.pooled_blocks, default=encoder.num_blocks)
        if config.tunes_vision and lowest < encoder.num_blocks - config.tuned_blocks:
            raise ConfigError(
                f"pooled_blocks names block {lowest}, which lies below the {config.tuned_blocks} "
                f"that are tuned; set tuned_blocks to {encoder.num_blocks - lowest} or more, or "
                "vision_lr to 0."
            )
        projections = aligned_projections(self.model.config, config)
        self.log_temperature = nn.Parameter(torch.tensor(config.temperature).log().to(device))
        tokenizer = tokenizer_of(config.text_init)
        self.progress = RunProgress(folder)
        self.data = gather_run_data(
            config,
            found,
            encoder,
            tokenizer,
            text.max_length,
            folder,
            cache,
            self.progress,
            start={
                TOWERS[0]: weights_digest(encoder),
                TOWERS[1]: weights_digest(self.model.text.encoder),
            },
            on_error=on_error,
        )
        if bag := frequent_words(self.data.captions, tokenizer, config.bag_captions):
            self.model = self._model(replace(text, bag=bag), encoder)
        self.pairs = AlignmentSet(self.model, self.data.images, self.data.captions, config)
        self.embeddings = RunEmbeddings(
            self.model, tokenizer, self.data, self.pairs, cache, folder.work, self.progress
        )
        self._set_statistics()
        if projections is not None:
            start_aligned(self.model, *projections)
            if not folder.has_logged(event="aligned start"):
                folder.log(event="aligned start", source=config.text_init)
        self.windows = self._windows(encoder)

    def _model(self, text: TextConfig, encoder: ImageEncoder) -> CMPAGL:
        """The towers as they came, with heads and fusion drawn by the run's seed."""
        config = replace(self.config.model, text=text)
        torch.manual_seed(self.config.seed)
        model = bounded(lambda: CMPAGL(config))
        model.image.vision = encoder
        model.text.encoder.load_pretrained(self.config.text_init)
        return model.to(self.device).eval()

    def _windows(self, encoder: ImageEncoder) -> dict[str, float]:
        """How near the blocks as they came are to themselves without windows; logged once.

        Empty where they were drawn at random, or no full attention stands behind them.
        """
        if self.config.vision_init == "random" or not isinstance(encoder, GswinTransformer):
            return {}
        preprocessing = encoder.config.preprocessing
        squares: list[NDArray[np.uint8]] = []
        for record in (r for dataset in self.data.train_sets for r in dataset.records):
            with suppress(DataError):  # told, or the end of the run, where features are computed
                squares.append(load_pixels(record.picture, preprocessing.size))
            if len(squares) == WINDOWED:
                break
        pixels = to_pixel_values(np.stack(squares), preprocessing).to(self.device)
        cosines = unwindowed_cosines(encoder, pixels)
        if cosines is None:
            return {}
        told = {"cosine": float(cosines.mean()), "least": float(cosines.min())}
        if not self.folder.has_logged(event="windows"):
            self.folder.log(event="windows", pictures=len(squares), **told)
        return told

    def _set_statistics(self) -> None:
        """The heads standardise by the training set's statistics, taken once, on the first view."""
        images = self.data.images
        rows = np.arange(len(images))
        pooled = images.pooled(rows, np.zeros_like(rows)).to(self.device)
        texts = self.embeddings.pooled_texts()
        for head, values in ((self.model.image.head, pooled), (self.model.text.head, texts)):
            head.mean.copy_(values.mean(dim=0))
            head.std.copy_(values.std(dim=0) + 1e-4)
        words = len(self.model.config.text.bag)
        if words:  # a rare word's own deviation would make it drown the others
            self.model.text.head.mean[-words:] = 0
            self.model.text.head.std[-words:] = 1 / WORD

    # Weights

    def rated(self, phase: str) -> list[Rated]:
        """The parameters of a phase with their highest rates."""
        return rated_parameters(phase, self.model, self.log_temperature, self.config)

    def trained(self) -> dict[str, Tensor]:
        """Everything a run changes, by name, whatever the phase."""
        names = {r.name for phase in PHASES for r in self.rated(phase)}
        found = {k: v for k, v in self.model.state_dict().items() if k in names}
        return found | {"log_temperature": self.log_temperature.detach()}

    def restore(self, state: State) -> None:
        """Take the weights of a saved state.

        Raises:
            CheckpointError: they are not those of this run.
        """
        require_trained(state, self.trained(), self.folder.state)
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

    # The loop

    def run_phases(self, state: State) -> None:
        """Take the weights of a state and run, or go on with, the phases from there."""
        self.restore(state)
        begun = (*PHASES, DONE).index(state.phase)
        for phase in PHASES[begun:]:
            self.run_phase(phase, state if phase == state.phase else State(phase, 0, {}))

    def run_phase(self, phase: str, state: State) -> None:
        """Run a phase from ``state.step`` to its end; its moving average becomes the model."""
        config = self.config
        epochs, per_epoch = epochs_of(phase, config), len(self._batches(phase, 0))
        total = epochs * per_epoch
        rated = self.rated(phase)
        optimizer = optimizer_of(rated, config.weight_decay)
        average = {r.name: r.parameter.detach().clone() for r in rated}
        step = state.step
        require_tuned(state, rated, total, self.folder.state)
        if step:
            restore_optimizer(optimizer, rated, state)
            average = {k: v.to(self.device) for k, v in state.group("average").items()}
        for p in self.model.parameters():
            p.requires_grad_(False)
        for r in rated:
            r.parameter.requires_grad_(True)
        loss_of = self._loss(phase) if step < total else None

        def validate() -> None:
            epoch, place = divmod(step, per_epoch)
            if step and place == 0 and phase != "fuse" and validates(epoch, epochs, phase):
                with self._averaged(rated, average):
                    self.validate(phase, step)

        validate()  # what a kill has cut short

        def snapshot(at: int) -> State:
            tensors = {f"model/{k}": v for k, v in self.trained().items()}
            tensors |= {f"average/{k}": v for k, v in average.items()}
            for r in rated:
                for kind, value in optimizer.state[r.parameter].items():
                    tensors[f"{kind}/{r.name}"] = value
            return State(phase, at, tensors)

        while step < total:
            assert loss_of is not None
            epoch, place = divmod(step, per_epoch)
            if place == 0 or step == state.step:
                batches = self._batches(phase, epoch)
            rows = batches[place]
            torch.manual_seed(seed_of(config.seed, phase, step, "dropout"))
            for group, r in zip(optimizer.param_groups, rated, strict=True):
                group["lr"] = r.rate * schedule(step / total)
            loss, parts = loss_of(rows, random_of(config.seed, phase, step, "batch"))
            if not math.isfinite(sum(parts.values())):
                raise ConfigError(
                    f"Training diverged: the loss at step {step + 1:,} of {total:,} of the phase "
                    f"'{phase}' is no finite number; lower the rates or raise the temperature in "
                    "the settings, and give another --out."
                )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_([r.parameter for r in rated], 5.0)
            optimizer.step()
            step += 1
            decay = min(config.ema_decay, (1 + step) / (10 + step))
            for r in rated:
                average[r.name].lerp_(r.parameter.detach(), 1 - decay)
            if step % max(1, per_epoch // 8) == 0 or step == total:
                self.folder.log(event="step", phase=phase, step=step, of=total, **parts)
                self.progress.told(phase, step, total)
            if self.folder.save_due():
                self.folder.save(snapshot(step))
                self.folder.check_time()
            validate()
        with torch.no_grad():
            for r in rated:
                r.parameter.copy_(average[r.name])
        tensors = {f"model/{k}": v for k, v in self.trained().items()}
        self.folder.save(State(following(phase), 0, tensors))
        self.folder.check_time()

    def _batches(self, phase: str, epoch: int) -> list[NDArray[np.int64]]:
        config = self.config
        return self.data.images.batches(
            config.fuse_batch_size if phase == "fuse" else config.batch_size,
            random_of(config.seed, phase, epoch, "order"),
            groups=config.data_groups,
            repeats=config.data_repeats,
        )

    def _loss(self, phase: str) -> Loss:
        config, model = self.config, self.model
        if phase == "fuse":
            pairs = self.embeddings.matching_set()
            model.fusion.train()
            return lambda rows, rng: matching_loss(model.fusion, pairs, rows, rng, config)
        # A text tower that nothing changes is read from the cache.
        still = not (config.tuned_text_layers or config.word_dropout)
        texts = self.embeddings.pooled_texts() if phase == "heads" or still else None
        tuned = phase == "align" and config.tunes_vision
        return lambda rows, rng: self.pairs.loss(
            rows, rng, self.log_temperature.exp(), texts, tuned=tuned
        )

    def validate(self, phase: str, step: int) -> None:
        """Log the aligned mR on every validation split, unless it has been."""
        embeddings = self.embeddings
        for dataset, images in zip(self.data.val_sets, self.data.val_images, strict=True):
            told = {"event": "val", "phase": phase, "step": step, "data": dataset.name}
            if self.folder.has_logged(**told):
                continue
            texts, inverse = dataset.distinct_captions
            seen = embeddings.image_embeds(images, "validation", images.views)
            sims = (seen @ embeddings.text_embeds(texts).T)[:, inverse]
            found = retrieval(sims, sims.T, dataset.caption_to_image).metrics()
            self.folder.log(**told, mR=round(found.mR, 3))
