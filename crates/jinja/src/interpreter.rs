//! Walks the tree and writes the text.

mod apart;
mod assign;
mod call;
mod context;
mod evaluate;
mod fold;
mod frame;
mod loops;
mod macros;
mod output;
mod render;
mod state;
mod statement;

pub(crate) use fold::Folder;
pub(crate) use render::render;
