//! All routes of the portal. What is not here fails a test.

use std::{collections::BTreeSet, fs, path::Path};

use jobbergate_api::permission::Permission::{
    self, Admin, ClustersRead as CR, JobScriptsCreate as SC, JobScriptsDelete as SD,
    JobScriptsRead as SR, JobScriptsUpdate as SU, JobSubmissionsCreate as JC,
    JobSubmissionsDelete as JD, JobSubmissionsRead as JR, JobSubmissionsUpdate as JU,
    JobTemplatesCreate as TC, JobTemplatesDelete as TD, JobTemplatesRead as TR,
    JobTemplatesUpdate as TU,
};
use regex::Regex;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Page,
    Form,
    Upload,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) path: &'static str,
    pub(super) query: &'static str,
    /// Who has none of these is refused, for each of the lists.
    pub(super) needs: &'static [&'static [Permission]],
    /// Whether it is refused to whoever does not own the thing, or maintain all.
    pub(super) is_owners: bool,
    /// Whether it is refused to administrators of an organization.
    pub(super) is_servers: bool,
    pub(super) fields: &'static [(&'static str, &'static str)],
}

type Needs = &'static [&'static [Permission]];
type Typed = &'static [(&'static str, &'static str)];

const fn page(path: &'static str, needs: Needs) -> Row {
    Row {
        kind: Kind::Page,
        path,
        query: "",
        needs,
        is_owners: false,
        is_servers: false,
        fields: &[],
    }
}

const fn form(path: &'static str, needs: Needs, fields: Typed) -> Row {
    Row { kind: Kind::Form, path, query: "", needs, is_owners: false, is_servers: false, fields }
}

const fn upload(path: &'static str, needs: Needs, fields: Typed) -> Row {
    Row { kind: Kind::Upload, ..form(path, needs, fields) }
}

const fn owners(row: Row) -> Row {
    Row { is_owners: true, ..row }
}

const fn servers(row: Row) -> Row {
    Row { is_servers: true, ..row }
}

const fn of_file(query: &'static str, row: Row) -> Row {
    Row { query, ..row }
}

const TEMPLATE_FILE: &str = "?name=job.sh.j2";
const SCRIPT_FILE: &str = "?name=run.sh";
const CONTENT: Typed = &[("content", "changed"), ("version", "")];

