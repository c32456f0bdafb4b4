//! What the agent of a cluster exchanges with the server.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jobbergate_types::{
    Page,
    changes::{Changes, ChangesQuery},
    claims::{
        AgentListQuery, ClaimQuery, Claims, ClaimsRequest, FollowedQuery, InstanceQuery,
        MOST_FOLLOWED, WithdrawnJobSubmission,
    },
    job_submissions::{
        ActiveJobSubmission, JobSubmissionAgentRejectedRequest, JobSubmissionAgentSubmittedRequest,
        JobSubmissionAgentUpdateRequest, PendingJobSubmission, WaitingJobSubmission,
        WaitingJobSubmissionsRequest,
    },
    list::Paging,
};
use reqwest::Method;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use crate::{Client, Error};

const LARGEST_PAGE: i64 = 100;
/// How often a list is read that changes while it is.
const READINGS: usize = 3;
const CLAIMS: [&str; 3] = ["job-submissions", "agent", "claims"];
const WITHDRAWN: [&str; 3] = ["job-submissions", "agent", "withdrawn"];

fn query(instance: Option<&str>, paging: Paging) -> AgentListQuery {
    AgentListQuery { instance: instance.map(str::to_owned), paging }
}

impl Client {
    /// Renews the caller's lease and claims submissions.
    ///
    /// # Errors
    /// See [`Error`]; 404, 405 or 501 when the server is one that does not have this, 429 when too
    /// many agents of the cluster hold leases.
    pub async fn claim(
        &self,
        request: &ClaimsRequest,
        deadline: Duration,
    ) -> Result<Claims, Error> {
        self.request(Method::POST, &CLAIMS).json(request).within(deadline).receive().await
    }

