//! The pages of the built-in provider, in a browser without JavaScript.

mod account;
pub(crate) mod browser;
mod device;
mod elsewhere;
mod forgotten;
mod guards;
mod ldap;
mod log_in;
mod log_out;
mod password;
mod programs;

pub(crate) use programs::query;
