"""From a score to sound: who plays what, how, and the stream that comes of it."""
