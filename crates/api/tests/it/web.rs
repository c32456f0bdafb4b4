//! The pages of the built-in provider, in a browser without JavaScript.

mod account;
pub(crate) mod browser;
mod device;
mod guards;
mod log_in;
mod log_out;
mod password;
mod programs;
