//! The pages of the built-in provider, in a browser without JavaScript.

mod account;
mod browser;
mod device;
mod guards;
mod ldap;
mod log_in;
mod log_out;
mod password;
mod programs;
