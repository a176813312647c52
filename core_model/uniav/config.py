"""The sizes of a UniAV model, read from JSON and decided nowhere else.

Every published variant (Geng et al., arXiv 2404.03179, tables 4 to 6) is a set of these values;
the files lie in ``resources/models``. An unknown key is an error, so that a misspelt option can
never be ignored silently.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from core_model.timeline import Task
from resources import resource_path

_Choice = TypeVar("_Choice", bound=StrEnum)


class ConfigError(ValueError):
    """A model description that names an unknown key or holds an impossible value."""


class ExpertPlacement(StrEnum):
    """Which stages hold one feed-forward expert per task; the others share a single one."""

    BOTH = "both"
    UNI_MODAL = "l1"
    CROSS_MODAL = "l2"
    NONE = "none"


class Classifier(StrEnum):
    """Cosine similarity with text embeddings, or one convolution per task."""

    TEXT = "text"
    CONVOLUTION = "conv"


class PositionAtEvaluation(StrEnum):
    """``official`` repeats the published code, which squeezes the table for short tasks."""

    OFFICIAL = "official"
    CONSISTENT = "consistent"


class FeatureNorm(StrEnum):
    """What happens to each input snippet before the first convolution."""

    NONE = "none"
    L2 = "l2"


class GridKind(StrEnum):
    """Snippets as they were encoded, or interpolated to exactly ``max_length`` cells."""

    FIXED = "fixed"
    RESIZED = "resized"


@dataclass(frozen=True, slots=True)
class TaskConfig:
    """One task: ``max_length`` grid cells in training, its classes and its kind of offsets.

    ``num_classes`` may be None only where no weight depends on it: text classifier and
    class-agnostic offsets.
    """

    max_length: int
    num_classes: int | None = None
    class_aware: bool = False
    grid: GridKind = GridKind.FIXED


@dataclass(frozen=True, slots=True)
class UniAVConfig:
    """A whole model. The defaults are the published sizes; ``tasks`` has to be named."""

    tasks: Mapping[Task, TaskConfig]
    dim: int = 512
    heads: int = 4
    ffn_ratio: int = 4
    visual_dim: int = 1536
    audio_dim: int = 1536
    text_dim: int = 1536
    embedding_convs: int = 2
    self_stages: int = 2
    cross_stages: int = 1
    down_stages: int = 5
    head_convs: int = 2
    experts: ExpertPlacement = ExpertPlacement.BOTH
    classifier: Classifier = Classifier.TEXT
    prior_probability: float = 0.01
    pe_eval: PositionAtEvaluation = PositionAtEvaluation.CONSISTENT
    drop_path: float = 0.1
    layer_scale: float = 1e-4
    feat_norm: Mapping[str, FeatureNorm] = field(
        default_factory=lambda: {"visual": FeatureNorm.NONE, "audio": FeatureNorm.NONE}
    )

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise ConfigError(problem)

    @property
    def level_count(self) -> int:
        """Pyramid levels; level ``l`` has stride ``2 ** l`` grid cells."""
        return 1 + self.down_stages

    @property
    def max_length(self) -> int:
        """Rows of the position table: the longest task."""
        return max(task.max_length for task in self.tasks.values())

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], source: str = "model description") -> "UniAVConfig":
        """Checked values from parsed JSON; ``source`` is named in every :class:`ConfigError`."""
        values = _known_values(cls, raw, source)
        if not isinstance(values.get("tasks"), Mapping):
            raise ConfigError(f"{source}: 'tasks' must map task names to their settings")
        values["tasks"] = {
            _member(Task, name, "tasks", source): _task_config(settings, name, source)
            for name, settings in values["tasks"].items()
        }
        for key, kind in _CHOICES.items():
            if key in values:
                values[key] = _member(kind, values[key], key, source)
        if "feat_norm" in values:
            values["feat_norm"] = _feature_norms(values["feat_norm"], source)
        try:
            return cls(**values)
        except ConfigError as error:
            raise ConfigError(f"{source}: {error}") from None

    @classmethod
    def from_json(cls, path: Path) -> "UniAVConfig":
        """Read one file of ``resources/models``. Raises :class:`ConfigError`."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path.name}: not readable as JSON ({error})") from error
        if not isinstance(raw, dict):
            raise ConfigError(f"{path.name}: the top level must be an object")
        return cls.from_dict(raw, path.name)

    def to_dict(self) -> dict[str, Any]:
        """The values as JSON types; :meth:`from_dict` gives an equal config back."""
        raw = asdict(self)
        raw["tasks"] = {str(task): asdict(settings) for task, settings in self.tasks.items()}
        return json.loads(json.dumps(raw))


def load_model_config(name: str) -> UniAVConfig:
    """A bundled description by name, for instance ``load_model_config("uniav_at")``."""
    path = resource_path("models", f"{name}.json")
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.json")))
        raise ConfigError(f"no model named {name!r}; there are: {known}")
    return UniAVConfig.from_json(path)


