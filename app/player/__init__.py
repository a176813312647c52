"""Playing: decoding, sound, the clock and what shows them."""
