"""Slurm's programs."""