/// In an order in which the owner can do all, one after the other.
pub(super) const ROWS: &[Row] = &[
    page("/", &[]),
    page("/home/live", &[&[JR]]),
    page("/applications", &[&[TR]]),
    page("/applications/{id}", &[&[TR]]),
    page("/applications/{id}/files/{*name}", &[&[TR]]),
    page("/applications/{id}/workflow-file", &[&[TR]]),
    form("/applications/{id}/favourite", &[&[TR]], &[("favourite", "yes")]),
    page("/applications/{id}/run", &[&[TR], &[SC]]),
    upload("/applications/{id}/run", &[&[TR], &[SC]], &[("action", "preview")]),
    form("/applications/{id}/run/preview", &[&[TR], &[SC]], &[]),
    page("/applications/new", &[&[TC]]),
    form("/applications/new", &[&[TC]], &[("name", "other")]),
    page("/applications/{id}/edit/clone", &[&[TC]]),
    form("/applications/{id}/edit/clone", &[&[TC]], &[("name", "copy")]),
    owners(page("/applications/{id}/edit", &[&[TU]])),
    owners(form("/applications/{id}/edit", &[&[TU]], &[("name", "changed")])),
    owners(form("/applications/{id}/edit/described", &[&[TC, TU]], &[("description", "of _it_")])),
    owners(form("/applications/{id}/edit/archive", &[&[TU]], &[("archived", "no")])),
    owners(page("/applications/{id}/edit/questions", &[&[TU]])),
    owners(form("/applications/{id}/edit/questions", &[&[TU]], &[])),
    owners(form("/applications/{id}/edit/questions/check", &[&[TC, TU]], &[])),
    owners(page("/applications/{id}/edit/try", &[&[SC], &[TC, TU]])),
    owners(form("/applications/{id}/edit/try", &[&[SC], &[TC, TU]], &[])),
    owners(page("/applications/{id}/edit/workflow", &[&[TC, TU]])),
    owners(form("/applications/{id}/edit/workflow/check", &[&[TC, TU]], CONTENT)),
    owners(form("/applications/{id}/edit/workflow", &[&[TC, TU]], CONTENT)),
    owners(page("/applications/{id}/edit/files", &[&[TC, TU]])),
    owners(form("/applications/{id}/edit/files", &[&[TC, TU]], &[("name", "more.txt")])),
    owners(page("/applications/{id}/edit/files/upload", &[&[TC, TU]])),
    owners(upload("/applications/{id}/edit/files/upload", &[&[TC, TU]], &[])),
    of_file(TEMPLATE_FILE, page("/applications/{id}/edit/file/download", &[&[TR]])),
    of_file(TEMPLATE_FILE, owners(page("/applications/{id}/edit/file", &[&[TC, TU]]))),
    of_file(TEMPLATE_FILE, owners(form("/applications/{id}/edit/file", &[&[TC, TU]], CONTENT))),
    of_file(TEMPLATE_FILE, owners(page("/applications/{id}/edit/file/check", &[&[TC, TU]]))),
    of_file(
        TEMPLATE_FILE,
        owners(form("/applications/{id}/edit/file/check", &[&[TC, TU]], CONTENT)),
    ),
    of_file("?name=data.txt", owners(page("/applications/{id}/edit/file/delete", &[&[TD, TU]]))),
    of_file(
        "?name=data.txt",
        owners(form("/applications/{id}/edit/file/delete", &[&[TD, TU]], &[])),
    ),
    owners(page("/applications/{id}/edit/workflow/delete", &[&[TD, TU]])),
    owners(form("/applications/{id}/edit/workflow/delete", &[&[TD, TU]], &[])),
    page("/scripts", &[&[SR]]),
    page("/scripts/{id}", &[&[SR]]),
    owners(form("/scripts/{id}", &[&[SU]], &[("name", "changed")])),
    form("/scripts/{id}/clone", &[&[SC]], &[]),
    page("/scripts/{id}/submit", &[&[JC]]),
    form("/scripts/{id}/submit", &[&[JC]], &[("name", "job"), ("client_id", "cluster")]),
    page("/scripts/{id}/edit", &[&[SU]]),
    owners(page("/scripts/{id}/edit/files", &[&[SC, SU]])),
    owners(form("/scripts/{id}/edit/files", &[&[SC, SU]], &[("name", "more.txt")])),
    owners(page("/scripts/{id}/edit/files/upload", &[&[SC, SU]])),
    owners(upload("/scripts/{id}/edit/files/upload", &[&[SC, SU]], &[])),
    of_file(SCRIPT_FILE, page("/scripts/{id}/edit/file/download", &[&[SR]])),
    of_file(SCRIPT_FILE, owners(page("/scripts/{id}/edit/file", &[&[SC, SU]]))),
    of_file(SCRIPT_FILE, owners(form("/scripts/{id}/edit/file", &[&[SC, SU]], CONTENT))),
    of_file(SCRIPT_FILE, owners(page("/scripts/{id}/edit/file/check", &[&[SC, SU]]))),
    of_file(SCRIPT_FILE, owners(form("/scripts/{id}/edit/file/check", &[&[SC, SU]], CONTENT))),
    of_file(SCRIPT_FILE, owners(page("/scripts/{id}/edit/file/delete", &[&[SD, SU]]))),
    of_file(SCRIPT_FILE, owners(form("/scripts/{id}/edit/file/delete", &[&[SD, SU]], &[]))),
    page("/submissions", &[&[JR]]),
    page("/submissions.csv", &[&[JR]]),
    page("/submissions/live", &[&[JR]]),
    page("/submissions/{id}", &[&[JR]]),
    page("/submissions/{id}/live", &[&[JR]]),
    page("/submissions/{id}/metrics", &[&[JR]]),
    page("/submissions/{id}/output", &[&[JR]]),
    owners(page("/submissions/{id}/output/file", &[&[JR]])),
    page("/submissions/{id}/script", &[&[JR], &[SR]]),
    form("/submissions/{id}/clone", &[&[JC]], &[]),
    form("/submissions/cancel", &[&[JU]], &[]),
    owners(form("/submissions/{id}/cancel", &[&[JU]], &[])),
    owners(page("/submissions/{id}/delete", &[&[JD]])),
    owners(form("/submissions/{id}/delete", &[&[JD]], &[])),
    owners(page("/scripts/{id}/delete", &[&[SD]])),
    owners(form("/scripts/{id}/delete", &[&[SD]], &[])),
    owners(page("/applications/{id}/edit/delete", &[&[TD]])),
    owners(form("/applications/{id}/edit/delete", &[&[TD]], &[])),
    page("/clusters", &[&[CR]]),
    page("/clusters/{client_id}", &[&[CR]]),
    page("/admin", &[&[Admin]]),
    page("/admin/people", &[&[Admin]]),
    form("/admin/people", &[&[Admin]], &[("email", "new@example.com"), ("name", "new")]),
    page("/admin/people/{id}", &[&[Admin]]),
    form("/admin/people/{id}/{action}", &[&[Admin]], &[]),
    page("/admin/agents", &[&[Admin]]),
    form("/admin/agents", &[&[Admin]], &[("client_id", "new")]),
    page("/admin/agents/{client_id}", &[&[Admin]]),
    form("/admin/agents/{client_id}/{action}", &[&[Admin]], &[]),
    servers(page("/admin/roles", &[&[Admin]])),
    servers(form("/admin/roles", &[&[Admin]], &[("name", "new")])),
    servers(form("/admin/roles/{name}/{action}", &[&[Admin]], &[])),
    servers(page("/admin/organizations", &[&[Admin]])),
    servers(form("/admin/organizations", &[&[Admin]], &[("id", "a b")])),
    servers(form("/admin/organizations/{action}", &[&[Admin]], &[("id", "none")])),
    servers(page("/admin/settings", &[&[Admin]])),
    servers(page("/admin/doctor", &[&[Admin]])),
    servers(page("/admin/doctor/summary", &[&[Admin]])),
    servers(page("/admin/outbox", &[&[Admin]])),
    servers(form("/admin/outbox/{action}", &[&[Admin]], &[("id", "1")])),
    servers(page("/admin/cleaning", &[&[Admin]])),
    servers(form("/admin/cleaning", &[&[Admin]], &[])),
    servers(page("/admin/keys", &[&[Admin]])),
    servers(form("/admin/keys", &[&[Admin]], &[])),
];

