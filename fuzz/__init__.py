"""Fuzzing: readers, codec and intake are fed changed valid inputs and noise; each input must have one outcome."""
