"""The window: everything that knows the screen."""
