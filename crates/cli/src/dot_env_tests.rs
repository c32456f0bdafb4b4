use serde::Deserialize;

use super::*;

/// What python-dotenv 1.2 makes of a text where the environment has `X=env`; nothing where it
/// finds a line that it can't understand.
#[derive(Deserialize)]
struct Recorded(String, Option<BTreeMap<String, Option<String>>>);

fn read(text: &str) -> Result<BTreeMap<String, Option<String>>, Misunderstood> {
    parse(text, |name| (name == "X").then(|| "env".to_owned()))
}

#[test]
fn a_file_means_what_it_means_to_the_python_server() {
    let recorded = include_str!("../tests/data/dot_env.json");
    let recorded: Vec<Recorded> = serde_json::from_str(recorded).unwrap();
    assert!(recorded.len() > 90);
    for Recorded(text, meaning) in recorded {
        assert_eq!(read(&text).ok(), meaning, "{text:?}");
    }
}

#[test]
fn a_line_that_cannot_be_understood_is_named_without_its_value() {
    let refused = |text: &str| read(text).unwrap_err().to_string();
    let words = refused("A=1\n\nexport DATABASE_PSWD=\"s3cret\nB=2\n");
    assert!(words.contains("line 3") && words.contains("DATABASE_PSWD"), "{words}");
    for text in ["A=\"s3cret\" s3cret", "s3cret s3cret", "s3cret \"=", "'s3cret=1'=2", "A=s3cret\0"]
    {
        let words = refused(text);
        assert!(words.starts_with("line 1") && !words.contains("s3cret"), "{words}");
    }
}
