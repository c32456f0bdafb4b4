//! What one client can take from the others: computing, and memory.

mod answers;
mod bodies;
mod rendering;
