//! Real peers for tests, started on this machine: a PostgreSQL server, an S3 server, an OIDC
//! provider, a RabbitMQ, an SMTP server, a Slurm. None needs more than Debian's packages, none but Slurm outlives its use, and
//! all listen on the loopback interface or a Unix socket only.

mod directory;
pub mod issuer;
mod owner;
pub mod postgres;
pub mod proxy;
pub mod rabbitmq;
pub mod s3;
pub mod slurm;
pub mod smtp;
