"""A game of pool: ray-traced balls that roll by the laws of mechanics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sample.picture import Camera, fractal_noise, mix, sample_tiled, smoothstep, unit
from sample.pool_game import HALF_LENGTH_M, HALF_WIDTH_M, POCKETS, RADIUS_M, Cue, Game, State

LAMPS = np.array([[-0.75, 0.0, 1.0], [0.0, 0.0, 1.0], [0.75, 0.0, 1.0]], np.float32)
CLOTH = np.array([0.004, 0.10, 0.040], np.float32)
WOOD = np.array([0.16, 0.055, 0.022], np.float32)
FLOOR = np.array([0.055, 0.04, 0.032], np.float32)
RAIL_HEIGHT_M = 0.036
CUSHION_M, RAIL_M = 0.05, 0.15
_COLOURS = np.array(
    [
        (0.85, 0.82, 0.72),
        (0.85, 0.55, 0.02),
        (0.02, 0.05, 0.35),
        (0.62, 0.02, 0.02),
        (0.14, 0.02, 0.22),
        (0.80, 0.16, 0.01),
        (0.01, 0.17, 0.06),
        (0.24, 0.02, 0.03),
        (0.012, 0.012, 0.014),
    ],
    np.float32,
)
IVORY = np.array([0.85, 0.82, 0.72], np.float32)


@dataclass(frozen=True)
class Textures:
    cloth: np.ndarray
    wood: np.ndarray
    floor: np.ndarray


def frames(shape: tuple[int, int], rate_hz: int, count: int) -> Iterator[np.ndarray]:
    """Linear RGB pictures (height, width, 3) of one game."""
    textures = Textures(
        fractal_noise((512, 512), 6, 11, 16),
        fractal_noise((512, 512), 5, 12, 8),
        fractal_noise((512, 512), 6, 13, 4),
    )
    for index, state in enumerate(Game().states(rate_hz, count)):
        swing = index / max(count - 1, 1)
        angle = np.radians(214 + 22 * swing)
        eye = np.array([1.42 * np.cos(angle), 1.15 * np.sin(angle), 0.66 - 0.08 * swing])
        camera = Camera(eye, np.array([0.06, 0.03, -0.06]), 1.22)
        yield render(camera, state, textures, shape)


def render(camera: Camera, state: State, textures: Textures, shape: tuple[int, int]) -> np.ndarray:
    """One picture: the table, then shadows, balls and the cue in front of it."""
    rays = camera.rays(shape)
    eye = camera.eye.astype(np.float32)
    picture, position, on_cloth = _table(eye, rays, textures)
    for centre in state.positions:
        _darken(picture, position, on_cloth, centre, camera)
    order = np.argsort([-np.linalg.norm(centre - camera.eye) for centre in state.positions])
    for ball in order:
        _draw_ball(picture, rays, camera, state, int(ball))
    if state.cue is not None:
        _draw_cue(picture, rays, camera, state.cue)
    return picture


def _meet(eye: np.ndarray, rays: np.ndarray, height_m: float) -> np.ndarray:
    """Where the rays cross a level plane, (h, w, 2); far away where they never do."""
    down = np.minimum(rays[..., 2], -1e-4)
    distance = (height_m - eye[2]) / down
    return eye[:2] + rays[..., :2] * distance[..., None]


def _light(points: np.ndarray, height_m: float) -> np.ndarray:
    """Irradiance of a level surface under the three lamps."""
    total = np.full(points.shape[:-1], 0.10, np.float32)
    for lamp in LAMPS:
        rise = lamp[2] - height_m
        squared = np.sum((points - lamp[:2]) ** 2, axis=-1) + rise * rise
        total += 0.62 * rise * rise / (squared * squared)
    return total


def _table(
    eye: np.ndarray, rays: np.ndarray, textures: Textures
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lit table without balls, the place on the cloth per pixel, and where it is cloth."""
    top, bed = _meet(eye, rays, RAIL_HEIGHT_M), _meet(eye, rays, 0.0)
    floor = _meet(eye, rays, -0.8)
    grain = sample_tiled(textures.floor, floor[..., 0] * 160, floor[..., 1] * 40)
    planks = smoothstep(0.0, 0.04, np.abs((floor[..., 1] * 7) % 1.0 - 0.5))
    fade = 1.0 / (1.0 + 0.35 * np.sum(floor**2, axis=-1))
    picture = FLOOR * ((0.5 + grain) * (0.6 + 0.4 * planks) * (0.12 + fade))[..., None]

    def outside(points: np.ndarray, margin_m: float) -> np.ndarray:
        return (
            np.maximum(
                np.abs(points[..., 0]) - HALF_LENGTH_M, np.abs(points[..., 1]) - HALF_WIDTH_M
            )
            - margin_m
        )

    apron = outside(_meet(eye, rays, -0.16), RAIL_M) < 0
    picture = mix(picture, WOOD * 0.10, apron.astype(np.float32))
    streaks = sample_tiled(textures.wood, top[..., 0] * 60, top[..., 1] * 400)
    shine = 0.25 * smoothstep(0.5, 0.0, np.abs(outside(top, 0.11)) * 14)
    rail = WOOD * (0.45 + 0.9 * streaks)[..., None] + 0.05 * shine[..., None]
    rail = rail * _light(top, RAIL_HEIGHT_M)[..., None] * 2.0
    picture = mix(picture, rail, (outside(top, RAIL_M) < 0).astype(np.float32))
    nap = 0.86 + 0.28 * sample_tiled(textures.cloth, top[..., 0] * 900, top[..., 1] * 900)
    cushion = CLOTH * (nap * _light(top, RAIL_HEIGHT_M) * 2.3)[..., None]
    picture = mix(picture, cushion, (outside(top, CUSHION_M) < 0).astype(np.float32))
    picture = mix(picture, CLOTH * 0.30, (outside(top, 0.0) < 0).astype(np.float32))

    on_cloth = (outside(bed, 0.0) < 0) & (outside(top, 0.0) < 0)
    nap = 0.84 + 0.32 * sample_tiled(textures.cloth, bed[..., 0] * 900, bed[..., 1] * 900)
    worn = 0.93 + 0.14 * sample_tiled(textures.floor, bed[..., 0] * 70, bed[..., 1] * 70)
    edge = 0.55 + 0.45 * smoothstep(0.0, -0.05, outside(bed, 0.0))
    cloth = CLOTH * (nap * worn * edge * _light(bed, 0.0) * 2.0)[..., None]
    picture = mix(picture, cloth, on_cloth.astype(np.float32))
    for pocket in POCKETS:
        away = np.linalg.norm(top - pocket.astype(np.float32), axis=-1)
        picture = mix(picture, WOOD * 0.06, smoothstep(0.082, 0.078, away))
        picture = mix(picture, WOOD * 0.01, smoothstep(0.066, 0.060, away))
    return picture, bed, on_cloth


