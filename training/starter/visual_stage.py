"""Stage 'visual': picture and motion embeddings that lie near the text of what is seen."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from core_model.encoders.base import FRAMES_PER_WINDOW, TextEncoder
from core_model.encoders.starter.blocks import channels_last
from core_model.encoders.starter.visual import (
    CELLS_PER_WINDOW,
    FRAME_SIDE_PX,
    VisualNetwork,
    motion_input,
)
from training.starter.anchors import VISUAL_BACKGROUND, VISUAL_TEMPLATE, Anchors, make_anchors
from training.starter.corpus import Clip
from training.starter.picture_augment import (
    FULL_SIDE_PX,
    Light,
    Views,
    look,
    paste_over,
    side_at,
    still_as_film,
)
from training.starter.picture_bank import (
    FRAMES_OF_FILM,
    Batch,
    PictureBank,
    PictureDraw,
)
from training.starter.stage import StageOptions, in_background, quick_precision, run_stage

MOVING_STILLS = 16
LABEL_SMOOTHING = 0.08
STILL_FILM_SHARE = 0.2


class AnchoredVisual(nn.Module):
    """The visual network and the sharpness of its comparison with the anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.network = channels_last(VisualNetwork())
        self.log_scale = nn.Parameter(torch.tensor(math.log(16.0)))

    def logits(self, appearance: Tensor, motion: Tensor, anchors: Tensor) -> Float[Tensor, "n c"]:
        embedding = functional.normalize(self.network.combine(appearance, motion).float(), dim=-1)
        return self.log_scale.exp().clamp(max=60.0) * embedding @ anchors.T


