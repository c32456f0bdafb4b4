"""The same words for both command lines, what they do then, and where that differs."""
