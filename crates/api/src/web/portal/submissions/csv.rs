//! The list of submissions as a table for other programs, page by page.

use std::io;

use axum::{
    body::Body,
    extract::RawQuery,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::stream;
use jobbergate_types::{
    job_submissions::{JobSubmissionListQuery, JobSubmissionListView},
    list::Paging,
};

use super::filter::Filter;
use crate::{
    error::{Error, Result},
    permission::Permission,
    resources::job_submissions::service,
    web::{
        errors::Failure,
        portal::{fields::Fields, user::User},
    },
};

/// How many rows a file has at most, and how many are read at a time.
pub(super) const MOST: usize = 10_000;
const ROWS: usize = 100;

const HEAD: [&str; 12] = [
    "id",
    "name",
    "status",
    "slurm_job_id",
    "slurm_job_state",
    "cluster",
    "owner",
    "script_id",
    "script",
    "application_id",
    "created_at",
    "updated_at",
];

struct Rest {
    user: User,
    filter: Filter,
    list: JobSubmissionListQuery,
    is_over: bool,
}

pub(super) async fn send(
    user: User,
    RawQuery(query): RawQuery,
) -> std::result::Result<Response, Failure> {
    user.require(Permission::JobSubmissionsRead)?;
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let filter = Filter::of(&fields);
    let mut list = filter.list();
    list.list.paging = Paging { page: 1, size: i64::try_from(ROWS).unwrap_or(1) };
    let rest = Rest { user, filter, list, is_over: false };
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"submissions.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    // What fails at once is told; what fails later ends the file too soon, which browsers show.
    let Some((first, rest)) = rest.next().await? else { return Ok(head.into_response()) };
    let parts = stream::try_unfold((Some(first), rest), async |(first, rest)| match first {
        Some(first) => Ok::<_, io::Error>(Some((first, (None, rest)))),
        None => {
            let next = rest.next().await.inspect_err(Error::log);
            let next = next.map_err(|error| io::Error::other(error.detail()))?;
            Ok(next.map(|(part, rest)| (part, (None, rest))))
        }
    });
    Ok((head, Body::from_stream(parts)).into_response())
}

impl Rest {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>> {
        if self.is_over {
            return Ok(None);
        }
        let (context, owner) = (&self.user.context, Some(self.user.email.as_str()));
        let found = service::list_of(context, &self.list, self.filter.origin(), owner).await?;
        let page = self.list.list.paging.page;
        let read = usize::try_from(page).unwrap_or(usize::MAX).saturating_mul(ROWS);
        self.is_over = page >= found.pages || read >= MOST;
        self.list.list.paging.page += 1;
        let lines = lines(page == 1, &found.items)?;
        Ok(Some((lines.into(), self)))
    }
}

fn lines(is_first: bool, rows: &[JobSubmissionListView]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if is_first {
        writer.write_record(HEAD).map_err(Error::internal)?;
    }
    for row in rows {
        writer.write_record(cells(row)).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(|error| Error::internal(error.into_error()))
}

fn cells(row: &JobSubmissionListView) -> [String; 12] {
    let (base, script) = (&row.submission, row.job_script.as_ref());
    let number = |number: Option<i64>| number.map(|it| it.to_string()).unwrap_or_default();
    [
        base.id.to_string(),
        inert(&base.name),
        base.status.to_string(),
        number(base.slurm_job_id),
        base.slurm_job_state.map(|state| state.to_string()).unwrap_or_default(),
        inert(&base.client_id),
        inert(&base.owner_email),
        number(base.job_script_id),
        script.map(|script| inert(&script.name)).unwrap_or_default(),
        number(script.and_then(|script| script.parent_template_id)),
        base.created_at.to_string(),
        base.updated_at.to_string(),
    ]
}

/// Spreadsheets would compute what begins like a formula.
fn inert(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn formulas_are_text() {
        assert_eq!(inert("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        assert_eq!(inert("heat, 2 = 3"), "heat, 2 = 3");
    }
}
