//! The mark by which a job is found again in Slurm.

use std::fmt;

use sha2::{Digest, Sha256};

/// The longest comment that Slurm takes, in bytes.
const LONGEST_COMMENT: usize = 1024;

/// What every tag begins with.
const PREFIX: &str = "jobbergate:";

/// How many digits stand for the origin of a submission.
const DIGITS_OF_ORIGIN: usize = 8;

/// The mark of a submission's job, part of the job's comment:
/// `jobbergate:<submission>:<origin><random>`. The number and the origin are the same whichever
/// agent submits it; the random part is the agent's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(Box<str>);

impl Tag {
    /// A new tag; the random part tells it from submissions of the same number elsewhere.
    pub fn new(submission: i64, random: u64) -> Self {
        Self(format!("{PREFIX}{submission}:{random:016x}").into())
    }

    /// That of a job which carries none.
    pub fn none() -> Self {
        Self(Box::default())
    }

    /// The tag of any agent's attempt to make a job of a submission, if the comment carries one.
    pub fn any_of(submission: i64, origin: &str, comment: &str) -> Option<Self> {
        let beginning = beginning(submission, origin);
        let mut words = comment.split_whitespace();
        words.find(|word| word.starts_with(&beginning)).map(|word| Self(word.into()))
    }

    /// A new tag of a submission of this origin: of another server, one of the same number has
    /// another.
    pub fn of(submission: i64, origin: &str, random: u64) -> Self {
        Self(format!("{}{random:016x}", beginning(submission, origin)).into())
    }

    /// Whether it is one of a submission of this origin.
    pub fn is_of(&self, submission: i64, origin: &str) -> bool {
        self.0.starts_with(&beginning(submission, origin))
    }

    /// A tag that was written down.
    pub fn restore(text: String) -> Self {
        Self(text.into())
    }

    /// The submission's number.
    pub fn submission(&self) -> Option<i64> {
        self.0.strip_prefix(PREFIX)?.split(':').next()?.parse().ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The comment of a job: the user's own, shortened where Slurm would refuse both together,
    /// and the tag.
    pub fn beside(&self, own: Option<&str>) -> String {
        let Some(own) = own.filter(|own| !own.is_empty()) else { return self.0.to_string() };
        let mut room = LONGEST_COMMENT.saturating_sub(self.0.len() + 1).min(own.len());
        while !own.is_char_boundary(room) {
            room -= 1;
        }
        format!("{} {}", own.get(..room).unwrap_or_default(), self.0)
    }

    /// Whether a comment carries a tag, and it is another one.
    pub fn contradicts(&self, comment: &str) -> bool {
        let mut tags = comment.split_whitespace().filter(|word| word.starts_with(PREFIX));
        !self.is_in(comment) && tags.next().is_some()
    }

    /// Whether a comment carries a tag of this submission, rather than of another one; none if it
    /// carries no tag.
    pub fn names(submission: i64, comment: &str) -> Option<bool> {
        let own = format!("{PREFIX}{submission}:");
        let mut tags =
            comment.split_whitespace().filter(|word| word.starts_with(PREFIX)).peekable();
        tags.peek()?;
        Some(tags.any(|tag| tag.starts_with(&own)))
    }

    /// Whether a comment carries a tag, and it is of another submission, whoever submitted it.
    pub fn is_anothers(submission: i64, comment: &str) -> bool {
        Self::names(submission, comment) == Some(false)
    }

    /// Whether a comment carries the tag.
    pub fn is_in(&self, comment: &str) -> bool {
        !self.0.is_empty() && comment.split_whitespace().any(|word| word == &*self.0)
    }
}

fn beginning(submission: i64, origin: &str) -> String {
    let digest = Sha256::digest(origin.as_bytes());
    let digits = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{PREFIX}{submission}:{}", digits.get(..DIGITS_OF_ORIGIN).unwrap_or_default())
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_comment_stays() {
        let tag = Tag::restore("jobbergate:7:00ff".to_owned());
        assert_eq!(tag.beside(None), "jobbergate:7:00ff");
        let both = tag.beside(Some("it's | \"mine\"\nreally"));
        assert_eq!(both, "it's | \"mine\"\nreally jobbergate:7:00ff");
        assert!(tag.is_in(&both));
    }

    #[test]
    fn a_comment_never_gets_too_long_for_slurm() {
        let tag = Tag::restore("jobbergate:7:00ff".to_owned());
        let both = tag.beside(Some(&"ü".repeat(600)));
        assert!(both.len() <= LONGEST_COMMENT && both.len() > LONGEST_COMMENT - 3);
        assert!(tag.is_in(&both));
    }

    #[test]
    fn a_comment_without_any_tag_contradicts_nothing() {
        let tag = Tag::restore("jobbergate:7:00ff".to_owned());
        assert!(tag.contradicts("mine jobbergate:7:00fe"));
        assert!(!tag.contradicts("mine jobbergate:7:00ff"));
        assert!(!tag.contradicts("edited by its owner"));
    }

    #[test]
    fn a_comment_tells_whose_job_it_is() {
        assert_eq!(Tag::names(7, "mine jobbergate:7:00ff"), Some(true));
        assert_eq!(Tag::names(7, "mine jobbergate:77:00ff"), Some(false));
        assert_eq!(Tag::names(7, "mine"), None);
    }

    #[test]
    fn the_tag_of_any_agent_is_found_by_the_submissions_number_and_origin() {
        let tag = Tag::of(7, "1@x", 0xff);
        assert!(tag.is_of(7, "1@x") && tag.as_str().starts_with("jobbergate:7:"));
        assert_eq!(Tag::any_of(7, "1@x", &format!("mine {tag}")), Some(tag.clone()));
        assert_eq!(Tag::any_of(8, "1@x", tag.as_str()), None);
        assert_eq!(Tag::any_of(7, "1@y", tag.as_str()), None, "another server's");
        assert_eq!(Tag::any_of(7, "1@x", &format!("x{tag}")), None);
        assert_eq!(Tag::any_of(7, "1@x", "jobbergate:7:00ff"), None);
    }

    #[test]
    fn a_comment_tells_that_a_job_is_of_another_submission() {
        assert!(Tag::is_anothers(7, "mine jobbergate:8:00ff"));
        assert!(Tag::is_anothers(7, "jobbergate:71:00ff"));
        assert!(!Tag::is_anothers(7, "mine jobbergate:7:00fe"));
        assert!(!Tag::is_anothers(7, "edited by its owner"));
    }

    #[test]
    fn a_longer_tag_is_another_tag() {
        let tag = Tag::restore("jobbergate:7:00ff".to_owned());
        assert!(!tag.is_in("jobbergate:7:00ff0"));
        assert!(!Tag::restore(String::new()).is_in("anything"));
    }
}
