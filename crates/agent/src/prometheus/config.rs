//! Where the agent's figures are read.

use std::net::SocketAddr;

use clap::Args;

#[derive(Debug, Clone, Args)]
pub struct PrometheusConfig {
    /// Address and port at which Prometheus reads the agent's figures (/metrics), such as
    /// 127.0.0.1:9402; without, there are none. Whoever reaches it may read them
    #[arg(long, env = "JOBBERGATE_AGENT_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<SocketAddr>,
}
