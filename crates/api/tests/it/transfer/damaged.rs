//! Archives that are damaged, or that somebody made who means no good.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::{Shelf, as_json, export, import, is_bare, lived_in, refusal, unpacked};
use crate::{identity::story::person, on_both, support::TestApp};

type Entries = Vec<(String, Vec<u8>)>;

/// Writes entries as an export does, with an end that fits them.
fn pack(path: &Path, entries: &Entries) {
    let mut digest = Sha256::new();
    let (mut rows, mut files, mut bytes, mut missing) = (json!({}), 0, 0, 0);
    for (name, content) in entries.iter().filter(|(name, _)| name != "end.json") {
        digest.update(name);
        digest.update((content.len() as u64).to_be_bytes());
        digest.update(content);
        match name.split('/').collect::<Vec<_>>()[..] {
            ["tables", table, _] => {
                let lines = content.iter().filter(|byte| **byte == b'\n').count() as u64;
                rows[table] = (rows[table].as_u64().unwrap_or_default() + lines).into();
            }
            ["files", ..] => (files, bytes) = (files + 1, bytes + content.len()),
            ["missing", ..] => missing += 1,
            _ => {}
        }
    }
    let sha256: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let end =
        json!({"rows": rows, "files": files, "bytes": bytes, "missing": missing, "sha256": sha256});
    let mut entries = entries.clone();
    if let Some((_, content)) = entries.iter_mut().find(|(name, _)| name == "end.json") {
        *content = end.to_string().into_bytes();
    }
    write(path, &entries, EntryType::Regular);
}

fn write(path: &Path, entries: &Entries, kind: EntryType) {
    let mut tar = Builder::new(GzEncoder::new(File::create(path).unwrap(), Compression::fast()));
    for (name, content) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(if name == "end.json" { EntryType::Regular } else { kind });
        header.set_size(content.len() as u64);
        // Names that the library does not write.
        let field = header.as_gnu_mut().unwrap();
        field.name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, content.as_slice()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
}

/// An export, and where to put what was made of it.
async fn exported(shelf: &Shelf) -> Entries {
    let source = TestApp::on_sqlite().await;
    lived_in(&source).await;
    export(&source, &shelf.path("good.tar.gz")).await;
    unpacked(&shelf.path("good.tar.gz"))
}

fn entry<'a>(entries: &'a mut Entries, name: &str) -> &'a mut Vec<u8> {
    &mut entries.iter_mut().find(|(entry, _)| entry == name).unwrap().1
}

/// Changes a cell of a row of a table.
fn change(entries: &mut Entries, table: &str, line: usize, column: &str, value: Value) {
    let content = entry(entries, &format!("tables/{table}/000001.jsonl"));
    let mut lines: Vec<String> =
        String::from_utf8(content.clone()).unwrap().lines().map(str::to_owned).collect();
    let mut row = as_json(lines[line - 1].as_bytes());
    row[column] = value;
    lines[line - 1] = row.to_string();
    *content = format!("{}\n", lines.join("\n")).into_bytes();
}

