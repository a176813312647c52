"""The time axis on screen: ruler, overview, waveform, spectrogram and the lanes of events."""
