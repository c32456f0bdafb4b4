//! The server's operations through HTTP, on SQLite with a directory and on PostgreSQL with S3.

mod clusters;
mod support;
