//! What the peers promise to the tests that use them.

#![cfg(test)]

mod issuer;
mod postgres;
mod s3;
