"""Annotations apart from any screen or database: values, files of other programs, agreement.

``model``: frozen values. ``interchange``: readers and writers. ``agreement``: two annotators.
"""
