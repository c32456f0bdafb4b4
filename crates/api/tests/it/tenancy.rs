//! Organizations with data of their own.

mod isolation;
mod opening;
mod tokens;
