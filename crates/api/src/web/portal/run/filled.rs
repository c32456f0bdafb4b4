//! The form with all that was filled in, and what there is to say of it.

use chrono::TimeDelta;
use jobbergate_types::cluster_facts::ClusterFactsView;

use super::{
    answers::{Answers, answers},
    asked::Asked,
    slurm,
    typed::{CLUSTER, DIRECTORY, NAME, PARTITION, SETTINGS, Typed},
};
use crate::{
    compute::RENDERING,
    error::{Error, Result},
    permission::Permission,
    resources::clusters::{
        facts,
        overview::{Cluster, Clusters, clusters},
    },
    web::portal::{user::User, words},
};

/// What is older is not what the cluster is like now.
const OLD: TimeDelta = TimeDelta::minutes(15);
/// The longest name and directory, in characters.
const LONGEST: usize = 255;
/// A parameter that is the script's name.
const SCRIPT_NAME: &str = "job_script_name";

#[derive(Debug)]
pub(super) struct Filled {
    pub(super) asked: Asked,
    pub(super) typed: Typed,
    pub(super) answers: Answers,
    pub(super) clusters: Clusters,
    /// The one that is chosen, if any is.
    pub(super) cluster: String,
    pub(super) facts: Option<ClusterFactsView>,
    /// Options of `sbatch`.
    pub(super) options: Vec<String>,
    /// What is wrong with the fields beside the questions.
    pub(super) problems: Vec<slurm::Problem>,
    /// What may be wrong.
    pub(super) warnings: Vec<slurm::Problem>,
    /// The script's name, if none is typed.
    pub(super) usual_name: String,
}

impl Filled {
    pub(super) async fn of(user: &User, asked: Asked, typed: Typed) -> Result<Self> {
        let context = &user.context;
        let clusters = match user.may(Permission::ClustersRead) {
            true => clusters(context).await?,
            false => Clusters::default(),
        };
        let usual = || clusters.all.first().map(|cluster| cluster.client_id.as_str());
        let chosen = Some(typed.text(CLUSTER)).filter(|_| typed.has(CLUSTER));
        let cluster = chosen.or_else(usual).unwrap_or_default().to_owned();
        let facts = match user.may(Permission::ClustersRead) && !cluster.is_empty() {
            true => known(facts::find(context, &cluster).await)?,
            false => None,
        };
        let turn = context.app.compute.turn(&context.customer, RENDERING).await?;
        let (questions, source, given) = (asked.questions.clone(), asked.source, typed.clone());
        let answering =
            turn.run(&context.customer, move |_turn, _| answers(&questions, source, &given));
        let answers = answering.await?;
        let named = answers.values.get(SCRIPT_NAME).and_then(|name| name.as_str());
        let named = named.filter(|name| !name.is_empty());
        let usual_name = named.unwrap_or(&asked.template.name).to_owned();
        let (options, problems) = slurm::options(&typed);
        let mut filled = Self {
            asked,
            typed,
            answers,
            clusters,
            cluster,
            facts,
            options,
            problems,
            warnings: Vec::new(),
            usual_name,
        };
        filled.check(user);
        Ok(filled)
    }

    fn check(&mut self, user: &User) {
        for field in [NAME, DIRECTORY] {
            if self.typed.text(field).chars().count() > LONGEST {
                self.problems.push((field, format!("it has more than {LONGEST} characters")));
            }
        }
        for field in SETTINGS {
            if self.typed.text(field).contains('\0') {
                let words = "it has a character that can't be typed (NUL)";
                self.problems.push((field, words.to_owned()));
            }
        }
        if let Some(problem) = no_place(self.typed.text(DIRECTORY)) {
            self.problems.push((DIRECTORY, problem.to_owned()));
        }
        let found = self.clusters.find(&self.cluster);
        if self.cluster.is_empty() {
            let words = "choose a cluster; while there is none, you can save the script";
            self.problems.push((CLUSTER, words.to_owned()));
        } else if found.is_none() && self.clusters.is_complete {
            let words =
                format!("there is no cluster {} any more; choose another one", self.cluster);
            self.problems.push((CLUSTER, words));
        } else if let Some(words) = found.and_then(|cluster| silence(user, cluster)) {
            self.warnings.push((CLUSTER, words));
        }
        let Some(facts) = &self.facts else { return };
        let not_allowed = slurm::not_allowed(&self.typed, &facts.facts);
        let age = user.context.now() - facts.reported_at.0;
        match age > OLD {
            true => self.warnings.extend(not_allowed),
            false => self.problems.extend(not_allowed),
        }
        let partition = self.typed.text(PARTITION);
        let is_known = facts.facts.partitions.iter().any(|known| known.name == partition);
        if !partition.is_empty() && !is_known && !facts.facts.partitions.is_empty() {
            let words = format!("{} did not tell of a partition {partition}", self.cluster);
            self.warnings.push((PARTITION, words));
        }
    }

    pub(super) fn name(&self) -> &str {
        match self.typed.text(NAME) {
            "" => &self.usual_name,
            name => name,
        }
    }

    /// Whether the script can be made; where it is to run does not matter for that.
    pub(super) fn is_complete(&self) -> bool {
        self.answers.each.iter().all(|answer| answer.problem.is_none())
            && self.problems.iter().all(|(field, _)| [CLUSTER, DIRECTORY].contains(field))
    }

    /// What is not to be shown.
    pub(super) fn secrets(&self) -> Vec<String> {
        let variables = self.asked.secrets().map(|question| question.variable.as_str());
        let texts = variables.filter_map(|name| self.answers.values.get(name)?.as_str());
        texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }
}

/// Why jobs can't run in a directory, as far as it can be told without the cluster.
pub(in crate::web::portal) fn no_place(directory: &str) -> Option<&'static str> {
    let is_relative = !directory.is_empty() && !directory.starts_with('/');
    is_relative.then_some("give a path that begins with /, such as /scratch/alice")
}

/// What is said of a cluster whose agent is silent.
fn silence(user: &User, cluster: &Cluster) -> Option<String> {
    let name = &cluster.client_id;
    match &cluster.status {
        None => Some(format!(
            "The agent of {name} has not been heard of yet: the job waits until it is there."
        )),
        Some(status) if !status.is_healthy => Some(format!(
            "The agent of {name} was last heard of {}: the job waits until it is back.",
            words::ago(user.context.now(), status.last_reported.0)
        )),
        Some(status) => status.slurm_problem.as_ref().map(|problem| {
            format!("Slurm on {name} does not answer ({problem}): the job waits until it does.")
        }),
    }
}

/// Of most clusters nothing is known at first.
fn known<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
