//! The lines around the one at which a rehearsal went wrong.

use crate::web::{
    errors::Failure,
    portal::{
        files::Loaded,
        problems::Problems,
        text_file::{self, Content},
        user::User,
    },
};

/// How many lines are shown before and after it.
const AROUND: usize = 3;

#[derive(Debug)]
pub(super) struct Spot {
    pub(super) filename: String,
    pub(super) line: usize,
    pub(super) lines: Vec<(usize, String)>,
}

/// Where the first problem is that names a file and a line of it.
pub(super) async fn find(
    user: &User,
    loaded: &Loaded,
    problems: &Problems,
) -> Result<Option<Spot>, Failure> {
    let all = problems.all().iter();
    let found = all.filter_map(|(_, words)| place(words, &loaded.files)).next();
    let Some((filename, line)) = found else { return Ok(None) };
    let opened = loaded.open(user, &filename).await?;
    let Content::Text(text) = text_file::read(&user.context, opened).await? else {
        return Ok(None);
    };
    let first = line.saturating_sub(AROUND).max(1);
    let numbered = text.lines().map(str::to_owned).enumerate().map(|(at, text)| (at + 1, text));
    let lines = numbered.skip(first - 1).take_while(|(at, _)| *at <= line + AROUND).collect();
    Ok(Some(Spot { filename, line, lines }))
}

/// The file and the line that are named: `… filename=NAME … line N: …`.
fn place<T>(words: &str, files: &[(String, T)]) -> Option<(String, usize)> {
    let named = |name: &&String| words.contains(&format!("filename={name}"));
    let names = files.iter().map(|(name, _)| name).filter(named);
    let name = names.max_by_key(|name| name.len())?;
    let after = words.split_once(&format!("filename={name}"))?.1.split_once("line ")?.1;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    Some((name.clone(), digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn the_place_is_found_in_what_is_said() {
        let files = [("a.j2".to_owned(), ()), ("a.j2.sh".to_owned(), ())];
        let found = |words: &str| place(words, &files);
        let words = "Unable to process jinja template filename=a.j2 -- line 12: unexpected 'x'";
        assert_eq!(found(words), Some(("a.j2".to_owned(), 12)));
        let words = "Jinja can not render filename=a.j2.sh: line 3: 'n' is undefined; give it";
        assert_eq!(found(words), Some(("a.j2.sh".to_owned(), 3)));
        assert_eq!(found("Exactly one entrypoint file must be specified"), None);
    }
}
