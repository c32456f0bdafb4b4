"""Applications and the questions that they ask."""
