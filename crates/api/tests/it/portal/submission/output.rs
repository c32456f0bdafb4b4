//! What a job writes, on its page.

use std::time::Duration;

use serde_json::json;

use super::{
    agent::{answers, keeps_answering, part, running, takes},
    alice,
};
use crate::{on_both, web::browser::plain};

on_both! {
    async fn alice_reads_the_end_of_a_long_output_and_what_was_before(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let lines: Vec<_> = (0..20_000).map(|n| format!("\x1b[32mline {n}\x1b[0m <b>")).collect();
        let answering = keeps_answering(&agent, lines.join("\n").into_bytes(), true);
        let page = alice.open(&format!("/submissions/{id}/output")).await.expect(200);
        let text = plain(&page.text);
        assert!(text.contains("line 19999 <b></pre>") && !text.contains("line 9 <b>"), "{text}");
        assert!(!page.text.contains('\x1b') && page.text.contains("line 19999 &#60;b&#62;"));
        assert!(text.contains("/home/Zoë/out%.txt") && text.contains("The job has ended."));
        let earlier = regex::Regex::new(r#"href="([^"]*from=\d+[^"]*)""#).unwrap();
        let earlier = earlier.captures(&page.text).unwrap()[1].replace("&amp;", "&");
        let page = alice.open(&earlier).await.expect(200);
        assert!(!page.text.contains("line 19999") && page.text.contains(">Later<"));
        answering.abort();
    }

    async fn what_is_no_text_is_said_to_be_none(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let answering = keeps_answering(&agent, b"ELF\0\x01<script>".to_vec(), false);
        let page = alice.open(&format!("/submissions/{id}/output?stream=stderr")).await.expect(200);
        assert!(page.text.contains("This is no text and is not shown."), "{}", page.text);
        assert!(!page.text.contains("<pre"));
        answering.abort();
    }

    async fn the_pages_script_gets_bytes(app: TestApp) {
        let (actor, alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let path = format!("/submissions/{id}/output?from=2&limit=9999999&wait=5");
        let asked = alice.fetch(&path);
        let (answer, ()) = tokio::join!(asked, async {
            let request = &takes(&agent).await[0];
            assert_eq!((&request["limit"], &request["from"]), (&json!(1 << 20), &json!(2)));
            answers(&agent, request, part(2, 9, b"\xff\0<b>", false)).await;
        });
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["jobbergate-output-next"], "7");
        assert_eq!(answer.headers()["content-type"], "application/octet-stream");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.bytes().await.unwrap().as_ref(), b"\xff\0<b>");
    }

    async fn why_there_is_none_is_said(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let script = actor.has_script("s", "echo").await;
        let id = actor.has_submission(script, "c").await;
        let path = format!("/submissions/{id}/output");
        let page = alice.open(&path).await.expect(200);
        assert!(page.text.contains("waits for its cluster and has no job"), "{}", page.text);
        assert_eq!(alice.fetch(&path).await.status(), 409);
        let id = running(&agent, &actor).await;
        let path = format!("/submissions/{id}/output");
        let page = alice.open(&path).await.expect(200);
        assert!(page.text.contains("has never reported to this server"), "{}", page.text);
        assert_eq!(alice.fetch(&path).await.status(), 503);
    }

    async fn who_leaves_gives_back_their_place(app: TestApp) {
        let (actor, alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let path = format!("/submissions/{id}/output?wait=30");
        for _ in 0..20 {
            let left = tokio::time::timeout(Duration::from_millis(100), alice.fetch(&path)).await;
            assert!(left.is_err_and(|_| true) || app.app.output_requests.count() <= 8);
        }
        for _ in 0..100 {
            if app.app.output_requests.count() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} still wait", app.app.output_requests.count());
    }

    async fn the_whole_file_is_downloaded(app: TestApp) {
        let (actor, alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let file: Vec<u8> = (0..2_500_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let answering = keeps_answering(&agent, file.clone(), false);
        let answer = alice.stream(&format!("/submissions/{id}/output/file?stream=stdout")).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-length"], "2500000");
        assert_eq!(answer.headers()["content-disposition"], "attachment; filename*=UTF-8''out%25%2Etxt");
        assert_eq!(answer.bytes().await.unwrap().as_ref(), file);
        answering.abort();
    }

    async fn two_gigabytes_are_not_sent_but_where_they_are_is_said(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let path = format!("/submissions/{id}/output/file");
        let asked = alice.open(&path);
        let (answer, ()) = tokio::join!(asked, async {
            answers(&agent, &takes(&agent).await[0], part(0, 2 << 30, b"x", false)).await;
        });
        let text = plain(&answer.expect(413).text);
        assert!(text.contains("The file has 2.00 GiB, and 256 MiB at most are sent.") && text.contains("/home/Zoë/out%.txt"), "{text}");
    }
}