def prepare(
    batch: Batch, labels: int, side_px: int, random: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """A raw batch -> colour in [-1, 1], brightness frames in [0, 1], label weights.

    Colour is ``side_px`` pixels square and holds the stills and then the frames of the films,
    ``FRAMES_OF_FILM`` each; brightness holds the ``MOVING_STILLS`` first stills and then the films.
    """
    pixels, still_labels, film_colour, film_grey, film_labels = batch
    stills = pixels.permute(0, 3, 1, 2).float() / 255
    views, light = Views.draw(len(stills), random), Light.draw(len(stills), random)
    colour = light.on_colour(look(stills, views.theta, side_px))
    grey = light.first(MOVING_STILLS).on_grey(
        still_as_film(stills[:MOVING_STILLS], views.first(MOVING_STILLS), random)
    )
    targets = functional.one_hot(still_labels, labels + 1).float()
    colour, targets = _mixed(colour, targets, random)

    views = Views.draw(len(film_labels), random, least_area=0.4)
    light = Light.draw(len(film_labels), random)
    frames = film_colour.permute(0, 1, 4, 2, 3).float() / 255
    frames = torch.stack(
        [light.on_colour(look(frames[:, i], views.theta, side_px)) for i in range(FRAMES_OF_FILM)],
        dim=1,
    )
    moving = light.on_grey(look(film_grey.float() / 255, views.theta, film_grey.shape[-1]))
    grey, moving = _motion_shared(grey, moving, random)
    film_targets = functional.one_hot(film_labels, labels + 1).float()
    colour = torch.cat([colour, frames.flatten(0, 1)]) * 2 - 1
    return colour, torch.cat([grey, moving]), torch.cat([targets, film_targets])


def _motion_shared(grey: Tensor, moving: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Half of the moving stills borrow the motion of a film, and some films stand still.

    Otherwise the look of filmed motion alone would speak for the few labels that have films.
    """
    borrowed = torch.randint(len(moving), (len(grey) // 2,), generator=random)
    mirrored = torch.rand(len(borrowed), generator=random) < 0.5
    lent = moving[borrowed]
    grey[: len(borrowed)] = torch.where(mirrored[:, None, None, None], lent.flip(-1), lent)
    still = torch.rand(len(moving), generator=random) < STILL_FILM_SHARE
    moving = torch.where(still[:, None, None, None], moving[:, :1], moving)
    return grey, moving


def _mixed(colour: Tensor, targets: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """An eighth blended (mixup, arXiv 1710.09412), an eighth pasted over, the rest as they are.

    Stills that move come first and stay whole, so that motion and picture belong together.
    """
    count = len(colour)
    mixed = (count - MOVING_STILLS) // 6
    order = torch.randperm(count, generator=random)
    share = torch.rand(count, generator=random) * 0.5
    other_colour, other_targets = colour[order], targets[order]
    blend = slice(count - 2 * mixed, count - mixed)
    paste = slice(count - mixed, count)
    s = share[blend, None, None, None] * 0.8
    colour[blend] = colour[blend] * (1 - s) + other_colour[blend] * s
    targets[blend] = targets[blend] * (1 - s[:, :, 0, 0]) + other_targets[blend] * s[:, :, 0, 0]
    pasted, covered = paste_over(colour[paste], other_colour[paste], share[paste], random)
    colour[paste] = pasted
    targets[paste] = (
        targets[paste] * (1 - covered[:, None]) + other_targets[paste] * covered[:, None]
    )
    return colour, targets


def motion_features(network: VisualNetwork, grey: Tensor, stills: int) -> Tensor:
    """Motion of the moving stills, of those that stand still (no difference at all), of films."""
    moving = motion_input(grey)
    features = network.motion(torch.cat([moving, torch.zeros_like(moving[:1])])).float()
    standing = features[-1:].expand(stills - MOVING_STILLS, -1)
    return torch.cat([features[:MOVING_STILLS], standing, features[MOVING_STILLS:-1]])


def train_visual(
    stills: tuple[Clip, ...],
    films: tuple[Clip, ...],
    cache: Path,
    folder: Path,
    text: TextEncoder,
    options: StageOptions,
    device: torch.device | None = None,
    initial: Mapping[str, Tensor] | None = None,
) -> VisualNetwork:
    """Train, save ``folder/visual.pt`` and return the network with averaged weights.

    From ``initial`` weights on all pictures have their full size.
    """
    torch.manual_seed(options.seed)
    bank = PictureBank(cache, stills, films)
    anchors = make_anchors(bank.labels, VISUAL_TEMPLATE, text, background=VISUAL_BACKGROUND)
    draw = PictureDraw(bank, options.seed)
    random = torch.Generator().manual_seed(options.seed)

    def loss_of(model: nn.Module, batch: Batch, progress: float) -> Tensor:
        assert isinstance(model, AnchoredVisual)
        where = model.log_scale.device
        side_px = side_at(progress) if initial is None else FULL_SIDE_PX
        with torch.no_grad(), torch.autocast(where.type, enabled=False):
            colour, grey, targets = prepare(batch, len(bank.labels), side_px, random)
        features = model.network.appearance(
            colour.to(where).contiguous(memory_format=torch.channels_last)
        ).float()
        singles = len(batch[0])
        films_mean = features[singles:].unflatten(0, (-1, FRAMES_OF_FILM)).mean(dim=1)
        motion = motion_features(model.network, grey.to(where), singles)
        logits = model.logits(
            torch.cat([features[:singles], films_mean]), motion, anchors.drawn(random).to(where)
        )
        smooth = targets.to(where) * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / logits.shape[-1]
        return -(smooth * logits.log_softmax(-1)).sum(-1).mean()

    def evaluate(model: nn.Module) -> str:
        assert isinstance(model, AnchoredVisual)
        return (
            f"stills {still_accuracy(model, bank, anchors):.3f}, "
            f"films {film_accuracy(model, bank, anchors):.3f}"
        )

    trained = run_stage(
        "visual",
        AnchoredVisual(),
        in_background(draw.batch),
        loss_of,
        options,
        folder,
        evaluate=evaluate,
        device=device,
        initial=initial,
    )
    assert isinstance(trained, AnchoredVisual)
    return trained.network


def picture_figures(
    folder: Path, stills: tuple[Clip, ...], films: tuple[Clip, ...], cache: Path, text: TextEncoder
) -> dict[str, float]:
    """Accuracy of the saved visual stage on held-back stills and films."""
    model = AnchoredVisual()
    model.load_state_dict(torch.load(folder / "visual.pt", weights_only=True)["averaged"])
    bank = PictureBank(cache, stills, films)
    anchors = make_anchors(bank.labels, VISUAL_TEMPLATE, text, background=VISUAL_BACKGROUND)
    return {
        "stills": round(still_accuracy(model.eval(), bank, anchors), 4),
        "films": round(film_accuracy(model, bank, anchors), 4),
    }


@torch.inference_mode()
def still_accuracy(model: AnchoredVisual, bank: PictureBank, anchors: Anchors) -> float:
    """Top-1 of held-back stills, shown as motionless film, over the labels that stills have."""
    held_back = np.array([i for i, clip in enumerate(bank.stills) if clip.split == "test"])
    allowed = torch.zeros(len(anchors.labels), dtype=torch.bool)
    allowed[torch.from_numpy(np.unique(bank.still_labels))] = True
    right = 0
    for part in np.array_split(held_back, max(1, len(held_back) // 64)):
        stills = torch.from_numpy(bank.pixels[part]).permute(0, 3, 1, 2).float() / 255
        colour = functional.interpolate(stills, size=FRAME_SIDE_PX, mode="area")
        grey = functional.interpolate(
            stills.mean(1, keepdim=True), size=FRAME_SIDE_PX // 2, mode="area"
        )
        with quick_precision(model.log_scale.device):
            appearance = model.network.appearance(colour * 2 - 1).float()
            motion = model.network.motion(
                motion_input(grey.repeat(1, FRAMES_PER_WINDOW, 1, 1))
            ).float()
        logits = model.logits(appearance, motion, anchors.plain())
        named = logits.masked_fill(~allowed, -math.inf).argmax(-1).numpy()
        right += int((named == bank.still_labels[part]).sum())
    return right / len(held_back)


@torch.inference_mode()
def film_accuracy(model: AnchoredVisual, bank: PictureBank, anchors: Anchors) -> float:
    """Top-1 of held-back films over the labels of films; a film is the mean of its seconds."""
    allowed = torch.zeros(len(anchors.labels), dtype=torch.bool)
    allowed[torch.from_numpy(np.unique(bank.film_labels))] = True
    count: Counter[bool] = Counter()
    for film, clip in enumerate(bank.films):
        if clip.split != "test":
            continue
        windows = [bank.film_window(film, cell) for cell in range(0, bank.film_cells(film), 2)]
        colour = torch.from_numpy(np.concatenate([w[0] for w in windows]))
        grey = torch.from_numpy(np.stack([w[1] for w in windows])).float() / 255
        colour = colour.permute(0, 3, 1, 2).float() / 127.5 - 1
        with quick_precision(model.log_scale.device):
            features = model.network.appearance(
                colour.contiguous(memory_format=torch.channels_last)
            )
            motion = model.network.motion(motion_input(grey)).float()
        appearance = features.float().unflatten(0, (-1, CELLS_PER_WINDOW)).mean(dim=1)
        probability = (
            model.logits(appearance, motion, anchors.plain())
            .masked_fill(~allowed, -math.inf)
            .softmax(-1)
            .mean(0)
        )
        count[int(probability.argmax()) == bank.film_labels[film]] += 1
    return count[True] / max(1, count.total())
