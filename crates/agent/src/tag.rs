//! The mark by which a job is found again in Slurm.

use std::fmt;

/// The longest comment that Slurm takes, in bytes.
const LONGEST_COMMENT: usize = 1024;

/// What every tag begins with.
const PREFIX: &str = "jobbergate:";

/// The mark of a submission's job, part of the job's comment: `jobbergate:<submission>:<random>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// A new tag; the random part tells it from submissions of the same number elsewhere.
    pub fn new(submission: i64, random: u64) -> Self {
        Self(format!("{PREFIX}{submission}:{random:016x}"))
    }

    /// That of a job which carries none.
    pub const fn none() -> Self {
        Self(String::new())
    }

    /// The tag of any agent's attempt to make a job of a submission, if the comment carries one.
    pub fn any_of(submission: i64, comment: &str) -> Option<Self> {
        let beginning = format!("{PREFIX}{submission}:");
        let mut words = comment.split_whitespace();
        let word = words.find(|word| word.len() > beginning.len() && word.starts_with(&beginning));
        word.map(|word| Self(word.to_owned()))
    }

    /// A tag that was written down.
    pub const fn restore(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The comment of a job: the user's own, shortened where Slurm would refuse both together,
    /// and the tag.
    pub fn beside(&self, own: Option<&str>) -> String {
        let Some(own) = own.filter(|own| !own.is_empty()) else { return self.0.clone() };
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

    /// Whether a comment carries the tag.
    pub fn is_in(&self, comment: &str) -> bool {
        !self.0.is_empty() && comment.split_whitespace().any(|word| word == self.0)
    }
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
    fn the_tag_of_any_agent_is_found_by_the_submissions_number() {
        let found = |comment| Tag::any_of(7, comment).map(|tag| tag.to_string());
        assert_eq!(found("mine jobbergate:7:00ff").as_deref(), Some("jobbergate:7:00ff"));
        for comment in ["jobbergate:77:00ff", "jobbergate:7:", "xjobbergate:7:00ff", ""] {
            assert_eq!(found(comment), None, "{comment}");
        }
    }

    #[test]
    fn a_longer_tag_is_another_tag() {
        let tag = Tag::restore("jobbergate:7:00ff".to_owned());
        assert!(!tag.is_in("jobbergate:7:00ff0"));
        assert!(!Tag::restore(String::new()).is_in("anything"));
    }
}
