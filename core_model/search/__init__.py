"""Moments in all encoded files that are most like words or like an example.

Every snippet is compared: encodings lie in the cache as float16 and are mapped into memory, so a
search reads them once from front to back and keeps a number per snippet.
"""
