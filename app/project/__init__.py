"""The project on disk: one SQLite file that holds every annotation and every edit ever made.

``project``: the one door (open, perform, undo). ``edits``: what a person can do, as frozen
values. ``columns``: the segments of a video as arrays. ``project_session``: the window's end of
it, the only module here that knows Qt.
"""
