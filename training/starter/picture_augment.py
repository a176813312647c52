"""Pictures made hard: another crop, lens, camera and light at every visit."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from core_model.encoders.base import FRAMES_PER_WINDOW
from core_model.encoders.starter.visual import GREY_SIDE_PX


@dataclass(frozen=True)
class Views:
    """How each picture of a batch is looked at: centre, half width and height, roll, mirror."""

    theta: Float[Tensor, "b two three"]

    @classmethod
    def draw(cls, batch: int, random: torch.Generator, *, least_area: float = 0.35) -> Views:
        """Crops of a share of the area (``least_area`` to 1), squeezed and rolled by chance."""
        area = least_area + (1 - least_area) * torch.rand(batch, generator=random)
        squeeze = torch.exp((torch.rand(batch, generator=random) - 0.5) * 0.7)
        half_width = (area * squeeze).sqrt().clamp(max=1.0)
        half_height = (area / squeeze).sqrt().clamp(max=1.0)
        centre_x = (torch.rand(batch, generator=random) * 2 - 1) * (1 - half_width)
        centre_y = (torch.rand(batch, generator=random) * 2 - 1) * (1 - half_height)
        mirror = torch.where(torch.rand(batch, generator=random) < 0.5, -1.0, 1.0)
        rolled = torch.rand(batch, generator=random) < 0.4
        roll = torch.randn(batch, generator=random) * rolled * 0.12
        return cls(_affine(centre_x, centre_y, half_width * mirror, half_height, roll))

    def first(self, count: int) -> Views:
        """The views of the first pictures alone."""
        return Views(self.theta[:count])

    def drifting(self, random: torch.Generator) -> Float[Tensor, "b f two three"]:
        """The views at each of 16 frames: hand-held cameras that pan and zoom."""
        theta = self.theta
        speed = torch.randn(len(theta), 2, 3, generator=random)
        speed *= torch.tensor([[0.06, 0.02, 0.12], [0.02, 0.06, 0.12]])
        time = torch.linspace(-0.5, 0.5, FRAMES_PER_WINDOW)[None, :, None, None]
        shake = torch.randn(len(theta), FRAMES_PER_WINDOW, 2, 1, generator=random)
        return theta[:, None] + speed[:, None] * time + functional.pad(shake, (2, 0)) * 0.006


def _affine(x: Tensor, y: Tensor, width: Tensor, height: Tensor, roll: Tensor) -> Tensor:
    cosine, sine = roll.cos(), roll.sin()
    rows = torch.stack([cosine * width, -sine * height, x, sine * width, cosine * height, y])
    return rows.T.reshape(-1, 2, 3)


def look(
    pictures: Float[Tensor, "b c h w"], theta: Float[Tensor, "b two three"], side_px: int
) -> Float[Tensor, "b c s s"]:
    """The pictures seen through affine views, ``side_px`` square."""
    # Halving first keeps fine texture from aliasing when the view is much smaller.
    while pictures.shape[-1] >= 2 * side_px:
        pictures = functional.avg_pool2d(pictures, 2)
    grid = functional.affine_grid(
        theta, [len(theta), pictures.shape[1], side_px, side_px], align_corners=False
    )
    return functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


def still_as_film(
    pictures: Float[Tensor, "b c h w"], views: Views, random: torch.Generator
) -> Float[Tensor, "b f s s"]:
    """Still pictures as 16 brightness frames of a moving camera."""
    grey = functional.avg_pool2d(pictures.mean(dim=1, keepdim=True), 2)
    theta = views.drifting(random).flatten(0, 1)
    frames = look(grey.repeat_interleave(FRAMES_PER_WINDOW, dim=0), theta, GREY_SIDE_PX)
    return frames.reshape(-1, FRAMES_PER_WINDOW, GREY_SIDE_PX, GREY_SIDE_PX)


def grain(like: Tensor) -> Tensor:
    """Unit noise of the shape of ``like``: eight fields shared out, since drawing is slow."""
    drawn = torch.randn(8, *like.shape[1:])
    return drawn[torch.randint(8, (len(like),))]


@dataclass(frozen=True)
class Light:
    """Exposure, contrast, colour and focus, drawn once per picture and used on all its frames."""

    gain: Tensor
    offset: Tensor
    colour: Tensor
    saturation: Tensor
    blurred: Tensor
    noise: Tensor

    @classmethod
    def draw(cls, batch: int, random: torch.Generator) -> Light:
        def uniform(low: float, high: float, *shape: int) -> Tensor:
            return low + (high - low) * torch.rand(batch, *(shape or (1,)), 1, 1, generator=random)

        grey = torch.rand(batch, 1, 1, 1, generator=random) < 0.08
        return cls(
            gain=torch.exp(uniform(-0.45, 0.45)),
            offset=uniform(-0.18, 0.18),
            colour=torch.exp(uniform(-0.15, 0.15, 3)),
            saturation=torch.where(grey, 0.0, uniform(0.5, 1.5)),
            blurred=torch.rand(batch, generator=random) < 0.25,
            noise=uniform(0.0, 0.06),
        )

    def lasting(self, count: int) -> Light:
        """One light over ``count`` pictures."""
        return Light(*(getattr(self, f.name).repeat_interleave(count, 0) for f in fields(self)))

    def on_colour(self, picture: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Pictures in [0, 1], as this light and lens show them."""
        soft = picture[self.blurred]
        picture[self.blurred] = functional.interpolate(
            functional.avg_pool2d(soft, 2), size=picture.shape[-1], mode="bilinear"
        )
        mean = picture.mean(dim=1, keepdim=True)
        picture = (mean + (picture - mean) * self.saturation) * self.colour
        picture = (picture - 0.5) * self.gain + 0.5 + self.offset
        return (picture + grain(picture) * self.noise).clamp(0, 1)

    def first(self, count: int) -> Light:
        """The light on the first pictures alone."""
        return Light(*(getattr(self, f.name)[:count] for f in fields(self)))

    def on_grey(self, frames: Float[Tensor, "b f h w"]) -> Float[Tensor, "b f h w"]:
        """Brightness frames in [0, 1] under the same light."""
        frames = (frames - 0.5) * self.gain + 0.5 + self.offset
        return (frames + grain(frames) * self.noise * 0.3).clamp(0, 1)


def paste_over(
    pictures: Tensor, other: Tensor, share: Tensor, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """CutMix (Yun et al., arXiv 1905.04899): a box of ``other`` of about ``share`` of the area.

    Returns the pictures and the share of area that is really covered.
    """
    batch, _, height, width = pictures.shape
    half = share.sqrt() / 2
    x = torch.rand(batch, generator=random)
    y = torch.rand(batch, generator=random)
    across = torch.arange(width)[None] / width
    down = torch.arange(height)[None] / height
    in_x = (across >= (x - half)[:, None]) & (across < (x + half)[:, None])
    in_y = (down >= (y - half)[:, None]) & (down < (y + half)[:, None])
    box = (in_y[:, :, None] & in_x[:, None, :])[:, None]
    return torch.where(box, other, pictures), box.float().mean(dim=(1, 2, 3))


FULL_SIDE_PX = 96


def side_at(progress: float) -> int:
    """Small pictures first, full size at the end: most steps for the time."""
    return 64 if progress < 0.45 else 80 if progress < 0.68 else FULL_SIDE_PX
