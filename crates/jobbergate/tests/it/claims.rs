//! `jobbergate admin claims`.

use std::path::Path;

use jobbergate_api::db::{Db, arguments::Arguments};

use crate::support::admin;

/// Five submissions: of the agent `alive` one that waits, of `dead` one that waits and one that is
/// active and one that was withdrawn, and one that nobody has claimed.
#[tokio::main(flavor = "current_thread")]
async fn claims(database: &Path) {
    let db = Db::open_sqlite(database).await.unwrap();
    let mut session = db.write().await.unwrap();
    let at = "'2026-01-01T00:00:00.000000+00:00'";
    let script = format!(
        "INSERT INTO job_scripts (name, owner_email, created_at, updated_at) \
         VALUES ('s', 'a@b.org', {at}, {at})"
    );
    let submissions = [
        "'CREATED', 1, 'alive'",
        "'CREATED', 2, 'dead'",
        "'SUBMITTED', 2, 'dead'",
        "'CREATED', NULL, NULL",
    ];
    let submissions = submissions.map(|claimed| {
        format!(
            "INSERT INTO job_submissions (name, owner_email, created_at, updated_at, client_id, \
             job_script_id, status, claim, claimant) \
             VALUES ('j', 'a@b.org', {at}, {at}, 'c', 1, {claimed})"
        )
    });
    let leases = format!(
        "INSERT INTO cluster_leases (client_id, instance, ends_at) \
         VALUES ('c', 'alive', '2999-01-01T00:00:00.000000+00:00'), ('c', 'dead', {at})"
    );
    let withdrawn = format!(
        "INSERT INTO withdrawn_submissions (job_submission_id, client_id, owner_email, \
         job_script_id, job_script_created_at, claim, claimant, inherited, withdrawn_at) \
         VALUES (5, 'c', 'a@b.org', 1, {at}, 2, 'dead', false, {at})"
    );
    for sql in [script].into_iter().chain(submissions).chain([leases, withdrawn]) {
        session.execute(&sql, Arguments(Vec::new())).await.unwrap();
    }
    session.commit().await.unwrap();
}

#[test]
fn an_administrator_sees_and_frees_what_dead_agents_have_claimed() {
    let data = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let output = admin(data.path(), arguments).stdout;
        String::from_utf8(output).unwrap()
    };
    said(&["client", "create", "c"]);
    assert_eq!(said(&["claims", "list"]), "");
    claims(&data.path().join("jobbergate.db"));
    let alive = "c\talive\t2999-01-01T00:00:00+00:00\t1\t0\t0\n";
    assert_eq!(said(&["claims", "list"]), format!("{alive}c\tdead\tover\t1\t1\t1\n"));
    let words = said(&["claims", "release", "other"]);
    let nothing = "other: no agent of this name has claimed anything\n";
    assert_eq!(words, format!("other: freed 0 that wait and 0 that are active\n{nothing}"));
    let words = said(&["claims", "release", "c"]);
    let kept = "c: agent alive keeps 1 that wait and 0 that are active: its lease holds until \
                2999-01-01T00:00:00+00:00; stop it, and say this again after that\n";
    assert_eq!(words, format!("c: freed 1 that wait and 1 that are active\n{kept}"));
    let left = format!("{alive}c\tdead\tover\t0\t0\t1\n");
    assert_eq!(said(&["claims", "list"]), left, "the next agent looks into what was withdrawn");
}