_CHOICES: dict[str, type[StrEnum]] = {
    "experts": ExpertPlacement,
    "classifier": Classifier,
    "pe_eval": PositionAtEvaluation,
}
# Key -> (least, greatest). The upper ends are far beyond any model; they keep a damaged file
# from asking for one that cannot be built.
_BOUNDS = {
    "dim": (2, 65_536),
    "heads": (1, 1_024),
    "ffn_ratio": (1, 64),
    "visual_dim": (1, 65_536),
    "audio_dim": (1, 65_536),
    "text_dim": (1, 65_536),
    "embedding_convs": (1, 16),
    "self_stages": (0, 64),
    "cross_stages": (1, 64),
    "down_stages": (0, 12),
    "head_convs": (0, 16),
}
# Numbers in the table of positions. No weight in a file has its size, so that a few bytes could
# ask for hundreds of gigabytes.
_LARGEST_TABLE = 2**25
_LARGEST_FLOAT = 1e9
_TASK_BOUNDS = {"max_length": (1, 1_000_000), "num_classes": (1, 1_000_000)}


def _known_values(kind: type, raw: Mapping[str, Any], source: str) -> dict[str, Any]:
    known = {entry.name: entry.type for entry in fields(kind)}
    values = {}
    for key, value in raw.items():
        if key not in known:
            raise ConfigError(f"{source}: unknown key {key!r}; known: {', '.join(sorted(known))}")
        if not _fits(value, known[key]):
            raise ConfigError(f"{source}: {key!r} cannot be {value!r}")
        values[key] = float(value) if known[key] is float else value
    return values


def _fits(value: Any, expected: object) -> bool:
    """Whether a JSON value is of a field's plain type; fields of other types are checked later."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if expected is float:
        return is_number and abs(value) < _LARGEST_FLOAT
    if expected in (int, int | None):
        return (is_number and isinstance(value, int)) or (value is None and expected is not int)
    return expected is not bool or isinstance(value, bool)


def _member(kind: type[_Choice], value: object, key: str, source: str) -> _Choice:
    try:
        return kind(value)
    except ValueError:
        choices = ", ".join(kind)
        raise ConfigError(f"{source}: {key!r} must be one of {choices}, not {value!r}") from None


def _task_config(raw: object, name: str, source: str) -> TaskConfig:
    where = f"{source}: task {name}"
    if not isinstance(raw, Mapping) or "max_length" not in raw:
        raise ConfigError(f"{where}: 'max_length' is missing")
    values = _known_values(TaskConfig, raw, where)
    if "grid" in values:
        values["grid"] = _member(GridKind, values["grid"], "grid", where)
    return TaskConfig(**values)


def _feature_norms(raw: object, source: str) -> dict[str, FeatureNorm]:
    if not isinstance(raw, Mapping) or set(raw) != {"visual", "audio"}:
        raise ConfigError(f"{source}: 'feat_norm' must name visual and audio")
    return {key: _member(FeatureNorm, value, "feat_norm", source) for key, value in raw.items()}


def _problems(config: UniAVConfig) -> list[str]:
    """Why the values cannot make a model; empty when they can."""
    problems = _out_of_bounds(config, _BOUNDS)
    if not config.tasks:
        problems.append("'tasks' must name at least one task")
    if config.heads > 0 and config.dim % config.heads:
        problems.append(f"'dim' {config.dim} is not a multiple of 'heads' {config.heads}")
    if config.dim % 2:
        problems.append(f"'dim' {config.dim} must be even: positions pair a sine with a cosine")
    if not 0 <= config.drop_path < 1:
        problems.append("'drop_path' must lie in [0, 1)")
    if not 0 <= config.layer_scale <= 1:
        problems.append("'layer_scale' must lie in [0, 1]")
    if not 0 < config.prior_probability < 1:
        problems.append("'prior_probability' must lie in (0, 1)")
    for task, settings in config.tasks.items():
        needs_classes = settings.class_aware or config.classifier is Classifier.CONVOLUTION
        found = _out_of_bounds(settings, _TASK_BOUNDS)
        if settings.num_classes is None and needs_classes:
            found.append("'num_classes' is needed by its weights")
        if settings.max_length * config.dim > _LARGEST_TABLE:
            found.append(f"'max_length' {settings.max_length} is too long for 'dim' {config.dim}")
        problems += [f"task {task}: {problem}" for problem in found]
    return problems


def _out_of_bounds(values: object, bounds: Mapping[str, tuple[int, int]]) -> list[str]:
    return [
        f"{key!r} must lie in [{least}, {greatest}], not {value}"
        for key, (least, greatest) in bounds.items()
        if (value := getattr(values, key)) is not None and not least <= value <= greatest
    ]