    /// Hands back all that an agent has claimed, and its lease.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn hand_back(&self, instance: &str, deadline: Duration) -> Result<(), Error> {
        let query = InstanceQuery { instance: instance.to_owned() };
        self.request(Method::DELETE, &CLAIMS).query(&query).within(deadline).done().await
    }

    /// The submissions that nobody wants any more, and of which an agent is to find out whether
    /// they have a job: a hundred at most.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn withdrawn(&self, instance: &str) -> Result<Vec<WithdrawnJobSubmission>, Error> {
        let query = InstanceQuery { instance: instance.to_owned() };
        self.request(Method::GET, &WITHDRAWN).query(&query).receive().await
    }

    /// Reports that a withdrawn submission has no job that the server does not know.
    ///
    /// # Errors
    /// See [`Error`]; 409 when it is settled already, or another agent's.
    pub async fn settle_withdrawn(&self, id: i64, claim: i64) -> Result<(), Error> {
        let id = id.to_string();
        let route: Vec<&str> = WITHDRAWN.into_iter().chain([id.as_str()]).collect();
        self.request(Method::DELETE, &route).query(&ClaimQuery { claim }).done().await
    }

    /// A page of the submissions that wait and are claimed by this agent, or by none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn pending_page(
        &self,
        instance: Option<&str>,
        page: &Paging,
    ) -> Result<Page<PendingJobSubmission>, Error> {
        self.agent_page("pending", &query(instance, page.clone())).await
    }

    /// All submissions that wait and are claimed by this agent, or by none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn pending(
        &self,
        instance: Option<&str>,
    ) -> Result<Vec<PendingJobSubmission>, Error> {
        let id = |submission: &PendingJobSubmission| submission.id;
        self.all_pages("pending", instance, id).await
    }

    /// All submissions of the caller's cluster whose jobs may still change and which this agent has
    /// claimed; without one, those that no agent with a lease has claimed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn active(&self, instance: Option<&str>) -> Result<Vec<ActiveJobSubmission>, Error> {
        if let Some(instance) = instance {
            match self.followed(instance).await {
                Err(error) if error.is_unknown_route() => {}
                followed => return followed,
            }
        }
        self.all_pages("active", instance, |submission: &ActiveJobSubmission| submission.id).await
    }

    /// The same, of a server that lists many at once.
    async fn followed(&self, instance: &str) -> Result<Vec<ActiveJobSubmission>, Error> {
        let mut query = FollowedQuery { instance: instance.to_owned(), after: 0 };
        let route = ["job-submissions", "agent", "followed"];
        let mut all = Vec::new();
        loop {
            let part: Vec<Item<ActiveJobSubmission>> =
                self.request(Method::GET, &route).query(&query).receive().await?;
            let whole = part.len() < MOST_FOLLOWED;
            let last = part.iter().filter_map(Item::id).max().filter(|last| *last > query.after);
            all.extend(part.into_iter().filter_map(|item| item.readable("followed")));
            match last {
                Some(last) if !whole => query.after = last,
                _ => return Ok(all),
            }
        }
    }

    /// Waits for something to be new to the caller's cluster, for as long as the query says, and so
    /// much longer for the answer.
    ///
    /// # Errors
    /// See [`Error`]; 404 or 405 when the server is one that does not have this.
    pub async fn changes(&self, query: &ChangesQuery, margin: Duration) -> Result<Changes, Error> {
        let wait = Duration::from_secs(u64::try_from(query.wait).unwrap_or_default());
        let route = ["job-submissions", "agent", "changes"];
        self.request(Method::GET, &route).query(query).within(wait + margin).receive().await
    }

    /// Reports that Slurm took a job. May be repeated.
    ///
    /// # Errors
    /// See [`Error`]; 404 when the submission was deleted, 409 when its claim is another agent's.
    pub async fn report_submitted(
        &self,
        report: &JobSubmissionAgentSubmittedRequest,
    ) -> Result<(), Error> {
        let route = ["job-submissions", "agent", "submitted"];
        self.request(Method::POST, &route).json(report).done().await
    }

    /// Reports that a submission can't be run.
    ///
    /// # Errors
    /// See [`Error`]; 404 when the submission was deleted, 409 when its claim is another agent's.
    pub async fn report_rejected(
        &self,
        report: &JobSubmissionAgentRejectedRequest,
    ) -> Result<(), Error> {
        let route = ["job-submissions", "agent", "rejected"];
        self.request(Method::POST, &route).json(report).done().await
    }

    /// Reports why submissions wait that can't be submitted yet, a hundred at most.
    ///
    /// # Errors
    /// See [`Error`]; 404 or 405 when the server is one that does not want to know.
    pub async fn report_waiting(&self, waiting: &[WaitingJobSubmission]) -> Result<(), Error> {
        let route = ["job-submissions", "agent", "waiting"];
        let report = WaitingJobSubmissionsRequest { submissions: waiting.to_vec() };
        self.request(Method::POST, &route).json(&report).done().await
    }

    /// Reports the state of a job.
    ///
    /// # Errors
    /// See [`Error`]; 400 when the submission has ended for the server, 409 when its claim is another
    /// agent's.
    pub async fn report_state(
        &self,
        id: i64,
        report: &JobSubmissionAgentUpdateRequest,
    ) -> Result<(), Error> {
        let route = ["job-submissions", "agent", &id.to_string()];
        self.request(Method::PUT, &route).json(report).done().await
    }

    async fn agent_page<T: DeserializeOwned>(
        &self,
        list: &str,
        query: &AgentListQuery,
    ) -> Result<Page<T>, Error> {
        let route = ["job-submissions", "agent", list];
        let page: Page<Item<T>> = self.request(Method::GET, &route).query(query).receive().await?;
        let Page { items, total, page, size, pages } = page;
        let items = items.into_iter().filter_map(|item| item.readable(list)).collect();
        Ok(Page { items, total, page, size, pages })
    }

    /// All rows of a list that may change while it is read. Where it became shorter meanwhile, a row
    /// may have moved over the border of two pages unseen: then it is read again.
    async fn all_pages<T: DeserializeOwned>(
        &self,
        list: &str,
        instance: Option<&str>,
        id: impl Fn(&T) -> i64,
    ) -> Result<Vec<T>, Error> {
        let mut rows = BTreeMap::new();
        for _ in 0..READINGS {
            let mut paging = Paging { page: 1, size: LARGEST_PAGE };
            let mut totals = BTreeSet::new();
            loop {
                let page: Page<T> = self.agent_page(list, &query(instance, paging.clone())).await?;
                let (empty, last) = (page.items.is_empty(), paging.page >= page.pages);
                totals.insert(page.total);
                rows.extend(page.items.into_iter().map(|row| (id(&row), row)));
                if empty || last {
                    break;
                }
                paging.page += 1;
            }
            if totals.len() == 1 {
                break;
            }
        }
        Ok(rows.into_values().collect())
    }
}

/// One of a list. One that can't be read, from a server of another version, keeps no other waiting.
struct Item<T> {
    id: Value,
    read: Result<T, serde_json::Error>,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let item = Value::deserialize(deserializer)?;
        let id = item.get("id").cloned().unwrap_or_default();
        Ok(Self { id, read: serde_json::from_value(item) })
    }
}

impl<T> Item<T> {
    fn id(&self) -> Option<i64> {
        self.id.as_i64()
    }

    /// What can't be read is left out, and stays where it is.
    fn readable(self, list: &str) -> Option<T> {
        let Self { id, read } = self;
        read.inspect_err(|error| {
            tracing::warn!(submission = %id, list, %error, "a submission cannot be read: left out");
        })
        .ok()
    }
}
