//! Clusters and the health of the server.

use jobbergate_types::{
    Page,
    cluster_facts::{ClusterFacts, ClusterFactsView},
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

    /// Tells the server what the caller's cluster offers and is doing.
    ///
    /// # Errors
    /// See [`Error`]; 404 or 405 when the server does not know of such facts.
    pub async fn report_cluster_facts(&self, facts: &ClusterFacts) -> Result<(), Error> {
        self.request(Method::PUT, &["clusters", "facts"]).json(facts).done().await
    }

    /// What the agent of one cluster reported of it.
    ///
    /// # Errors
    /// See [`Error`]; 404 when it never reported.
    pub async fn cluster_facts(&self, client_id: &str) -> Result<ClusterFactsView, Error> {
        self.request(Method::GET, &["clusters", "facts", client_id]).receive().await
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
