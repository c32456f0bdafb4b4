//! People whose password is kept in an LDAP directory.

mod accounts;
mod checks;
mod faults;
mod groups;
mod log_in;

/// Entries of the directory.
const ALICE: &str = "uid=alice,ou=people,dc=example,dc=org";
const ALICES: &str = "alice in wonderland";
const BOB: &str = "uid=bob,ou=people,dc=example,dc=org";
const BOBS: &str = "bob is building";
