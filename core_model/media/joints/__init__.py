"""Where one recording ends and the next begins in files put together byte by byte.

Told from the bytes alone, without a demuxer: ``transport`` and ``program`` look for clocks that
begin anew (ISO/IEC 13818-1), ``ogg`` for chained streams (RFC 3533). ``scan`` is the way in.
"""
