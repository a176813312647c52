"""Detection of many videos of a project: what waits, in which order, and how far it has come."""
