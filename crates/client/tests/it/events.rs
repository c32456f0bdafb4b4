//! Streams of events, whole, broken and strange.

use axum::{
    Router,
    extract::{Path, RawQuery},
    http::header,
    routing::get,
};
use jobbergate_client::{Error, SubmissionEvent};
use serde_json::json;

use super::anonymous;

fn submission() -> String {
    json!({
        "id": 7, "name": "x", "owner_email": "alice@example.com", "is_archived": false,
        "created_at": "2026-11-29T20:00:00Z", "updated_at": "2026-11-29T20:10:00Z",
        "client_id": "c1", "status": "CREATED",
    })
    .to_string()
}

/// A server whose streams are this; it gives the query back as the name of the event `query`.
async fn streaming(media_type: &'static str, text: String) -> jobbergate_client::Client {
    let stream = move |Path(id): Path<i64>, RawQuery(query): RawQuery| async move {
        let query = query.unwrap_or_default();
        let step = json!({"id": id, "job_submission_id": 7, "timestamp": "2026-11-29T20:00:00Z",
            "slurm_job_state": query, "additional_info": null});
        let first = format!("event: progress\nid: 3\ndata: {step}\n\n");
        ([(header::CONTENT_TYPE, media_type)], format!("retry: 5\n\n{first}{text}"))
    };
    anonymous(Router::new().route("/job-submissions/{id}/events", get(stream))).await
}

#[tokio::test]
async fn a_submission_is_followed_from_the_last_event_on() {
    let text = format!(
        ":\n\nevent: news\nid: 4\ndata: of a newer server\n\nevent: submission\r\ndata: {}\r\n\r\n\
         event: deleted\ndata: {{\"id\": 7}}\n\nevent: submission\ndata: cut off",
        submission()
    );
    let client = streaming("text/event-stream; charset=utf-8", text).await;
    let mut events = client.submission_events(7, Some("2")).await.unwrap();
    assert!(!events.has_begun());
    let Some(SubmissionEvent::Progress(step)) = events.next().await.unwrap() else { panic!() };
    assert_eq!(step.slurm_job_state.as_deref(), Some("last_event_id=2"));
    assert_eq!((events.last_event_id(), events.has_begun()), (Some("3"), true));
    assert_eq!(events.retry().as_millis(), 200);
    let Some(SubmissionEvent::Submission(now)) = events.next().await.unwrap() else { panic!() };
    assert_eq!((now.submission.id, events.last_event_id()), (7, Some("4")));
    assert_eq!(events.next().await.unwrap(), Some(SubmissionEvent::Deleted));
    assert_eq!(events.next().await.unwrap(), None);
}

#[tokio::test]
async fn what_is_no_stream_or_makes_no_sense_is_an_error() {
    let page = streaming("text/html", String::new()).await;
    let Err(Error::Undecodable { why, .. }) = page.submission_events(7, None).await else {
        panic!()
    };
    assert!(why.contains("text/html"), "{why}");
    let broken = "event: submission\ndata: {\"id\": 7}\n\n".to_owned();
    let client = streaming("text/event-stream", broken).await;
    let mut events = client.submission_events(7, None).await.unwrap();
    events.next().await.unwrap();
    let Err(error @ Error::Undecodable { .. }) = events.next().await else { panic!() };
    assert!(error.may_pass() && error.to_string().contains("missing field"), "{error}");
    let missing = anonymous(Router::new()).await.submission_events(7, None).await.unwrap_err();
    assert!(missing.is_unknown_route());
}
