"""Job submissions."""
