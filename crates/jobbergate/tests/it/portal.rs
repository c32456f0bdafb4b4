//! A job from its page to Slurm and back: real server, agent, Slurm and browser.

use std::time::{Duration, Instant};

use jobbergate_testkit::{
    browser::{
        Browser,
        thirtyfour::{By, WebElement},
    },
    slurm::SlurmLab,
};
use jobbergate_types::job_submissions::JobSubmissionStatus;

use crate::support::{AgentOptions, Site, script_of};

const ALICE: &str = "alice@example.com";

/// Alice before her browser, at a site.
struct Alice<'a> {
    browser: Browser,
    site: &'a Site,
}

impl Alice<'_> {
    /// Opens what a link leads to that signs her in; none where there is no browser.
    async fn signs_in<'a>(site: &'a Site, page: &str) -> Option<Alice<'a>> {
        let browser = Browser::start().await.unwrap()?;
        let link = site.admin(&["user", "sign-in-link", ALICE, "--next", page]);
        let link = link.trim().replace("127.0.0.1:0", &site.address);
        browser.goto(link).await.unwrap();
        Some(Alice { browser, site })
    }

    async fn find(&self, css: &str) -> WebElement {
        self.browser.find(By::Css(css)).await.unwrap()
    }

    /// Waits until a part of the page has these words.
    async fn reads(&self, css: &str, words: &str) -> Instant {
        let began = Instant::now();
        let mut seen = String::new();
        while began.elapsed() < Duration::from_secs(60) {
            if let Ok(found) = self.browser.find(By::Css(css)).await {
                seen = found.text().await.unwrap_or_default();
            }
            if seen.contains(words) {
                return Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        panic!("{words:?} is not in {css}: {seen:?}")
    }

    /// Waits until her program sees this state; when it did.
    async fn program_sees(&self, id: i64, state: &str) -> Instant {
        let there = |submission: &jobbergate_types::job_submissions::JobSubmissionDetailedView| {
            submission.submission.slurm_job_state.is_some_and(|it| it.as_str() == state)
        };
        self.site.wait(id, Duration::from_secs(60), there).await;
        Instant::now()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_watches_her_job_run_and_cancels_it() {
    let site = Site::with_slurm(SlurmLab::start_measuring().unwrap());
    let interval = ("JOBBERGATE_AGENT_TASK_METRICS_INTERVAL_SECONDS", "1".to_owned());
    let _agent = site.agent(AgentOptions { sbatch: None, environment: vec![interval] });
    site.admin(&["user", "invite", ALICE]);
    let busy = "for i in $(seq 1 200); do echo \"line $i of the job\"; timeout 0.7 sh -c 'while :; do :; done'; sleep 0.3; done";
    let script = script_of(&format!(
        "#SBATCH -p compute --time=5\nsrun sh -c '{}'",
        busy.replace('\'', "'\\''")
    ));
    let id = site.submit(&script).await;
    let Some(alice) = Alice::signs_in(&site, &format!("/submissions/{id}")).await else { return };
    let program = alice.program_sees(id, "RUNNING");
    let (known, shown) = tokio::join!(program, alice.reads("#now", "Running"));
    let later = shown.saturating_duration_since(known);
    println!("the page shows it {later:?} after a program saw it");
    assert!(later < Duration::from_secs(2), "{later:?}");

    alice.reads("#output pre", "line 3 of the job").await;
    alice.reads("#output pre", "line 6 of the job").await;
    alice.reads("#timeline", "Running").await;
    let began = Instant::now();
    while alice.browser.find_all(By::Css(".plots canvas")).await.unwrap().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(90), "nothing is drawn");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    alice.find("#now form[action$='/cancel'] button").await.click().await.unwrap();
    alice.browser.accept_alert().await.unwrap();
    alice.reads(".done", "Cancelled: its cluster's agent has Slurm end the job.").await;
    alice.reads("#now .standing", "Cancelled").await;
    site.wait_for_status(id, JobSubmissionStatus::Cancelled).await;
    alice.reads("#output-status", "The job has ended.").await;
    assert!(
        site.jobs_of(id).is_empty()
            || alice.program_sees(id, "CANCELLED").await.elapsed() < Duration::from_secs(1)
    );
}
