"""The small encoders of the bundled model: trained from nothing, quick on two CPU cores."""

from core_model.encoders.starter.audio import StarterAudioEncoder
from core_model.encoders.starter.visual import StarterVisualEncoder

__all__ = ["StarterAudioEncoder", "StarterVisualEncoder"]