on_both! {
    async fn a_row_that_is_wrong_is_named(app: TestApp) {
        let shelf = Shelf::new();
        let good = exported(&shelf).await;
        let path = shelf.path("bad.tar.gz");
        let cases: [(&str, usize, &str, Value, &str); 9] = [
            ("job_scripts", 2, "id", json!("7"), "id is not an integer of 32 bits"),
            ("job_scripts", 1, "id", json!(2_147_483_648_u64), "id is not an integer of 32 bits"),
            ("job_scripts", 1, "name", Value::Null, "name is not a text"),
            ("job_scripts", 1, "is_archived", json!(1), "is_archived is not true or false"),
            ("job_scripts", 1, "created_at", json!("yesterday"), "created_at is not an instant"),
            ("job_scripts", 1, "is_admin", json!(true), "job_scripts has no column \"is_admin\""),
            ("job_script_templates", 1, "template_vars", json!("{"), "template_vars is not a text that is JSON"),
            ("job_submissions", 2, "job_script_id", json!(77), "job_submissions does not take this row"),
            ("job_scripts", 2, "id", json!(1), "job_scripts does not take this row"),
        ];
        for (table, line, column, value, reason) in cases {
            let mut bad = good.clone();
            change(&mut bad, table, line, column, value);
            pack(&path, &bad);
            let words = refusal(&app, &path).await;
            assert!(words.contains(&format!("tables/{table}/000001.jsonl, line {line}: ")), "{words}");
            assert!(words.contains(reason), "{words}");
            assert!(is_bare(&app).await, "{words}");
        }
        // What was made of it without a change is good.
        pack(&path, &good);
        import(&app, &path).await.unwrap();
    }

    async fn nobody_elses_account_gets_a_role_or_a_token(app: TestApp) {
        let shelf = Shelf::new();
        let good = exported(&shelf).await;
        let carol = person(&app, "carol", &["admin"]).await;
        let path = shelf.path("bad.tar.gz");
        for table in ["identity_user_roles", "identity_personal_tokens"] {
            let mut bad = good.clone();
            change(&mut bad, table, 1, "user_id", json!(carol.id));
            pack(&path, &bad);
            let words = refusal(&app, &path).await;
            assert!(words.contains("about an account that is not in the archive"), "{words}");
        }
    }

    async fn roles_that_nobody_can_change_are_those_of_the_program(app: TestApp) {
        let shelf = Shelf::new();
        let mut bad = exported(&shelf).await;
        let path = shelf.path("bad.tar.gz");
        let roles = String::from_utf8(entry(&mut bad, "tables/identity_roles/000001.jsonl").clone());
        let line = roles.unwrap().lines().position(|role| role.contains("\"watcher\"")).unwrap() + 1;
        change(&mut bad, "identity_roles", line, "built_in", json!(true));
        pack(&path, &bad);
        let words = refusal(&app, &path).await;
        assert!(words.contains(&format!("identity_roles/000001.jsonl, line {line}: ")), "{words}");
        assert!(words.contains("no built-in role \"watcher\""), "{words}");
        assert!(is_bare(&app).await);
    }

    async fn rows_and_files_that_do_not_belong_together_are_refused(app: TestApp) {
        let shelf = Shelf::new();
        let good = exported(&shelf).await;
        let path = shelf.path("bad.tar.gz");
        let mut renamed = good.clone();
        let found = renamed.iter_mut().find(|(name, _)| name == "files/job_script_files/1/run.sh");
        found.unwrap().0 = "files/job_script_files/1/other.sh".to_owned();
        pack(&path, &renamed);
        let words = refusal(&app, &path).await;
        assert!(words.contains("no row of job_script_files names this file"), "{words}");
        assert!(is_bare(&app).await);
        let mut fewer = good.clone();
        fewer.retain(|(name, _)| name != "files/job_script_files/1/run.sh");
        pack(&path, &fewer);
        let words = refusal(&app, &path).await;
        assert!(words.contains("rows that name one"), "{words}");
        assert!(is_bare(&app).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_cut_or_changed_anywhere_is_refused() {
    let (app, shelf) = (TestApp::on_sqlite().await, Shelf::new());
    exported(&shelf).await;
    let good = fs::read(shelf.path("good.tar.gz")).unwrap();
    let path = shelf.path("bad.tar.gz");
    for part in 0..16 {
        let cut = good.len() * part / 16;
        fs::write(&path, &good[..cut]).unwrap();
        refusal(&app, &path).await;
        let mut changed = good.clone();
        changed[cut] ^= 0x55;
        fs::write(&path, &changed).unwrap();
        // What gzip's head says of the time and the system is nobody's data.
        if !(4..10).contains(&cut) {
            refusal(&app, &path).await;
        }
    }
    let mut longer = good.clone();
    longer.extend_from_slice(b"more");
    fs::write(&path, &longer).unwrap();
    let words = refusal(&app, &path).await;
    assert!(words.contains("behind its end"), "{words}");
    for (file, content) in [("text", &b"hello"[..]), ("empty", b"")] {
        fs::write(shelf.path(file), content).unwrap();
        refusal(&app, &shelf.path(file)).await;
    }
    assert!(is_bare(&app).await);
    import(&app, &shelf.path("good.tar.gz")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_no_export_writes_are_refused() {
    let (app, shelf) = (TestApp::on_sqlite().await, Shelf::new());
    let good = exported(&shelf).await;
    let path = shelf.path("bad.tar.gz");
    let behind = |name: &str, content: &[u8]| {
        let mut bad = good.clone();
        bad.insert(bad.len() - 1, (name.to_owned(), content.to_vec()));
        bad
    };
    for (name, reason) in [
        ("../../../tmp/x", "no export writes an entry of this name"),
        ("/etc/cron.d/x", "no export writes an entry of this name"),
        ("files/job_script_files/1/..", "no export writes an entry of this name"),
        ("files/identity_keys/1/x", "no export writes an entry of this name"),
        ("tables/identity_keys/000001.jsonl", "no export writes an entry of this name"),
        ("tables/job_scripts/000001.jsonl", "it is not where an export writes it"),
        ("files/job_script_files/1/run.sh", ""),
        ("manifest.json", "it is not where an export writes it"),
    ] {
        pack(&path, &behind(name, b"{}\n"));
        let words = refusal(&app, &path).await;
        assert!(words.contains(reason), "{name}: {words}");
    }
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Directory, EntryType::XHeader] {
        write(&path, &good, kind);
        let words = refusal(&app, &path).await;
        assert!(words.contains("no regular file"), "{kind:?}: {words}");
    }
    assert!(is_bare(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_another_format_or_a_newer_version_is_refused() {
    let (app, shelf) = (TestApp::on_sqlite().await, Shelf::new());
    let good = exported(&shelf).await;
    let path = shelf.path("bad.tar.gz");
    for (field, value, reason) in [
        ("format", json!("tarball"), "its format is \"tarball\""),
        ("version", json!(2), "it is of version 2 of the format, this program reads 1"),
        ("revision", json!(999), "install that version here first"),
        ("surprise", json!(1), "unknown field `surprise`"),
    ] {
        let mut bad = good.clone();
        let mut manifest = as_json(entry(&mut bad, "manifest.json"));
        manifest[field] = value;
        *entry(&mut bad, "manifest.json") = manifest.to_string().into_bytes();
        pack(&path, &bad);
        let words = refusal(&app, &path).await;
        assert!(words.contains("manifest.json: ") && words.contains(reason), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_larger_than_it_may_be_is_not_read() {
    let (app, shelf) = (TestApp::on_sqlite().await, Shelf::new());
    let good = exported(&shelf).await;
    let path = shelf.path("bomb.tar.gz");
    // Zeros: a thousandth of it on the disk.
    for (name, size) in [
        ("manifest.json", 200 << 20),
        ("tables/job_scripts/000001.jsonl", 200 << 20),
        ("files/job_script_files/1/run.sh", app.app.max_upload_file_size + 1),
    ] {
        let gzip = GzEncoder::new(File::create(&path).unwrap(), Compression::fast());
        let mut tar = Builder::new(gzip);
        for (entry, content) in &good {
            let size = if entry == name { size } else { content.len() };
            let mut header = Header::new_gnu();
            header.set_size(size as u64);
            let zeros = std::io::Read::take(std::io::repeat(0), size as u64);
            match entry == name {
                true => tar.append_data(&mut header, entry, zeros).unwrap(),
                false => tar.append_data(&mut header, entry, content.as_slice()).unwrap(),
            }
        }
        tar.into_inner().unwrap().finish().unwrap().flush().unwrap();
        let words = refusal(&app, &path).await;
        assert!(words.contains(name) && words.contains("are allowed"), "{words}");
    }
    assert!(is_bare(&app).await);
}
