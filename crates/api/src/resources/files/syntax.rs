//! Whether files are what their names promise, and what templates among them take.

use std::{fmt::Display, time::Duration};

use bytes::Bytes;
use jobbergate_file_checks::{self as file_checks, SyntaxProblem};

use crate::{
    app::Context,
    error::{Error, Result},
};

/// 400 if the file's suffix promises a syntax that its content does not have.
pub(crate) async fn check_syntax(context: &Context, filename: &str, content: &Bytes) -> Result<()> {
    let problem = syntax_problem(context, filename, content).await?;
    problem.map_or(Ok(()), |problem| Err(not_passed(filename, problem)))
}

/// What is wrong with the syntax that the file's suffix promises.
pub(crate) async fn syntax_problem(
    context: &Context,
    filename: &str,
    content: &Bytes,
) -> Result<Option<SyntaxProblem>> {
    if !file_checks::is_checked(filename) {
        return Ok(None);
    }
    let memory = file_checks::memory_to_check(content);
    let pool = &context.app.compute;
    if memory > pool.memory() {
        let message = format!(
            "too complex to check: it may take {} MiB of memory, more than \
             JOBBERGATE_COMPUTE_MEMORY_MIB={}",
            memory >> 20,
            pool.memory() >> 20
        );
        return Ok(Some(SyntaxProblem { message, line: None, is_unchecked: true }));
    }
    let turn = pool.turn(&context.customer, memory).await?;
    let (name, content) = (filename.to_owned(), content.clone());
    let checking = turn.run(&context.customer, move |turn, _| {
        file_checks::check_within(&name, &content, Duration::MAX, turn)
    });
    Ok(checking.await?.err())
}

/// The variables that a template takes from what it is rendered with; none if it is too large to tell.
pub(crate) async fn variables(context: &Context, content: &Bytes) -> Result<Vec<String>> {
    let memory = file_checks::memory_to_check(content);
    let pool = &context.app.compute;
    if memory > pool.memory() {
        return Ok(Vec::new());
    }
    let turn = pool.turn(&context.customer, memory).await?;
    let content = content.clone();
    let reading = turn
        .run(&context.customer, move |turn, _| file_checks::variables_of_template(&content, turn));
    reading.await
}

/// 400: the syntax of a file is not what its name promises.
pub(crate) fn not_passed(filename: &str, problem: impl Display) -> Error {
    Error::BadRequest(format!(
        "File {filename} did not pass the syntax check for its extension: {problem}"
    ))
}
