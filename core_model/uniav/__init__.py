"""UniAV: blocks, backbone, heads and their sizes. No loss, no suppression, no file format."""

from core_model.uniav.config import (
    ConfigError,
    GridKind,
    TaskConfig,
    UniAVConfig,
    load_model_config,
)
from core_model.uniav.model import PointFeatures, RawOutput, UniAV
from core_model.uniav.points import Points, make_points

__all__ = [
    "ConfigError",
    "GridKind",
    "PointFeatures",
    "Points",
    "RawOutput",
    "TaskConfig",
    "UniAV",
    "UniAVConfig",
    "load_model_config",
    "make_points",
]
