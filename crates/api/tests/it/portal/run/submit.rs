//! From the form to a script and a submission.

use serde_json::json;

use super::{Story, filled_in, leads_to, words};
use crate::{on_both, web::browser::heading};

on_both! {
    async fn alice_answers_and_submits(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        assert_eq!(heading(&page), "Run wind");
        let filled = [
            ("q.mesh", "/home/alice/a.msh"), ("q.nodes", "4"), ("job.name", "first try"),
            ("job.directory", "/scratch/alice"), ("sbatch.time", "1:30:00"),
            ("sbatch.more", "--gres=gpu:1\r\n"),
        ];
        let answer = story.sends(&page, &filled, "submit").await;
        let id = leads_to(&answer, "submissions");
        let submission = story.api.get(&format!("/job-submissions/{id}")).await.ok();
        assert_eq!(submission["client_id"], "alps");
        assert_eq!(submission["name"], "first try");
        assert_eq!(submission["execution_directory"], "/scratch/alice");
        assert_eq!(submission["owner_email"], "alice@example.com");
        let script = submission["job_script_id"].as_i64().unwrap();
        let text = story.script(script, "wind.sh").await;
        let expected = "#!/bin/bash\n#SBATCH -N 4\n# Sbatch params injected at rendering time\n\
                        #SBATCH --time=1:30:00\n#SBATCH --gres=gpu:1\n\nfem /home/alice/a.msh\n";
        assert_eq!(text, expected);
        let script = story.api.get(&format!("/job-scripts/{script}")).await.ok();
        assert_eq!(script["name"], "first try");
        assert_eq!(script["parent_template_id"], 1);
    }

    async fn a_form_that_is_sent_twice_submits_once(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let filled = [("q.mesh", "/a")];
        let first = leads_to(&story.sends(&page, &filled, "submit").await, "submissions");
        let again = leads_to(&story.sends(&page, &filled, "submit").await, "submissions");
        assert_eq!(first, again);
        assert_eq!((story.count("job-scripts").await, story.count("job-submissions").await), (1, 1));
        let other = leads_to(&story.sends(&page, &[("q.mesh", "/b")], "submit").await, "submissions");
        assert_ne!(first, other, "what is filled in otherwise is another one");
        let page = story.opens("/applications/wind/run").await;
        let anew = leads_to(&story.sends(&page, &filled, "submit").await, "submissions");
        assert_ne!(first, anew, "who opens the form anew means it");
    }

    async fn two_clicks_at_once_submit_once(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let mut other = story.alice.clone();
        let mut form = filled_in(&page, &[("q.mesh", "/a")]);
        form.fields.push(("action".to_owned(), "submit".to_owned()));
        let (one, two) = tokio::join!(story.alice.post(&form), other.post(&form));
        assert_eq!(leads_to(&one, "submissions"), leads_to(&two, "submissions"));
        assert_eq!((story.count("job-scripts").await, story.count("job-submissions").await), (1, 1));
    }

    async fn alice_saves_a_script_with_files_of_hers(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let mut form = filled_in(&page, &[("q.mesh", "/a"), ("job.cluster", "")]);
        form.fields.push(("action".to_owned(), "save".to_owned()));
        let files = [("files", "input.dat", &b"1 2 3"[..]), ("files", "C:\\x\\deep.txt", b"")];
        let id = leads_to(&story.alice.upload(&form, &files).await, "scripts");
        let script = story.api.get(&format!("/job-scripts/{id}")).await.ok();
        let mut names: Vec<_> = script["files"].as_array().unwrap().iter()
            .map(|file| (file["filename"].clone(), file["file_type"].clone())).collect();
        names.sort_by_key(|(name, _)| name.to_string());
        assert_eq!(json!(names), json!([
            ["deep.txt", "SUPPORT"], ["input.dat", "SUPPORT"], ["wind.sh", "ENTRYPOINT"],
        ]));
        assert_eq!(story.script(id, "input.dat").await, "1 2 3");
        assert_eq!(story.count("job-submissions").await, 0);
    }

    async fn a_file_is_refused_that_would_take_another_ones_place(app: TestApp) {
        let mut story = Story::begin(&app).await;
        let page = story.opens("/applications/wind/run").await;
        let mut form = filled_in(&page, &[("q.mesh", "/typed")]);
        form.fields.push(("action".to_owned(), "submit".to_owned()));
        for (name, content, said) in [
            ("wind.sh", &b"x"[..], "Two files of the script would have the name \"wind.sh\""),
            ("bad.py", b"def", "File bad.py did not pass the syntax check"),
        ] {
            let answer = story.alice.upload(&form, &[("files", name, content)]).await;
            assert!(answer.status.is_client_error(), "{}", answer.status);
            let text = words(&answer);
            assert!(text.contains(said), "{text}");
            assert!(text.contains("Choose your files once more"), "{text}");
            assert_eq!(super::has(&answer, "q.mesh"), "/typed");
        }
        assert_eq!((story.count("job-scripts").await, story.count("job-submissions").await), (0, 0));
    }
}
