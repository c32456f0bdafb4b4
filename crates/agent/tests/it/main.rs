//! The agent with its real peers.

#![cfg(test)]

mod directory;
mod slurm;
