"""Dialogs that stay open beside the window; none of them blocks it."""
