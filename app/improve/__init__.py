"""Training on corrections as the window sees it: a plan, a child process, a new version."""
