//! What the demo, the torture and the clients work with: a server, an agent and a Slurm of their own.

mod api;
mod directory;
mod executable;
mod nginx;
mod postgres;
mod processor_time;
mod proxy;
mod s3;
mod service;
mod services;
mod slurm;
mod terminal;

pub(crate) use api::{Api, Refused, is_healthy};
pub(crate) use directory::{Directory, make_for};
pub(crate) use executable::Jobbergate;
pub(crate) use nginx::{Nginx, free_port};
pub(crate) use postgres::{DATABASE_POOL_SIZE, Database, Postgres};
pub(crate) use processor_time::TICKS_PER_SECOND;
pub(crate) use proxy::{Outage, Proxy};
pub(crate) use s3::S3;
pub(crate) use service::Service;
pub(crate) use services::{Agent, Place, Server};
pub(crate) use slurm::Slurm;
pub(crate) use terminal::Terminal;

/// Who submits jobs: also the name of an ordinary user of this machine, made when missing.
pub(crate) const USER: &str = "alice";
pub(crate) const EMAIL: &str = "alice@example.com";
/// The cluster, by the client id of its agent.
pub(crate) const CLUSTER: &str = "demo-cluster";
