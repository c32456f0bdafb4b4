//! What the doctor finds.

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt};

use jobbergate_api::{clock::Clock, config::ServeConfig, db::Db, doctor};
use jobbergate_testkit::{
    issuer::{Behaviour, Issuer},
    postgres::TestDatabase,
    s3::S3,
};
use sqlx::{Connection, PgConnection};

use crate::support::{database, empty_database, settings, start_time};

/// What each check says, without the one of the data directory when that is not of interest.
async fn findings(config: &ServeConfig) -> BTreeMap<&'static str, (bool, String)> {
    let found = doctor::examine(config, &Clock::manual(start_time())).await;
    found
        .into_iter()
        .map(|finding| (finding.check, (finding.outcome.is_ok(), finding.to_string())))
        .collect()
}

fn failed(findings: &BTreeMap<&'static str, (bool, String)>) -> Vec<&'static str> {
    findings.iter().filter(|(_, (good, _))| !good).map(|(check, _)| *check).collect()
}

/// A configuration on PostgreSQL and S3.
struct Site {
    config: ServeConfig,
    database: TestDatabase,
    s3: S3,
    _directory: tempfile::TempDir,
}

async fn site(database: TestDatabase) -> Site {
    let (s3, directory) = (S3::start().await.unwrap(), tempfile::tempdir().unwrap());
    let mut config = settings(&directory);
    config.database_url = Some(database.url().to_owned());
    config.s3_bucket_name = Some(s3.bucket.clone());
    config.s3_endpoint_url = Some(s3.endpoint.clone());
    config.aws_access_key_id = Some(s3.access_key.clone());
    config.aws_secret_access_key = Some(s3.secret_key.clone());
    Site { config, database, s3, _directory: directory }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_and_a_used_directory_are_healthy() {
    let directory = tempfile::tempdir().unwrap();
    let config = settings(&directory);
    let new = findings(&config).await;
    assert_eq!(failed(&new), [""; 0], "{new:?}");
    let entries = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(entries, 0, "the doctor leaves nothing behind");
    let app = jobbergate_api::app::App::open(&config, Clock::System).await.unwrap();
    app.provider.as_ref().unwrap().signing_key().await.unwrap();
    let used = findings(&config).await;
    assert_eq!(failed(&used), [""; 0], "{used:?}");
    assert!(used["database"].1.contains("revision 25"), "{used:?}");
    assert!(used["identity provider"].1.contains("1 keys"), "{used:?}");
    app.tenants.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_others_can_open_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = settings(&directory);
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o777)).unwrap();
    let found = findings(&config).await;
    assert_eq!(failed(&found), ["data directory"]);
    assert!(found["data directory"].1.contains("chmod 700"), "{found:?}");
    config.data_dir = Some(directory.path().join("misspelt"));
    let found = findings(&config).await;
    assert_eq!(failed(&found), ["data directory"]);
    assert!(found["data directory"].1.contains("is not there"), "{found:?}");
    assert!(!directory.path().join("misspelt").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_and_s3_are_healthy_before_and_after_the_first_start() {
    let new = site(empty_database().await).await;
    let found = findings(&new.config).await;
    assert_eq!(failed(&found), [""; 0], "{found:?}");
    assert!(found["database"].1.contains("empty"), "{found:?}");
    let mut connection = PgConnection::connect(new.database.url()).await.unwrap();
    let sql = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    let tables: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    assert_eq!(tables, 0, "the doctor makes no tables");
    let used = site(database().await).await;
    let found = findings(&used.config).await;
    assert_eq!(failed(&found), [""; 0], "{found:?}");
    assert!(found["database"].1.contains("revision 25"), "{found:?}");
    assert!(!found["database"].1.contains("pg_trgm"), "{found:?}");
    assert!(used.s3.keys().unwrap().is_empty(), "the doctor removes its probe");
    let mut connection = PgConnection::connect(used.database.url()).await.unwrap();
    let sql = "DROP INDEX ix_job_submissions_words";
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    let found = findings(&used.config).await;
    assert_eq!(failed(&found), [""; 0], "{found:?}");
    assert!(found["database"].1.contains("searches read all submissions"), "{found:?}");
    let sql = "INSERT INTO counted_submissions VALUES ('a@b.c', 'c', 'DONE', false, 7)";
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    let found = findings(&used.config).await;
    assert_eq!(failed(&found), ["database"], "{found:?}");
    assert!(found["database"].1.contains("lists count 7 submissions, there are 0"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_postgres_and_s3_is_told_apart() {
    let mut site = site(database().await).await;
    let good = site.config.clone();
    site.config.s3_bucket_name = Some("nonexistent".to_owned());
    let found = findings(&site.config).await;
    assert_eq!(failed(&found), ["files"]);
    assert!(found["files"].1.contains("S3_BUCKET_NAME"), "{found:?}");
    site.config = good;
    let url = "postgres://joe:secret@127.0.0.1:1/db?password=secret";
    site.config.database_url = Some(url.to_owned());
    let found = findings(&site.config).await;
    assert_eq!(failed(&found), ["database", "identity provider"]);
    assert!(!found["database"].1.contains("secret"), "{found:?}");
    let url = format!("{}&options=-c%20default_transaction_read_only%3Don", site.database.url());
    site.config.database_url = Some(url);
    let found = findings(&site.config).await;
    assert_eq!(failed(&found), ["database"]);
    assert!(found["database"].1.contains("cannot be written"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_cannot_be_worked_with_is_reported() {
    let site = site(empty_database().await).await;
    let mut connection = PgConnection::connect(site.database.url()).await.unwrap();
    let sql = "CREATE TABLE alembic_version (version_num varchar(32)); \
               INSERT INTO alembic_version VALUES ('0123456789ab')";
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    let found = findings(&site.config).await;
    assert_eq!(failed(&found), ["database"]);
    assert!(found["database"].1.contains("alembic upgrade head"), "{found:?}");
    let sql = "DROP TABLE alembic_version; CREATE TABLE _sqlx_migrations (version bigint); \
               INSERT INTO _sqlx_migrations VALUES (999999)";
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    let found = findings(&site.config).await;
    assert!(found["database"].1.contains("999999"), "{found:?}");
    let sql = "DROP TABLE _sqlx_migrations; CREATE TABLE alembic_version (version_num varchar(32))";
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    let found = findings(&site.config).await;
    assert_eq!(failed(&found), ["database"]);
    assert!(found["database"].1.contains("alembic_version is empty"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_program_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobbergate.db");
    let foreign = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = sqlx::SqliteConnection::connect_with(&foreign).await.unwrap();
    sqlx::raw_sql("CREATE TABLE invoices (n integer)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    let found = findings(&settings(&directory)).await;
    assert_eq!(failed(&found), ["database"]);
    assert!(found["database"].1.contains("invoices"), "{found:?}");
    let words = Db::open_sqlite(&path).await.unwrap_err().to_string();
    assert!(words.contains("invoices") && words.contains("left alone"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_go_together_are_reported() {
    let directory = tempfile::tempdir().unwrap();
    let good = settings(&directory);
    let mut config = good.clone();
    config.s3_endpoint_url = Some("http://127.0.0.1:1".to_owned());
    let found = findings(&config).await;
    assert_eq!(failed(&found), ["settings"]);
    assert!(found["settings"].1.contains("S3_BUCKET_NAME"), "{found:?}");
    let mut config = good.clone();
    config.armasec_domain = Some("https://issuer.example.com/".to_owned());
    let found = findings(&config).await;
    assert!(found["identity provider"].1.contains("leave out https://"), "{found:?}");
    let mut config = good;
    config.cleaning.auto_clean_job_scripts_days_to_delete = Some(7);
    let found = findings(&config).await;
    assert_eq!(failed(&found), [""; 0]);
    assert!(found["settings"].1.contains("JOBBERGATE_CLEAN_INTERVAL_HOURS"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_for_figures_must_be_free_too() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = settings(&directory);
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    config.metrics_listen = Some(other.local_addr().unwrap());
    let found = findings(&config).await;
    assert_eq!(failed(&found), ["figures"]);
    assert!(found["figures"].1.contains("JOBBERGATE_METRICS_LISTEN"), "{found:?}");
    drop(other);
    assert_eq!(failed(&findings(&config).await), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_answer_is_reported() {
    let (issuer, directory) = (Issuer::start().await.unwrap(), tempfile::tempdir().unwrap());
    let mut config = settings(&directory);
    config.armasec_domain = Some(issuer.domain());
    config.armasec_use_https = false;
    let found = findings(&config).await;
    assert_eq!(failed(&found), [""; 0], "{found:?}");
    assert!(found["identity provider"].1.contains(issuer.url()), "{found:?}");
    for behaviour in [Behaviour::Failing, Behaviour::Hanging] {
        issuer.behave(behaviour);
        let found = findings(&config).await;
        assert_eq!(failed(&found), ["identity provider"]);
        assert!(found["identity provider"].1.contains("ARMASEC_DOMAIN"), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_provider_is_examined() {
    let (good, bad) = (Issuer::start().await.unwrap(), Issuer::start().await.unwrap());
    bad.behave(Behaviour::Html);
    let directory = tempfile::tempdir().unwrap();
    let mut config = settings(&directory);
    let elsewhere = good.url().replace("127.0.0.1", "localhost");
    let issuers = serde_json::json!([
        {"url": good.url(), "permissions_claim": "groups"},
        {"url": bad.url()},
        {"url": elsewhere},
    ]);
    config.oidc.oidc_issuers = Some(issuers.to_string().parse().unwrap());
    config.oidc.built_in_provider = Some(true);
    let found = doctor::examine(&config, &Clock::manual(start_time())).await;
    let found: Vec<_> = found.iter().filter(|it| it.check == "identity provider").collect();
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    let about = format!("{}, 1 keys, permissions in the tokens' claim groups", good.url());
    assert!(lines[0].starts_with("ok ") && lines[0].contains(&about), "{lines:?}");
    let answers = "openid-configuration answers is not what a provider answers";
    assert!(lines[1].starts_with("failed") && lines[1].contains(answers), "{lines:?}");
    let name = format!("calls itself {}", good.url());
    assert!(lines[2].starts_with("failed") && lines[2].contains(&name), "{lines:?}");
    assert!(lines[2].contains("JOBBERGATE_OIDC_ISSUERS"), "{lines:?}");
    assert!(lines[3].starts_with("ok ") && lines[3].contains("built-in"), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_cannot_work_are_reported() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = settings(&directory);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    config.listen.port = taken.local_addr().unwrap().port();
    // Who listens there never answers.
    let found = findings(&config).await;
    assert_eq!(failed(&found), ["listening"]);
    config.listen.port = 0;
    for url in ["ftp://h", "http://0.0.0.0:8000", "http://h/?x=1"] {
        config.public_url = Some(url.parse().unwrap());
        assert_eq!(failed(&findings(&config).await), ["public address"], "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_that_is_gone_is_reported() {
    let mut site = site(database().await).await;
    site.config.tenancy.multi_tenancy_enabled = true;
    let organization = empty_database().await;
    site.s3.add_bucket(organization.name()).unwrap();
    let app = jobbergate_api::app::App::open(&site.config, Clock::System).await.unwrap();
    app.tenants.create(organization.name()).await.unwrap();
    app.tenants.close().await;
    let found = findings(&site.config).await;
    assert_eq!(failed(&found), [""; 0], "{found:?}");
    assert!(found["organizations"].1.contains("1 known"), "{found:?}");
    let name = organization.name().to_owned();
    drop(organization);
    let found = findings(&site.config).await;
    assert_eq!(failed(&found), ["organizations"]);
    assert!(found["organizations"].1.contains(&name), "{found:?}");
    assert!(Db::attach_postgres(site.database.url(), Some(&name)).await.is_err());
}

type Change<'a> = &'a dyn Fn(&mut ServeConfig);

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_hangs_is_named_however_long_it_may_take() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("ldap://{}", silent.local_addr().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let mut config = settings(&directory);
    crate::support::use_ldap(&mut config, &format!("{uri} ldap://127.0.0.1:1 {uri}/"));
    config.ldap.ldap_timeout_seconds = 60;
    let said = findings(&config).await["people from LDAP"].1.clone();
    assert!(said.contains(&format!("{uri}: no answer within 3 s")), "{said}");
    assert!(said.contains("Connection refused"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_people_is_examined() {
    const CHECK: &str = "people from LDAP";
    let slapd = jobbergate_testkit::slapd::Slapd::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let with = |change: &dyn Fn(&mut ServeConfig)| {
        let mut config = settings(&directory);
        crate::support::use_ldap(&mut config, &slapd.uri());
        change(&mut config);
        config
    };
    let text = |text: &str| Some(text.to_owned());
    let healthy = findings(&with(&|_| {})).await;
    assert_eq!(failed(&healthy), [""; 0], "{healthy:?}");
    assert!(
        healthy[CHECK].1.ends_with("7 people fit the filter, 6 have an address"),
        "{healthy:?}"
    );
    let cases: [(&str, Change<'_>); 9] = [
        (
            "JOBBERGATE_LDAP_MAIL_ATTRIBUTE: nobody of the 7 people who fit the filter has an \
             e-mail address in email",
            &|it| it.ldap.ldap_mail_attribute = "email".to_owned(),
        ),
        ("JOBBERGATE_LDAP_UID_ATTRIBUTE: nobody of the 7 people", &|it| {
            it.ldap.ldap_uid_attribute = "sAMAccountName".to_owned();
        }),
        ("JOBBERGATE_LDAP_GROUP_BASE: there is no ou=x,dc=example,dc=org", &|it| {
            it.ldap.ldap_group_base = text("ou=x,dc=example,dc=org");
        }),
        ("cn=jobbergate,dc=example,dc=org is refused: result code 49", &|it| {
            it.ldap.ldap_bind_password = text("secret");
        }),
        ("Connection refused", &|it| it.ldap.ldap_uri = text("ldap://127.0.0.1:1")),
        ("UnknownIssuer", &|it| it.ldap.ldap_uri = Some(slapd.tls_uri())),
        ("JOBBERGATE_LDAP_BASE: there is no ou=x,dc=example,dc=org", &|it| {
            it.ldap.ldap_base = text("ou=x,dc=example,dc=org");
        }),
        ("JOBBERGATE_LDAP_FILTER: nobody fits it", &|it| {
            it.ldap.ldap_filter = "(sAMAccountName={login})".to_owned();
        }),
        (
            "there is no cn=x,dc=example,dc=org; JOBBERGATE_LDAP_GROUP_ROLES: there is no hpc; \
             there is no role king",
            &|it| {
                it.ldap.ldap_group_roles = text("cn=x,dc=example,dc=org:king; hpc:user");
            },
        ),
    ];
    for (words, change) in cases {
        let found = findings(&with(change)).await;
        assert_eq!(failed(&found), [CHECK], "{words}");
        let said = &found[CHECK].1;
        assert!(said.contains(words) && said.contains("JOBBERGATE_LDAP_"), "{words}: {said}");
        assert!(!said.contains("searching") && !said.contains("secret"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_from_before_that_has_the_name_of_our_program_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let config = settings(&directory);
    let app = jobbergate_api::app::App::open(&config, Clock::System).await.unwrap();
    app.provider.as_ref().unwrap().signing_key().await.unwrap();
    let mut db = app.tenants.default_tenant().db.write().await.unwrap();
    let sql = "INSERT INTO identity_clients (client_id, secret_hash, permissions, created_at, \
               updated_at) VALUES ('default', '', '[]', $1, $1)";
    db.execute(sql, jobbergate_api::args![start_time()]).await.unwrap();
    db.commit().await.unwrap();
    let found = findings(&config).await;
    assert_eq!(failed(&found), ["identity provider"], "{found:?}");
    let words = &found["identity provider"].1;
    assert!(words.contains("there is a client default: nobody can log in"), "{words}");
    assert!(words.contains("`jobbergate admin client delete default`"), "{words}");
}

/// A server's data with a cluster and what its agent said at the start time.
async fn with_a_cluster(directory: &tempfile::TempDir, silent: i64) -> ServeConfig {
    let config = settings(directory);
    let app = jobbergate_api::app::App::open(&config, Clock::System).await.unwrap();
    let tenant = app.tenants.default_tenant();
    let mut db = tenant.db.write().await.unwrap();
    let sql = "INSERT INTO cluster_statuses (client_id, interval, last_reported, created_at, \
               updated_at, slurm_answered_at) VALUES ('lab', 60, $1, $1, $1, $2)";
    let answered = start_time() - chrono::TimeDelta::seconds(silent);
    db.execute(sql, jobbergate_api::args![start_time(), answered]).await.unwrap();
    db.commit().await.unwrap();
    app.tenants.close().await;
    config
}

async fn clusters_after(config: &ServeConfig, time: chrono::TimeDelta) -> (bool, String) {
    let found = doctor::examine(config, &Clock::manual(start_time() + time)).await;
    let finding = found.into_iter().find(|finding| finding.check == "clusters").unwrap();
    (finding.outcome.is_ok(), finding.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_whose_agent_or_slurm_is_silent_is_reported() {
    use chrono::TimeDelta;
    let directory = tempfile::tempdir().unwrap();
    let config = with_a_cluster(&directory, 5).await;
    assert_eq!(
        clusters_after(&config, TimeDelta::seconds(30)).await,
        (true, "ok      clusters: 1 known".to_owned())
    );
    let (good, said) = clusters_after(&config, TimeDelta::hours(2)).await;
    assert!(!good && said.contains("the agent of lab has not reported for 120 minutes"), "{said}");
    assert!(said.contains("jobbergate agent doctor"), "{said}");
    let (good, said) = clusters_after(&config, TimeDelta::days(30)).await;
    assert!(good, "it was given up: {said}");
    let directory = tempfile::tempdir().unwrap();
    let config = with_a_cluster(&directory, 600).await;
    let (good, said) = clusters_after(&config, TimeDelta::seconds(30)).await;
    assert!(
        !good && said.contains("Slurm has not answered the agent of lab for 10 minutes"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_no_agent_takes_up_is_reported() {
    use chrono::TimeDelta;
    let directory = tempfile::tempdir().unwrap();
    let config = with_a_cluster(&directory, 5).await;
    let app = jobbergate_api::app::App::open(&config, Clock::System).await.unwrap();
    let tenant = app.tenants.default_tenant();
    let mut db = tenant.db.write().await.unwrap();
    let since = start_time() - TimeDelta::minutes(20);
    for sql in [
        "INSERT INTO job_scripts (id, name, owner_email, created_at, updated_at) \
         VALUES (1, 's', 'a@x.org', $1, $1)",
        "INSERT INTO job_submissions (job_script_id, client_id, status, name, owner_email, \
         created_at, updated_at) VALUES (1, 'lab', 'CREATED', 's', 'a@x.org', $1, $1)",
    ] {
        db.execute(sql, jobbergate_api::args![since]).await.unwrap();
    }
    db.commit().await.unwrap();
    app.tenants.close().await;
    let (good, said) = clusters_after(&config, TimeDelta::seconds(30)).await;
    assert!(!good && said.contains("has waited for the agent of lab for 20 minutes"), "{said}");
    let (good, said) = clusters_after(&config, TimeDelta::days(30)).await;
    assert!(!good && said.contains("has not reported"), "somebody waits for it: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_names_nothing_explains_is_remarked_on() {
    let (issuer, directory) = (Issuer::start().await.unwrap(), tempfile::tempdir().unwrap());
    let mut config = settings(&directory);
    config.armasec_domain = Some(issuer.domain());
    config.armasec_use_https = false;
    for (claim, roles, remarked) in [
        (None, None, false),
        (Some("permissions"), None, false),
        (Some("realm_access.roles"), Some("hpc-users=user"), false),
        (Some("realm_access.roles"), None, true),
    ] {
        config.oidc.claims.oidc_permissions_claim = claim.map(|claim| claim.parse().unwrap());
        config.oidc.claims.oidc_roles = roles.map(|roles| roles.parse().unwrap());
        let found = findings(&config).await;
        assert_eq!(failed(&found), [""; 0], "{found:?}");
        let words = &found["identity provider"].1;
        assert_eq!(words.contains("remark: without roles"), remarked, "{words}");
    }
}
