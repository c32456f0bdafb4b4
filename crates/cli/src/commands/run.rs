//! `jobbergate run`.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

use clap::Args;
use jobbergate_types::output::OutputQuery;
use serde_json::{Map, Value, json};
use tokio::{sync::Notify, time::timeout};

use super::{
    Session,
    job_scripts::{NewScript, Preview, Rendering},
    job_submissions::{
        self, Submission, advice, cluster, concluded, directory, script_stays, submit,
    },
};
use crate::{
    failure::{Failure, Result},
    follow::{
        ending::{self, Ending, Until},
        output::Output,
        screen::{Lines, Screen, unless_left},
        states::States,
    },
    output::{resource::JOB_SUBMISSION, tell, tell_file},
    questions::terminal,
};

const TITLE: &str = "Job submission failed";
/// How long the rest of the output may take after the job has ended.
const REST: Duration = Duration::from_secs(30);

/// A job from an application.
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    script: NewScript,
    /// Where to submit it to
    #[arg(long, visible_alias = "cluster", value_name = "TEXT")]
    cluster_name: Option<String>,
    /// Where the job is to run; the current directory by default
    #[arg(long, value_name = "PATH")]
    execution_directory: Option<PathBuf>,
    /// An argument of sbatch; may be given several times
    #[arg(long, short, value_name = "TEXT")]
    sbatch_arguments: Vec<String>,
    /// Stay and show states and output until the job has ended; it is so by default
    #[arg(long, overrides_with = "no_watch")]
    watch: bool,
    /// Leave when it is submitted
    #[arg(long, overrides_with = "watch")]
    no_watch: bool,
    /// Submit it without a last question
    #[arg(long, short)]
    yes: bool,
}

/// Asks, submits and shows what comes of it; the exit code is the job's.
///
/// # Errors
/// When something of it can't be done.
pub async fn run(session: &Session, arguments: &Run) -> Result<()> {
    // Before anything is asked or made.
    let as_json = session.output.follows_as_json()?;
    let named = arguments.cluster_name.as_deref();
    arguments.script.check_cluster(session, named, TITLE).await?;
    let cluster = cluster(session, named, TITLE).await?;
    let directory = directory(arguments.execution_directory.as_deref(), TITLE)?;
    let rendering = arguments.script.rendering(session, Some(&cluster)).await?;
    let script = agreed(session, arguments, &rendering, &cluster, &directory).await?;
    let submission = submission(arguments, &script, directory);
    let screen = Screen::new(as_json, Lines::Aside);
    let unknown =
        "Whether it was submitted is not known: `jobbergate job-submissions list` says it";
    let submitted = unless_left(&screen, unknown, submit(session, &submission)).await;
    let id = submission.job_script_id;
    let submitted = submitted.map_err(|failure| failure.adding(&script_stays(id)))?;
    if arguments.no_watch {
        return session.output.one("Created Job Submission", &JOB_SUBMISSION, &submitted);
    }
    screen.json(&json!({"event": "job_script", "job_script_id": submission.job_script_id}))?;
    let id = submitted.get("job_submission_id").and_then(Value::as_i64).unwrap_or_default();
    let how = job_submissions::how_to_go_on("watch", &[id]);
    let ending = match unless_left(&screen, &how, follow(session, &screen, id)).await {
        Err(failure @ Failure::Refused { .. }) => {
            screen.tell(&how);
            return Err(failure);
        }
        ending => ending?,
    };
    drop(screen);
    advice(session, id, ending);
    concluded(&[ending])
}

/// The script, made when a person who is there has seen it and does not say no.
async fn agreed(
    session: &Session,
    arguments: &Run,
    rendering: &Rendering,
    cluster: &str,
    directory: &Path,
) -> Result<Map<String, Value>> {
    if !terminal::is_there() {
        return rendering.make(session).await;
    }
    let made = match rendering.preview(session).await? {
        Preview::Entrypoint(name, content) => {
            tell_file(&name, &content);
            None
        }
        Preview::Made(script) => Some(script),
    };
    let question = format!("Submit it to cluster {cluster} in {}?", directory.display());
    let is_sure = arguments.yes || arguments.script.is_fast();
    if !is_sure && !terminal::confirm(&question).await? {
        if let Some(id) = made.as_ref().and_then(|script| script.get("job_script_id")) {
            tell(&format!(
                "Job script {id} stays: this server makes scripts before it shows them\n"
            ));
        }
        return Err(Failure::Aborted);
    }
    match made {
        Some(script) => Ok(script),
        None => rendering.make(session).await,
    }
}

fn submission(arguments: &Run, script: &Map<String, Value>, directory: PathBuf) -> Submission {
    let text = |name: &str| script.get(name).and_then(Value::as_str).map(str::to_owned);
    Submission {
        name: text("name").unwrap_or_default(),
        description: text("description"),
        job_script_id: script.get("job_script_id").and_then(Value::as_i64).unwrap_or_default(),
        cluster_name: arguments.cluster_name.clone(),
        execution_directory: Some(directory),
        sbatch_arguments: arguments.sbatch_arguments.clone(),
        is_downloaded: false,
        title_of_failure: TITLE,
    }
}

/// Shows states and, as soon as the job runs, its output.
async fn follow(session: &Session, screen: &Screen, id: i64) -> Result<Ending> {
    let (begin, has_begun) = (Notify::new(), Cell::new(false));
    let until = Until::Finished;
    let states = States { session, screen, until, are_several: false, is_known: true };
    let states = states.follow(id, |submission| {
        let state = submission.submission.slurm_job_state;
        if state.is_some_and(ending::has_begun) && !has_begun.replace(true) {
            begin.notify_one();
        }
    });
    let query = OutputQuery { from: Some(0), ..OutputQuery::default() };
    let mut output = Output::new(session, id, query);
    let (ending, is_shown) = {
        let shown = async {
            begin.notified().await;
            show(&mut output, screen).await
        };
        let (mut states, mut shown) = (pin!(states), pin!(shown));
        tokio::select! {
            biased;
            shown = &mut shown => {
                shown?;
                (states.await?, true)
            }
            ending = &mut states => (ending?, false),
        }
    };
    // Asked for anew: whoever was asked before may not know that the job has ended.
    if has_begun.get() && !is_shown {
        match timeout(REST, show(&mut output, screen)).await {
            Ok(shown) => shown?,
            Err(_) => screen.tell(&format!(
                "The rest of the output did not come in time: `jobbergate job-submissions logs {id}`"
            )),
        }
    }
    Ok(ending)
}

/// Shows the output, as far as it can be had: the states are told all the same.
async fn show(output: &mut Output<'_>, screen: &Screen) -> Result<()> {
    match output.follow(screen).await {
        Err(Failure::Refused { title, text }) => {
            screen.tell(&format!("{title}: {text}"));
            Ok(())
        }
        shown => shown,
    }
}
