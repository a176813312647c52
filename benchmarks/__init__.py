"""The figures that docs/performance.md quotes."""