def _window(
    camera: Camera, centre: np.ndarray, radius_m: float, shape: tuple[int, ...]
) -> tuple[slice, slice] | None:
    """The pixels around a point, or None where it lies outside the picture."""
    x, y, scale = camera.project(centre, (shape[0], shape[1]))
    reach = radius_m * scale
    left, right = max(0, int(x - reach)), min(shape[1], int(x + reach) + 2)
    top, bottom = max(0, int(y - reach)), min(shape[0], int(y + reach) + 2)
    if left >= right or top >= bottom:
        return None
    return slice(top, bottom), slice(left, right)


def _darken(
    picture: np.ndarray,
    position: np.ndarray,
    on_cloth: np.ndarray,
    centre: np.ndarray,
    camera: Camera,
) -> None:
    """The soft shadows of one ball under three lamps, and the dark touch below it."""
    window = _window(camera, centre, RADIUS_M * 5, picture.shape)
    if window is None:
        return
    points = position[window]
    light = np.ones(points.shape[:2], np.float32)
    for lamp in LAMPS:
        stretch = RADIUS_M / (lamp[2] - RADIUS_M)
        shadow = centre[:2] + (centre[:2] - lamp[:2]) * stretch
        away = np.linalg.norm(points - shadow.astype(np.float32), axis=-1)
        light -= 0.24 * smoothstep(RADIUS_M * 1.35, RADIUS_M * 0.75, away)
    touch = np.sum((points - centre[:2].astype(np.float32)) ** 2, axis=-1) / RADIUS_M**2
    light *= 1.0 - 0.75 * np.exp(-1.6 * touch)
    picture[window] *= np.where(on_cloth[window], light, 1.0)[..., None]


def _draw_ball(
    picture: np.ndarray, rays: np.ndarray, camera: Camera, state: State, ball: int
) -> None:
    centre = state.positions[ball].astype(np.float32)
    window = _window(camera, centre, RADIUS_M * 1.6, picture.shape)
    if window is None:
        return
    local_rays = rays[window]
    to_centre = centre - camera.eye.astype(np.float32)
    along = local_rays @ to_centre
    closest_squared = to_centre @ to_centre - along * along
    inside = np.maximum(RADIUS_M**2 - closest_squared, 0.0)
    hit = local_rays * (along - np.sqrt(inside))[..., None] - to_centre
    normal = hit / RADIUS_M
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)
    body = _paint_of(state.numbers[ball], normal @ state.rotations[ball].astype(np.float32))
    colour = _shade(body, normal, centre + hit, local_rays)
    softness = 1.2 / camera.project(centre, picture.shape[:2])[2]
    miss = np.sqrt(np.maximum(closest_squared, 0.0)) - RADIUS_M
    picture[window] = mix(picture[window], colour, smoothstep(softness, -softness, miss))


