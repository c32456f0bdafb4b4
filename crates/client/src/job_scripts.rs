//! Job scripts and their files.

use jobbergate_types::{
    Page,
    job_scripts::{
        JobScriptDetailedView, JobScriptListQuery, JobScriptListView, RenderFromTemplateBody,
    },
};
use reqwest::Method;

use crate::{Client, Error};

const SCRIPTS: &str = "job-scripts";

impl Client {
    /// Renders the files of a template into a new script.
    ///
    /// # Errors
    /// See [`Error`]; 422 when a file can't be rendered with these parameters.
    pub async fn render_from_template(
        &self,
        id_or_identifier: &str,
        body: &RenderFromTemplateBody,
    ) -> Result<JobScriptDetailedView, Error> {
        let route = [SCRIPTS, "render-from-template", id_or_identifier];
        self.request(Method::POST, &route).json(body).receive().await
    }

    /// A script with its files.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn script(&self, id: i64) -> Result<JobScriptDetailedView, Error> {
        self.request(Method::GET, &[SCRIPTS, &id.to_string()]).receive().await
    }

    /// A page of scripts.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn scripts(
        &self,
        query: &JobScriptListQuery,
    ) -> Result<Page<JobScriptListView>, Error> {
        self.request(Method::GET, &[SCRIPTS]).query(query).receive().await
    }

    /// The content of a file of a script.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn script_file(&self, id: i64, filename: &str) -> Result<Vec<u8>, Error> {
        let id = id.to_string();
        let mut route = vec![SCRIPTS, &id, "upload"];
        route.extend(filename.split('/'));
        Ok(self.request(Method::GET, &route).send().await?.body)
    }

    /// Deletes a script with its files.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_script(&self, id: i64) -> Result<(), Error> {
        self.request(Method::DELETE, &[SCRIPTS, &id.to_string()]).done().await
    }
}
