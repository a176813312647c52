"""Long work outside the main thread: frozen requests in, frozen responses out."""
