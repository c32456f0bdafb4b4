//! The list of submissions.

use serde_json::json;

use super::submission::agent::{ends, running};
use crate::{
    identity::story::person,
    on_both,
    support::{Actor, Answer, TestApp},
    web::browser::{Browser, form, plain},
};

async fn somebody(app: &TestApp, name: &str) -> (Actor, Browser) {
    person(app, name, &["user"]).await;
    (app.user(name).await, Browser::of(app, &format!("{name}@example.com")).await)
}

async fn submits(owner: &Actor, name: &str, cluster: &str) -> i64 {
    let script = owner.has_script("s", "echo").await;
    let body = json!({"name": name, "job_script_id": script, "client_id": cluster});
    owner.post("/job-submissions", body).await.created()["id"].as_i64().unwrap()
}

/// The names in the list, in their order.
fn names(page: &Answer) -> Vec<String> {
    let name = regex::Regex::new(r#"<th scope="row"><a [^>]*>([^<]*)</a>"#).unwrap();
    name.captures_iter(&page.text).map(|found| plain(&found[1])).collect()
}

on_both! {
    async fn alice_finds_hers_and_others(app: TestApp) {
        let (alice, mut browser) = somebody(&app, "alice").await;
        let empty = browser.open("/submissions").await.expect(200);
        assert!(empty.text.contains("You have not submitted anything yet.") && empty.text.contains("/applications"));
        let bob = app.user("bob").await;
        app.agent("c").await;
        app.agent("d").await;
        submits(&alice, "heat", "c").await;
        submits(&alice, "flow", "d").await;
        submits(&bob, "heat of bob", "c").await;
        let mut list = async |query: &str| names(&browser.open(&format!("/submissions{query}")).await.expect(200));
        assert_eq!(list("").await, ["flow", "heat"]);
        assert_eq!(list("?whose=all").await, ["heat of bob", "flow", "heat"]);
        assert_eq!(list("?whose=all&cluster=c").await, ["heat of bob", "heat"]);
        assert_eq!(list("?search=flow").await, ["flow"]);
        assert_eq!(list("?sort=name").await, ["flow", "heat"]);
        assert_eq!(list("?sort=name&order=down").await, ["heat", "flow"]);
        assert_eq!(list("?status=done").await, [""; 0]);
        assert_eq!(list("?status=created&page=2").await, [""; 0]);
        let none = browser.open("/submissions?search=nothing").await.expect(200);
        assert!(none.text.contains("No submission is like that.") && none.text.contains("“nothing”"));
    }

    async fn those_of_an_application_are_found(app: TestApp) {
        let (alice, mut browser) = somebody(&app, "alice").await;
        app.agent("c").await;
        submits(&alice, "other", "c").await;
        let template = alice.has_template("heat", &[("a.sh.j2", "echo a")]).await;
        let rendering = json!({
            "create_request": {"name": "rendered"},
            "render_request": {
                "template_output_name_mapping": {"a.sh.j2": "a.sh"}, "param_dict": {"data": {}},
            },
        });
        let path = format!("/job-scripts/render-from-template/{template}");
        let script = alice.post(&path, rendering).await.created()["id"].clone();
        let body = json!({"name": "of heat", "job_script_id": script, "client_id": "c"});
        let id = alice.post("/job-submissions", body).await.created()["id"].as_i64().unwrap();
        let page = browser.open(&format!("/submissions?application={template}")).await.expect(200);
        assert_eq!(names(&page), ["of heat"]);
        let page = browser.open(&format!("/submissions/{id}")).await.expect(200);
        let again = format!("/applications/{template}/run?from={script}");
        assert!(page.text.contains(&again), "{}", page.text);
    }

    async fn many_are_cancelled_at_once_and_each_is_told_of(app: TestApp) {
        let (alice, mut browser) = somebody(&app, "alice").await;
        let (bob, agent) = (app.user("bob").await, app.agent("c").await);
        let one = submits(&alice, "one", "c").await;
        let (done, gone) = (running(&agent, &alice).await, submits(&alice, "gone", "c").await);
        let foreign = submits(&bob, "foreign", "c").await;
        let page = browser.open("/submissions?status=created").await.expect(200);
        ends(&agent, done, "COMPLETED").await;
        alice.delete(&format!("/job-submissions/{gone}")).await.expect(204);
        let mut form = form(&page, "/submissions/cancel");
        form.fields.retain(|(name, _)| name != "id" && !name.is_empty());
        for id in [one, done, gone, foreign] {
            form.fields.push(("id".to_owned(), id.to_string()));
        }
        let asked = browser.post(&form).await.expect(200);
        assert!(asked.text.contains("Cancel the chosen submissions, and end their jobs?"), "{}", asked.text);
        assert_eq!(alice.get(&format!("/job-submissions/{one}")).await.ok()["status"], "CREATED");
        let answer = browser.submit(&asked, "/submissions/cancel", &[]).await;
        assert!(answer.header("location").unwrap().starts_with("/submissions?status=created&told="));
        let page = browser.follow(&answer).await.expect(200);
        let told = |id: i64, words: &str| {
            let line = format!("Submission {id}</a> {words}.");
            assert!(plain(&page.text).contains(&line), "{line}: {}", page.text);
        };
        told(one, "cancelled");
        told(done, "had ended already");
        told(gone, "was deleted in the meantime");
        told(foreign, "is somebody else's, and was not cancelled");
        assert_eq!(bob.get(&format!("/job-submissions/{foreign}")).await.ok()["status"], "CREATED");
        form.fields.clear();
        form.fields.push(("id".to_owned(), foreign.to_string()));
        browser.post(&form).await;
    }

    async fn the_list_is_a_table_for_other_programs(app: TestApp) {
        let (alice, mut browser) = somebody(&app, "alice").await;
        app.agent("c").await;
        for n in 0..150 {
            submits(&alice, &format!("job {n}"), "c").await;
        }
        submits(&alice, "=HYPERLINK(\"http://evil\"), \"x\"", "c").await;
        let page = browser.open("/submissions").await.expect(200);
        assert!(page.text.contains("151 in all, page 1 of 4"), "{}", page.text);
        let file = browser.open("/submissions.csv?sort=id&order=up").await.expect(200);
        assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
        let lines: Vec<_> = file.text.lines().collect();
        assert_eq!(lines.len(), 152);
        assert!(lines[0].starts_with("id,name,status,slurm_job_id,"));
        assert!(lines[151].contains("\"'=HYPERLINK(\"\"http://evil\"\"), \"\"x\"\"\",CREATED,"), "{}", lines[151]);
        let none = browser.open("/submissions.csv?status=done").await.expect(200);
        assert_eq!(none.text.lines().count(), 1);
    }

    async fn it_takes_the_permission_of_the_api(app: TestApp) {
        person(&app, "eve", &[]).await;
        let mut eve = Browser::of(&app, "eve@example.com").await;
        for path in ["/submissions", "/submissions.csv", "/submissions/live?ids=1"] {
            let page = eve.open(path).await.expect(403);
            assert!(page.text.contains("jobbergate:job-submissions:read"), "{path}");
        }
        assert!(!eve.open("/").await.expect(200).text.contains(">Submissions<"));
    }
}
