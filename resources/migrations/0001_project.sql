-- The first form of a project. Times are microseconds of presentation time.

CREATE TABLE videos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    content_hash TEXT NOT NULL DEFAULT '',
    size_bytes INTEGER,
    start_us INTEGER NOT NULL DEFAULT 0,
    duration_us INTEGER,
    subset TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'predicted', 'in review', 'done')),
    comment TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE labels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('tal', 'sed', 'avel')),
    name TEXT NOT NULL CHECK (name <> ''),
    prompt TEXT NOT NULL DEFAULT '',
    colour TEXT NOT NULL DEFAULT '',
    pattern TEXT NOT NULL DEFAULT '',
    key TEXT NOT NULL DEFAULT '',
    parent_id INTEGER REFERENCES labels (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL DEFAULT 0,
    number INTEGER,
    UNIQUE (kind, name)
) STRICT;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id INTEGER NOT NULL REFERENCES videos (id) DEFERRABLE INITIALLY DEFERRED,
    model TEXT NOT NULL,
    version TEXT NOT NULL,
    settings TEXT NOT NULL DEFAULT '{}',
    at TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id INTEGER NOT NULL REFERENCES videos (id) DEFERRABLE INITIALLY DEFERRED,
    label_id INTEGER NOT NULL REFERENCES labels (id) DEFERRABLE INITIALLY DEFERRED,
    onset_us INTEGER NOT NULL,
    offset_us INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('undecided', 'accepted', 'rejected', 'unsure')),
    origin TEXT NOT NULL CHECK (origin IN ('human', 'model', 'edited')),
    score REAL CHECK (score BETWEEN 0 AND 1),
    annotator TEXT NOT NULL DEFAULT '',
    prompt TEXT NOT NULL DEFAULT '',
    run_id INTEGER REFERENCES runs (id) DEFERRABLE INITIALLY DEFERRED,
    note TEXT NOT NULL DEFAULT '',
    CHECK (onset_us <= offset_us)
) STRICT;

CREATE INDEX segments_by_video ON segments (video_id, onset_us);
CREATE INDEX segments_by_label ON segments (label_id);
CREATE INDEX segments_by_run ON segments (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX runs_by_video ON runs (video_id);

-- Every edit, undo and redo, never changed afterwards. undo_top and redo_top are the tops of the
-- two stacks after the row, below is what lies under the entry that the row pushed: together the
-- stacks are linked lists, so that neither has to be kept or rebuilt.
CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    author TEXT NOT NULL,
    name TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('edit', 'undo', 'redo')),
    target INTEGER REFERENCES edits (id),
    below INTEGER REFERENCES edits (id),
    undo_top INTEGER REFERENCES edits (id) DEFERRABLE INITIALLY DEFERRED,
    redo_top INTEGER REFERENCES edits (id) DEFERRABLE INITIALLY DEFERRED,
    -- what an edit changed, forwards, as JSON (long ones packed with zlib), and how many rows
    changes ANY,
    row_count INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TRIGGER edits_are_never_changed BEFORE UPDATE ON edits
BEGIN
    SELECT RAISE(ABORT, 'the edit log is only ever appended to');
END;

CREATE TRIGGER edits_are_never_deleted BEFORE DELETE ON edits
BEGIN
    SELECT RAISE(ABORT, 'the edit log is only ever appended to');
END;

-- Where a video outside the project's folder lies on one machine.
CREATE TABLE places (
    content_hash TEXT NOT NULL,
    machine TEXT NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (content_hash, machine)
) STRICT, WITHOUT ROWID;

-- How the window shows the project (order of tracks and the like): JSON, no part of undo.
CREATE TABLE views (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
