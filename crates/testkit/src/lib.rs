//! Real peers for tests, started on this machine: a PostgreSQL server, an S3 server, two OIDC
//! providers, a RabbitMQ, an SMTP server, an LDAP server, an InfluxDB, a Slurm, a browser. They are Debian
//! packages, parts of the test's process or, for one of the OIDC providers, an npm package; none but Slurm
//! outlives its use, and all listen on the loopback interface or a Unix socket only. Client libraries come
//! from npm and PyPI.

pub mod browser;
pub mod client_libraries;
mod directory;
pub mod influxdb;
pub mod issuer;
pub mod oidc_provider;
mod owner;
mod packages;
pub mod postgres;
pub mod proxy;
pub mod rabbitmq;
pub mod s3;
mod skipped;
pub mod slapd;
pub mod slurm;
pub mod smtp;

pub use skipped::skipped;
