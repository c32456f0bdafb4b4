//! What the peers promise to the tests that use them.

#![cfg(test)]

mod browser;
mod issuer;
mod postgres;
mod rabbitmq;
mod s3;
mod slapd;
mod smtp;
