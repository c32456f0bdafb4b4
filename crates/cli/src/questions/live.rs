//! What can be chosen of a cluster, as its agent reported it.

use std::env;

use jobbergate_questions::offered;
use jobbergate_types::{
    cluster_facts::ClusterFactsView,
    questions::{Choice, Choices, Question},
};
use reqwest::{Method, StatusCode};

use crate::{
    commands::{Session, job_submissions::client_id},
    failure::Result,
};

/// Puts the cluster's choices into the questions that name them and are still open. Where they are
/// not known, the answer is typed. They are offers: an answer that is given beforehand may name what
/// is hidden, or newer than what the agent reported.
///
/// # Errors
/// When the server is away.
pub async fn resolve(
    session: &Session,
    questions: &mut [Question],
    cluster: Option<&str>,
    is_answered: impl Fn(&str) -> bool,
) -> Result<()> {
    let is_open = |question: &Question| {
        matches!(question.choices, Some(Choices::Live { .. })) && !is_answered(&question.variable)
    };
    let name = cluster.or(session.settings.default_cluster_name.as_deref());
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(()) };
    if !questions.iter().any(is_open) {
        return Ok(());
    }
    let client_id = client_id(session, name).await?;
    let what = format!("Couldn't retrieve what there is to choose of cluster {name}");
    let request = session.api.request(Method::GET, &["clusters", "facts", &client_id]).await?;
    let facts: Option<ClusterFactsView> = session.api.find(&what, request, StatusCode::OK).await?;
    let Some(facts) = facts else { return Ok(()) };
    let user = env::var("USER").unwrap_or_default();
    for question in questions.iter_mut().filter(|question| is_open(question)) {
        if let Some(Choices::Live { cluster }) = question.choices {
            let names = offered(&facts.facts, cluster, &user);
            if !names.is_empty() {
                let choices = names.into_iter().map(|name| Choice::Value(name.into()));
                question.choices = Some(Choices::These(choices.collect()));
            }
        }
    }
    Ok(())
}
