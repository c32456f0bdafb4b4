//! `jobbergate admin claims`.

use std::path::Path;

use jobbergate_api::{args, db::Db};

use crate::support::admin;

/// Four submissions: of the agent `alive` one that waits, of `dead` one that waits and one that is
/// active, and one that nobody has claimed.
#[tokio::main(flavor = "current_thread")]
async fn claims(database: &Path) {
    let db = Db::open_sqlite(database).await.unwrap();
    let mut session = db.write().await.unwrap();
    let script = "INSERT INTO job_scripts (name, owner_email, created_at, updated_at) \
                  VALUES ('s', 'a@b.org', '2026-01-01T00:00:00.000000+00:00', \
                  '2026-01-01T00:00:00.000000+00:00')";
    session.execute(script, args![]).await.unwrap();
    for (status, claim, claimant) in [
        ("CREATED", Some(1), Some("alive")),
        ("CREATED", Some(2), Some("dead")),
        ("SUBMITTED", Some(2), Some("dead")),
        ("CREATED", None, None),
    ] {
        let sql = "INSERT INTO job_submissions (name, owner_email, created_at, updated_at, client_id, \
                   job_script_id, status, claim, claimant) VALUES ('j', 'a@b.org', \
                   '2026-01-01T00:00:00.000000+00:00', '2026-01-01T00:00:00.000000+00:00', 'c', 1, \
                   $1, $2, $3)";
        session.execute(sql, args![status, claim, claimant]).await.unwrap();
    }
    for (instance, year) in [("alive", 2999), ("dead", 2026)] {
        let sql = "INSERT INTO cluster_leases (client_id, instance, ends_at) VALUES ('c', $1, $2)";
        let ends_at = format!("{year}-01-01T00:00:00.000000+00:00");
        session.execute(sql, args![instance, ends_at]).await.unwrap();
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
    let alive = "c\talive\t2999-01-01T00:00:00+00:00\t1\t0\n";
    assert_eq!(said(&["claims", "list"]), format!("{alive}c\tdead\tover\t1\t1\n"));
    let words = said(&["claims", "release", "other"]);
    assert_eq!(words, "other: freed 0 that wait and 0 that are active\n");
    let words = said(&["claims", "release", "c"]);
    assert_eq!(words, "c: freed 1 that wait and 1 that are active\n");
    assert_eq!(said(&["claims", "list"]), alive);
}