/// Where reloads of forms lead back to their pages, whoever asks.
pub(super) const WAYS_BACK: [&str; 2] = ["/applications/{id}/edit/archive", "/scripts/{id}/clone"];

/// Those of a sign-in are tested with it; all may read styles and scripts.
const OTHERS: [&str; 1] = ["/assets/{version}/{name}"];

/// The routes of the portal and whether they take forms, as its sources have them.
fn routes() -> BTreeSet<(String, bool)> {
    let mut found = BTreeSet::new();
    let portal = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/portal");
    collect(&portal, &mut found);
    found
}

fn collect(directory: &Path, found: &mut BTreeSet<(String, bool)>) {
    let route = Regex::new(r#"^\s*(?:&(\w+)\(\s*)?"([^"]*)""#).unwrap();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let edit = ["/applications/{id}/edit", "/scripts/{id}/edit"];
        for piece in text.split(".route(").skip(1) {
            // Those of a sign-in have names in place of paths.
            let Some(route) = route.captures(piece) else { continue };
            let methods = piece.split("\n}").next().unwrap().split(".merge(").next().unwrap();
            let roots = match (route.get(1).is_some(), name.as_str()) {
                (false, _) => &[""][..],
                (true, "editor.rs") => &edit[..1],
                (true, "files.rs") => &edit[..],
                (true, other) => panic!("say in the table what {other} puts before {}", &route[2]),
            };
            let posts = methods.contains("post(") || methods.contains(", form)");
            for root in roots {
                found.insert((format!("{root}{}", &route[2]), posts));
            }
        }
    }
}

#[test]
fn every_route_is_in_the_table() {
    let known = |path: &str, posts: bool| {
        ROWS.iter().any(|row| row.path == path && (row.kind != Kind::Page) == posts)
    };
    let routes = routes();
    assert!(routes.len() > 40, "{routes:?}");
    for (path, posts) in &routes {
        let other = OTHERS.contains(&path.as_str()) || WAYS_BACK.contains(&path.as_str());
        assert!(other || *posts || known(path, false), "GET {path} has no row in the table");
        assert!(!posts || known(path, true), "POST {path} has no row in the table");
    }
    for row in ROWS {
        assert!(routes.iter().any(|(path, _)| path == row.path), "{} is no route", row.path);
    }
}
