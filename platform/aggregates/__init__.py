"""The pension relationship and its transfers: decides, never does I/O."""
