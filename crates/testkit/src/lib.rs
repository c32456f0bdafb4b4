//! Real peers for tests, started on this machine: a PostgreSQL server, an S3 server, two OIDC
//! providers, a Slurm. They are Debian packages, parts of the test's process or, for one of the
//! providers, an npm package; none but Slurm outlives its use, and all listen on the loopback
//! interface or a Unix socket only.

mod directory;
pub mod issuer;
pub mod oidc_provider;
pub mod postgres;
pub mod s3;
pub mod slurm;
