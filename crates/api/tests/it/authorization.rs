//! Who may do what.

mod claims;
mod issuer;
mod ownership;
mod permissions;
mod provider;
mod rules;
mod several;
mod unwell;
