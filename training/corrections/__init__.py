"""What people corrected, as training: from decided segments to a new bundle beside the old one.

``data``, ``events``, ``split`` and ``plan`` never load torch: a window asks :func:`plan.make_plan`
what would be used before anything is trained. ``run`` is the door of a whole training,
``learner`` the one for experiments on embeddings in memory.
"""
