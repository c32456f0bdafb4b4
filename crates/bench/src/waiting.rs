//! Agents of as many clusters that all wait for work at one server: what each costs it, and how soon one hears.

use std::{collections::BTreeSet, fs, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use jobbergate_api::{
    app::App,
    clock::Clock,
    config::ServeConfig,
    identity::{NewClient, Provider, UserToken},
    open_files,
    permission::Permission,
};
use reqwest::{
    Client,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

/// How many begin at once.
const AT_ONCE: usize = 64;
/// How long a question waits, in seconds, as agents' do.
const WAIT: u64 = 30;
/// How long all may take to wait.
const ALL_WAIT: Duration = Duration::from_mins(5);
/// How long an agent may take to hear of its work.
const HEARS: Duration = Duration::from_secs(10);
/// Until what has begun is done.
const SETTLING: Duration = Duration::from_secs(2);
const BETWEEN_SUBMISSIONS: Duration = Duration::from_millis(50);
const DAY: i64 = 24 * 3600;
/// Of the system, in which it tells how long a process has worked.
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where the server is
    #[arg(long)]
    url: String,
    /// Its process, whose memory and processor time are read
    #[arg(long)]
    process: u32,
    /// How many wait
    #[arg(long)]
    agents: usize,
    /// How many seconds they do nothing but wait
    #[arg(long)]
    seconds: u64,
    /// How many submissions there are then, each for one of them
    #[arg(long)]
    submissions: usize,
}

impl Options {
    /// The agents for which submissions are, spread over all of them.
    fn addressed(&self) -> impl Iterator<Item = usize> {
        let (agents, apart) = (self.agents, (self.agents / self.submissions.max(1)).max(1));
        (0..self.submissions).map(move |turn| turn * apart % agents)
    }
}

/// The server's settings, by which tokens are made; from the environment.
#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    serve: ServeConfig,
}

/// What all agents have in common.
struct World {
    http: Client,
    url: String,
    waiting: watch::Sender<usize>,
    heard: mpsc::UnboundedSender<(usize, Instant)>,
    starting: Semaphore,
}

/// What a process takes.
struct Taken {
    at: Instant,
    memory: u64,
    processor: f64,
}

impl Taken {
    fn by(process: u32) -> Result<Self> {
        let (memory, processor) = (memory(process)?, processor_time(process)?);
        Ok(Self { at: Instant::now(), memory, processor })
    }
}

/// Says in its last line what was measured.
pub(crate) async fn run(options: Options) -> Result<()> {
    open_files::raise_limit()?;
    let tokens = prepare(&options).await?;
    let person = tokens.first().context("there are no agents")?.clone();
    let (waiting, mut number_waiting) = watch::channel(0);
    let (heard, mut hearing) = mpsc::unbounded_channel();
    let http = Client::builder().no_proxy().build()?;
    let url = format!("{}/jobbergate", options.url);
    let world = Arc::new(World { http, url, waiting, heard, starting: Semaphore::new(AT_ONCE) });
    let script = script(&world, &person).await?;
    sleep(SETTLING).await;
    let before = Taken::by(options.process)?;
    let mut running = JoinSet::new();
    for (number, token) in tokens.into_iter().enumerate() {
        running.spawn(wait(Arc::clone(&world), number, token));
    }
    let all = timeout(ALL_WAIT, number_waiting.wait_for(|count| *count == options.agents));
    tokio::select! {
        all = all => drop(all.context("not all agents wait")??),
        Some(ended) = running.join_next() => ended??,
    }
    let took = before.at.elapsed();
    sleep(SETTLING).await;
    let during = Taken::by(options.process)?;
    sleep(Duration::from_secs(options.seconds)).await;
    let idle = Taken::by(options.process)?;
    let mut latencies = Vec::new();
    for number in options.addressed() {
        latencies.push(submit(&world, &person, script, number, &mut hearing).await?);
        sleep(BETWEEN_SUBMISSIONS).await;
    }
    if let Some(ended) = running.try_join_next() {
        ended??;
    }
    let figures = json!({
        "agents": options.agents,
        "until_all_wait": took.as_secs_f64(),
        "memory_before": before.memory,
        "memory_waiting": during.memory,
        "memory_end": memory(options.process)?,
        "processors_busy": (idle.processor - during.processor) / (idle.at - during.at).as_secs_f64(),
        "sockets": sockets(),
    });
    print(figures, latencies);
    Ok(())
}

/// Makes each agent's token, and registers the clusters that are submitted to.
async fn prepare(options: &Options) -> Result<Vec<String>> {
    let settings = Settings::parse_from(["jobbergate"]);
    let app = App::open(&settings.serve, Clock::System).await?;
    let provider = app.provider.as_ref().context("an external provider is configured")?;
    let mut tokens = Vec::with_capacity(options.agents);
    for number in 0..options.agents {
        tokens.push(token(provider, number).await?);
    }
    let mut rng: rand::rngs::StdRng = rand::make_rng();
    for number in options.addressed().collect::<BTreeSet<_>>() {
        provider.create_client(&NewClient::agent(cluster(number), None), &mut rng).await?;
    }
    Ok(tokens)
}

