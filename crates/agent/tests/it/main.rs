//! The agent with its real peers.

#![cfg(test)]

mod slurm;
