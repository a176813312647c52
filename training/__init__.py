"""Everything that knows the truth: targets, losses, metrics, recipes. No Qt."""
