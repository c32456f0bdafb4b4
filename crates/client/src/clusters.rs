//! Clusters and the health of the server.

use jobbergate_types::{
    Page,
    clusters::{ClusterStatusReport, ClusterStatusView},
    list::Paging,
};
use reqwest::Method;

use crate::{Client, Error};

impl Client {
    /// Whether the server is there.
    ///
    /// # Errors
    /// When it is not.
    pub async fn health(&self) -> Result<(), Error> {
        self.request(Method::GET, &["health"]).done().await
    }

    /// Tells the server that the caller's cluster is alive and when to expect the next word.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn report_cluster_status(&self, report: &ClusterStatusReport) -> Result<(), Error> {
        self.request(Method::PUT, &["clusters", "status"]).query(report).done().await
    }

    /// A page of the clusters, by client id.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn cluster_statuses(&self, page: &Paging) -> Result<Page<ClusterStatusView>, Error> {
        self.request(Method::GET, &["clusters", "status"]).query(page).receive().await
    }

    /// One cluster.
    ///
    /// # Errors
    /// See [`Error`]; 404 when it never reported.
    pub async fn cluster_status(&self, client_id: &str) -> Result<ClusterStatusView, Error> {
        self.request(Method::GET, &["clusters", "status", client_id]).receive().await
    }
}