/// How many connections the system has, and what it keeps for them.
fn sockets() -> String {
    let statistics = fs::read_to_string("/proc/net/sockstat").unwrap_or_default();
    statistics.lines().find(|line| line.starts_with("TCP:")).unwrap_or_default().to_owned()
}

fn print(mut figures: Value, mut latencies: Vec<Duration>) {
    latencies.sort_unstable();
    let at = |share: usize| latencies.get(latencies.len().saturating_sub(1) * share / 100);
    let milliseconds = |share| at(share).map(|it| it.as_secs_f64() * 1e3).into();
    let names = [("p50", 50), ("p99", 99), ("slowest", 100)];
    let times = names.map(|(name, share)| (name.to_owned(), milliseconds(share)));
    if let Some(figures) = figures.as_object_mut() {
        figures.insert("submissions".to_owned(), latencies.len().into());
        figures.extend(times);
    }
    println!("{figures}");
}

/// Somebody who may do everything, and is the agent of a cluster of its own.
async fn token(provider: &Provider, number: usize) -> Result<String> {
    let agent = UserToken {
        email: format!("agent{number}@example.com"),
        permissions: vec![Permission::Admin],
        client_id: Some(cluster(number)),
        lifetime: DAY,
        organization: None,
    };
    Ok(provider.issue_user_token(&agent, &number.to_string()).await?)
}

fn cluster(number: usize) -> String {
    format!("waiting-{number}")
}

/// An agent: asks, waits, is answered, says when that was, and asks again.
async fn wait(world: Arc<World>, number: usize, token: String) -> Result<()> {
    let place = world.starting.acquire().await?;
    let mut cursor =
        ask(&world, &token, None).await?["cursor"].as_str().unwrap_or_default().to_owned();
    drop(place);
    world.waiting.send_modify(|count| *count += 1);
    loop {
        let changes = ask(&world, &token, Some(&cursor)).await?;
        if changes["pending"] == true {
            world.heard.send((number, Instant::now()))?;
        }
        changes["cursor"].as_str().unwrap_or_default().clone_into(&mut cursor);
    }
}

async fn ask(world: &World, token: &str, cursor: Option<&str>) -> Result<Value> {
    let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    let url = format!("{}/job-submissions/agent/changes?wait={WAIT}{cursor}", world.url);
    let answer = world.http.get(url).bearer_auth(token).send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "an agent is answered {status}: {text}");
    Ok(serde_json::from_str(&text)?)
}

async fn create(world: &World, token: &str, path: &str, body: &Value) -> Result<i64> {
    let request = world.http.post(format!("{}{path}", world.url)).bearer_auth(token).json(body);
    let answer = request.send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "{path} is answered {status}: {text}");
    let created: Value = serde_json::from_str(&text)?;
    created["id"].as_i64().context("what was created has no number")
}

async fn script(world: &World, token: &str) -> Result<i64> {
    let script = create(world, token, "/job-scripts", &json!({ "name": "waited for" })).await?;
    let file = Part::bytes(b"#!/bin/sh\n".as_slice()).file_name("job.sh");
    let url = format!("{}/job-scripts/{script}/upload/ENTRYPOINT", world.url);
    let upload = world.http.put(url).bearer_auth(token);
    upload.multipart(Form::new().part("upload_file", file)).send().await?.error_for_status()?;
    Ok(script)
}

/// From the moment that somebody begins to submit until the agent knows.
async fn submit(
    world: &World,
    token: &str,
    script: i64,
    number: usize,
    hearing: &mut mpsc::UnboundedReceiver<(usize, Instant)>,
) -> Result<Duration> {
    let submission = json!({
        "name": "waited for", "job_script_id": script, "client_id": cluster(number),
        "execution_directory": "/home/somebody",
    });
    let began = Instant::now();
    create(world, token, "/job-submissions", &submission).await?;
    let heard = async {
        loop {
            let (who, at) = hearing.recv().await.context("all agents are gone")?;
            if who == number {
                return Ok::<_, anyhow::Error>(at);
            }
        }
    };
    let at = timeout(HEARS, heard).await.context("an agent does not hear of its work")??;
    Ok(at - began)
}

/// Resident, in bytes.
fn memory(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kilobytes.context("its memory is not known")? * 1024)
}

/// In seconds.
fn processor_time(process: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, after_name) = stat.rsplit_once(')').context("/proc has another form")?;
    let fields = after_name.split_whitespace().skip(11).take(2);
    let ticks: f64 = fields.map(|field| field.parse::<f64>().unwrap_or_default()).sum();
    Ok(ticks / TICKS_PER_SECOND)
}
