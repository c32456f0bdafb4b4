//! What is wrong with a file while it is written, and at which line.

use askama::Template;
use bytes::Bytes;
use jobbergate_file_checks::{self as file_checks, SyntaxProblem};
use jobbergate_questions::derive::ANSWERS;
use jobbergate_types::FileType;

use crate::{app::Context, error::Result, resources::files};

/// What a file is for, which says how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Rendered as a template, whatever it is called.
    Template(FileType),
    Script(FileType),
    Workflow,
}

/// Something to tell of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    /// From 1; none if it is about the file as a whole.
    pub(super) line: Option<usize>,
    pub(super) words: String,
    /// Whether the file can't be saved so.
    pub(super) is_error: bool,
}

/// The part of a page that tells them.
#[derive(Template)]
#[template(path = "portal/remarks.html")]
pub(super) struct Remarks {
    pub(super) remarks: Vec<Remark>,
}

/// All that is to be told of a file.
pub(super) async fn remarks(
    context: &Context,
    purpose: Purpose,
    filename: &str,
    content: &str,
) -> Result<Vec<Remark>> {
    let bytes = Bytes::copy_from_slice(content.as_bytes());
    let mut remarks = Vec::new();
    if let Some(problem) = files::syntax_problem(context, filename, &bytes).await? {
        remarks.push(remark(filename, problem, true));
    } else if matches!(purpose, Purpose::Template(_)) && !is_template(filename) {
        // Its name promises nothing, but it is rendered all the same.
        let name = format!("{filename}.j2");
        let problem = files::syntax_problem(context, &name, &bytes).await?;
        remarks.extend(problem.map(|problem| remark(&name, problem, false)));
    }
    if matches!(purpose, Purpose::Template(_)) && remarks.is_empty() {
        let names = files::variables(context, &bytes).await?;
        remarks
            .extend(names.iter().filter(|name| *name != ANSWERS).map(|name| unset(content, name)));
    }
    if let Purpose::Template(FileType::Entrypoint) | Purpose::Script(FileType::Entrypoint) = purpose
    {
        remarks.extend(of_batch_script(content, purpose));
    }
    Ok(remarks)
}

fn is_template(filename: &str) -> bool {
    file_checks::is_checked(filename)
        && (filename.ends_with(".j2") || filename.ends_with(".jinja2"))
}

/// The place is told by itself.
fn remark(filename: &str, problem: SyntaxProblem, is_error: bool) -> Remark {
    let place = match problem.line {
        Some(line) => format!("{filename}, line {line}: "),
        None => format!("{filename}: "),
    };
    let words = problem.message.strip_prefix(&place).unwrap_or(&problem.message).to_owned();
    Remark { line: problem.line, words, is_error }
}

/// What is said of a variable that nothing is put in for.
fn unset(content: &str, name: &str) -> Remark {
    let words = format!(
        "the pages and command lines put nothing in for {name}: answers are under {ANSWERS}, write \
         {ANSWERS}.{name}"
    );
    let line = content.lines().position(|line| takes(line, name)).map(|index| index + 1);
    Remark { line, words, is_error: false }
}

/// Whether a line of a template has a variable of this name: in braces, and no part of another name,
/// no attribute and no text.
fn takes(line: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let count =
            |marks: [&str; 2]| marks.map(|mark| before.matches(mark).count()).iter().sum::<usize>();
        let is_inside = count(["{{", "{%"]) > count(["}}", "%}"]);
        is_inside
            && !before.ends_with(|c: char| is_word(c) || matches!(c, '.' | '\'' | '"'))
            && !after.starts_with(is_word)
    })
}

/// What `sbatch` refuses or does not see.
fn of_batch_script(content: &str, purpose: Purpose) -> Vec<Remark> {
    let advice = |line, words: &str| Remark { line, words: words.to_owned(), is_error: false };
    let mut remarks = Vec::new();
    let is_plain = matches!(purpose, Purpose::Script(_)) || !content.starts_with("{");
    if is_plain && !content.starts_with("#!") {
        let words = "sbatch takes only scripts whose first line names the interpreter, such as \
                     #!/bin/bash";
        remarks.push(advice(Some(1), words));
    }
    let mut lines = content.lines().enumerate();
    let is_command = |line: &str| !line.trim().is_empty() && !line.starts_with(['#', '{']);
    let first = lines.find(|(_, line)| is_command(line));
    if first.is_some() {
        let late = lines.find(|(_, line)| line.starts_with("#SBATCH"));
        let words = "sbatch reads no #SBATCH line after the first command";
        remarks.extend(late.map(|(index, _)| advice(Some(index + 1), words)));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(content: &str) -> Vec<Option<usize>> {
        let purpose = Purpose::Script(FileType::Entrypoint);
        of_batch_script(content, purpose).iter().map(|remark| remark.line).collect()
    }

    #[test]
    fn a_variable_that_nothing_is_put_in_for_is_told_at_its_line() {
        let script = "#SBATCH --nodes={{ data.nodes }}\nnodes={{ data['nodes'] }}\n echo {{nodes}}";
        let remark = unset(script, "nodes");
        assert_eq!((remark.line, remark.is_error), (Some(3), false));
        assert_eq!(unset("{{ more_nodes }}\n{% if nodes > 1 %}", "nodes").line, Some(2));
        assert_eq!(unset("{{ data.x\n + nodes }}", "nodes").line, None);
    }

    #[test]
    fn what_sbatch_would_not_take_is_told_at_its_line() {
        assert_eq!(told("#!/bin/sh\n#SBATCH -n 1\n\nsrun a\n"), []);
        assert_eq!(told("srun a\n"), [Some(1)]);
        assert_eq!(told("#!/bin/sh\nsrun a\n#SBATCH -n 1\n"), [Some(3)]);
        let template = Purpose::Template(FileType::Entrypoint);
        assert!(of_batch_script("{% if x %}#!/bin/sh\n{% endif %}\n", template).is_empty());
    }
}