def _paint_of(number: int, direction: np.ndarray) -> np.ndarray:
    """The ball's own colours: plain up to 8, a stripe above, a white spot with its number."""
    if number == 0:
        return np.broadcast_to(IVORY, direction.shape).copy()
    body = np.broadcast_to(_COLOURS[(number - 1) % 8 + 1], direction.shape)
    if number > 8:
        stripe = smoothstep(0.60, 0.56, np.abs(direction[..., 2]))
        body = mix(np.broadcast_to(IVORY, direction.shape), body, stripe)
    spot = np.abs(direction[..., 0])
    body = mix(body, np.broadcast_to(IVORY, direction.shape), smoothstep(0.885, 0.9, spot))
    across, upright = direction[..., 1], direction[..., 2]
    stroke = (np.abs(across) < 0.045) & (np.abs(upright) < 0.2) & (spot > 0.9)
    return mix(body, np.full(direction.shape, 0.01, np.float32), stroke.astype(np.float32))


def _shade(
    body: np.ndarray, normal: np.ndarray, points: np.ndarray, rays: np.ndarray
) -> np.ndarray:
    """Lamps, light from the cloth, and the mirror image of lamps, cloth and room in the gloss."""
    diffuse = np.zeros(normal.shape[:2], np.float32)
    for lamp in LAMPS:
        away = lamp - points
        squared = np.sum(away * away, axis=-1)
        facing = np.maximum(np.sum(normal * away, axis=-1), 0.0) / np.sqrt(squared)
        diffuse += 0.62 * facing / squared
    bounce = np.maximum(-normal[..., 2] * 0.5 + 0.5, 0.0)[..., None] * CLOTH * 1.5
    mirrored = rays - 2.0 * np.sum(rays * normal, axis=-1, keepdims=True) * normal
    rise = np.maximum(mirrored[..., 2], 1e-4)
    ceiling = points[..., :2] + mirrored[..., :2] * ((1.0 - points[..., 2]) / rise)[..., None]
    lamp = smoothstep(0.15, 0.11, np.abs(ceiling[..., 1])) * smoothstep(
        0.32, 0.29, np.abs((ceiling[..., 0] + 0.375) % 0.75 - 0.375)
    )
    lamp = lamp * (np.abs(ceiling[..., 0]) < 1.12) * (mirrored[..., 2] > 0)
    room = np.where(mirrored[..., 2:3] > 0, 0.05, CLOTH * 1.2)
    reflection = room + lamp[..., None] * 9.0
    facing = np.clip(-np.sum(rays * normal, axis=-1), 0.0, 1.0)
    fresnel = (0.045 + 0.955 * (1.0 - facing) ** 5)[..., None]
    return body * (diffuse[..., None] * 1.15 + 0.05 + bounce) + reflection * fresnel


def _draw_cue(picture: np.ndarray, rays: np.ndarray, camera: Camera, cue: Cue) -> None:
    """A tapered stick: the nearest approach of each ray to its axis decides."""
    axis = (cue.butt - cue.tip).astype(np.float32)
    length = float(np.linalg.norm(axis))
    axis /= length
    offset = (camera.eye - cue.tip).astype(np.float32)
    ray_axis = rays @ axis
    ray_offset, axis_offset = rays @ offset, float(axis @ offset)
    across = np.maximum(1.0 - ray_axis**2, 1e-5)
    along_axis = (axis_offset - ray_axis * ray_offset) / across
    along_ray = along_axis * ray_axis - ray_offset
    place = np.clip(along_axis, 0.0, length)
    gap = offset + rays * along_ray[..., None] - axis * place[..., None]
    distance = np.linalg.norm(gap, axis=-1)
    radius = 0.0065 + 0.0085 * place / length
    softness = 1.0 * along_ray / (camera.focal * picture.shape[0])
    cover = smoothstep(1.0, -1.0, (distance - radius) / np.maximum(softness, 1e-5))
    cover = cover * (along_axis > 0) * (along_axis < length) * (along_ray > 0)
    side = unit(np.cross(axis, np.array([0.0, 0.0, 1.0]))).astype(np.float32)
    lift = np.cross(side, axis)
    sheen = np.clip((gap @ lift) / radius * (1 if lift[2] > 0 else -1), -1, 1)
    maple = np.array([0.62, 0.40, 0.19], np.float32)
    colour = np.where((place < 0.012)[..., None], np.array([0.03, 0.10, 0.25], np.float32), maple)
    colour = np.where(((place > 0.012) & (place < 0.035))[..., None], IVORY, colour)
    colour = np.where((place > 0.80)[..., None], np.array([0.035, 0.012, 0.008]), colour)
    lit = 0.25 + 0.5 * (sheen * 0.5 + 0.5) + 0.9 * smoothstep(0.55, 0.8, sheen)
    picture[:] = mix(picture, (colour * lit[..., None]).astype(np.float32), cover)
