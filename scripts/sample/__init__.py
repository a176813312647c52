"""The program that makes the bundled sample: rendered scenes with synthesised sound."""
