//! A server that stops while agents wait and people watch.

use std::{net::SocketAddr, time::Duration};

use futures::future::join_all;
use jobbergate_api::{
    app::App, clock::Clock, config::ServeConfig, identity::UserToken, permission::Permission,
    server, startup::StartError,
};
use tokio::{sync::oneshot, task::JoinHandle, time::Instant};

use crate::support::{Actor, settings};

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_do_not_keep_a_server_from_stopping() {
    let directory = tempfile::tempdir().unwrap();
    let address = free_address().await;
    let mut config = settings(&directory);
    config.listen = address.to_string().parse().unwrap();
    let tokens = tokens(&config).await;
    let agents: Vec<_> = tokens.iter().map(|token| Actor::at(address, token)).collect();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = serve(config, &agents[0], stopped).await;
    let path = "/job-submissions/agent/changes?wait=30&cursor=0.0.0.0.0.0.0.0";
    let waiting = join_all(agents.iter().flat_map(|agent| (0..13).map(|_| agent.get(path))));
    let mut events = agents[0].watch("/job-submissions/events", None).await;
    let ending = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let begin = Instant::now();
        stop.send(()).unwrap();
        served.await.unwrap().unwrap();
        begin.elapsed()
    };
    let (answers, ending) = tokio::join!(waiting, ending);
    assert_eq!(answers.len(), 52);
    for answer in answers {
        assert_eq!(super::told(&answer.ok()), (false, false));
    }
    assert!(events.next().await.is_none());
    // What is under way is given 20 seconds.
    assert!(ending < Duration::from_secs(10), "{ending:?}");
}

async fn free_address() -> SocketAddr {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// Tokens of four agents, good now.
async fn tokens(config: &ServeConfig) -> Vec<String> {
    let app = App::open(config, Clock::System).await.unwrap();
    let mut tokens = Vec::new();
    for cluster in ["a", "b", "c", "d"] {
        let agent = UserToken {
            email: format!("{cluster}@example.com"),
            permissions: vec![Permission::JobSubmissionsRead],
            client_id: Some(cluster.to_owned()),
            lifetime: 600,
            organization: None,
        };
        tokens.push(app.provider.as_ref().unwrap().issue_user_token(&agent, "test").await.unwrap());
    }
    app.tenants.close().await;
    tokens
}

/// The program's server.
async fn serve(
    config: ServeConfig,
    somebody: &Actor,
    stopped: oneshot::Receiver<()>,
) -> JoinHandle<Result<(), StartError>> {
    let stop = async {
        let _ = stopped.await;
    };
    let served = tokio::spawn(server::serve(config, stop));
    while !somebody.answers().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    served
}
