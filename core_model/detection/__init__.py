"""From a media file to detections: decoding in blocks, encoding, windows and their seams."""
