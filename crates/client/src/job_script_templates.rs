//! Job-script templates and their files.

use jobbergate_types::{
    FileType, Page,
    job_script_templates::{
        FileNameQuery, JobTemplateBaseDetailedView, JobTemplateCreateRequest,
        JobTemplateDetailedView, JobTemplateListQuery, JobTemplateListView,
        JobTemplateUpdateRequest, TemplateFileDetailedView,
    },
};
use reqwest::Method;

use crate::{Client, Error};

const TEMPLATES: &str = "job-script-templates";

impl Client {
    /// Creates a template.
    ///
    /// # Errors
    /// See [`Error`]; 409 when the identifier is taken.
    pub async fn create_template(
        &self,
        template: &JobTemplateCreateRequest,
    ) -> Result<JobTemplateBaseDetailedView, Error> {
        self.request(Method::POST, &[TEMPLATES]).json(template).receive().await
    }

    /// A template with its files, by number or identifier.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn template(&self, id_or_identifier: &str) -> Result<JobTemplateDetailedView, Error> {
        self.request(Method::GET, &[TEMPLATES, id_or_identifier]).receive().await
    }

    /// A page of templates.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn templates(
        &self,
        query: &JobTemplateListQuery,
    ) -> Result<Page<JobTemplateListView>, Error> {
        self.request(Method::GET, &[TEMPLATES]).query(query).receive().await
    }

    /// Changes a template.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn update_template(
        &self,
        id_or_identifier: &str,
        changes: &JobTemplateUpdateRequest,
    ) -> Result<JobTemplateBaseDetailedView, Error> {
        self.request(Method::PUT, &[TEMPLATES, id_or_identifier]).json(changes).receive().await
    }

    /// Deletes a template with its files.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_template(&self, id_or_identifier: &str) -> Result<(), Error> {
        self.request(Method::DELETE, &[TEMPLATES, id_or_identifier]).done().await
    }

    /// Creates or replaces a file of a template.
    ///
    /// # Errors
    /// See [`Error`]; 422 when its content is not valid for its kind.
    pub async fn upload_template_file(
        &self,
        id_or_identifier: &str,
        file_type: FileType,
        filename: &str,
        content: &[u8],
    ) -> Result<TemplateFileDetailedView, Error> {
        let name =
            FileNameQuery { filename: Some(filename.to_owned()), ..FileNameQuery::default() };
        let route = [TEMPLATES, id_or_identifier, "upload", "template", file_type.as_str()];
        self.request(Method::PUT, &route).query(&name).file(filename, content).receive().await
    }

    /// The content of a file of a template.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn template_file(
        &self,
        id_or_identifier: &str,
        filename: &str,
    ) -> Result<Vec<u8>, Error> {
        let mut route = vec![TEMPLATES, id_or_identifier, "upload", "template"];
        route.extend(filename.split('/'));
        Ok(self.request(Method::GET, &route).send().await?.body)
    }

    /// Deletes a file of a template.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete_template_file(
        &self,
        id_or_identifier: &str,
        filename: &str,
    ) -> Result<(), Error> {
        let mut route = vec![TEMPLATES, id_or_identifier, "upload", "template"];
        route.extend(filename.split('/'));
        self.request(Method::DELETE, &route).done().await
    }
}
