//! Job submissions, as their owners see them.

use jobbergate_types::{
    Page,
    job_submissions::{
        JobProgressDetail, JobSubmissionCreateRequest, JobSubmissionDetailedView,
        JobSubmissionListQuery, JobSubmissionListView, JobSubmissionUpdateRequest,
    },
    list::Paging,
};
use reqwest::Method;

use crate::{Client, Error};

const SUBMISSIONS: &str = "job-submissions";

impl Client {
    /// Submits a script to a cluster.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create_submission(
        &self,
        submission: &JobSubmissionCreateRequest,
    ) -> Result<JobSubmissionDetailedView, Error> {
        self.request(Method::POST, &[SUBMISSIONS]).json(submission).receive().await
    }

    /// A submission.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn submission(&self, id: i64) -> Result<JobSubmissionDetailedView, Error> {
        self.request(Method::GET, &[SUBMISSIONS, &id.to_string()]).receive().await
    }

    /// A page of submissions.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn submissions(
        &self,
        query: &JobSubmissionListQuery,
    ) -> Result<Page<JobSubmissionListView>, Error> {
        self.request(Method::GET, &[SUBMISSIONS]).query(query).receive().await
    }

    /// Cancels a submission; its job ends when the cluster's agent hears of it.
    ///
    /// # Errors
    /// See [`Error`]; 400 when it already ended.
    pub async fn cancel_submission(&self, id: i64) -> Result<JobSubmissionDetailedView, Error> {
        let route = [SUBMISSIONS, "cancel", &id.to_string()];
        self.request(Method::PUT, &route).receive().await
    }

    /// Submits the same once more.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn clone_submission(&self, id: i64) -> Result<JobSubmissionDetailedView, Error> {
        let route = [SUBMISSIONS, "clone", &id.to_string()];
        self.request(Method::POST, &route).receive().await
    }

    /// Changes a submission.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update_submission(
        &self,
        id: i64,
        changes: &JobSubmissionUpdateRequest,
    ) -> Result<JobSubmissionDetailedView, Error> {
        self.request(Method::PUT, &[SUBMISSIONS, &id.to_string()]).json(changes).receive().await
    }

    /// Deletes a submission.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_submission(&self, id: i64) -> Result<(), Error> {
        self.request(Method::DELETE, &[SUBMISSIONS, &id.to_string()]).done().await
    }

    /// A page of the steps in the life of a submission, oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn submission_progress(
        &self,
        id: i64,
        page: &Paging,
    ) -> Result<Page<JobProgressDetail>, Error> {
        let route = [SUBMISSIONS, &id.to_string(), "progress"];
        self.request(Method::GET, &route).query(page).receive().await
    }
}
