//! Where a file is.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::error::{Error, Result};

/// Where a file is, as the user named it and as it is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUrl {
    /// For people: without a password.
    shown: String,
    pub(super) address: Url,
}

impl FileUrl {
    /// Reads a URL with one of the schemes `http`, `https` and `s3`. An object in S3 is fetched
    /// from Amazon without credentials, wherever the server keeps its own files.
    ///
    /// 400 for any other scheme, and for a bucket that can't exist.
    pub fn parse(text: &str) -> Result<Self> {
        let url = Url::parse(text)
            .map_err(|error| Error::BadRequest(format!("{text:?} is no URL: {error}")))?;
        let shown = without_password(url.clone());
        match url.scheme() {
            "http" | "https" => Ok(Self { shown, address: url }),
            "s3" => Ok(Self { address: in_s3(&url)?, shown }),
            _ => Err(Error::BadRequest(format!(
                "Unsupported protocol to get file data by url for {shown}"
            ))),
        }
    }

    /// The last part of the path, decoded; `None` if there is none.
    pub fn filename(&self) -> Option<String> {
        let last = self.address.path_segments()?.next_back()?;
        let decoded = percent_decode_str(last).decode_utf8();
        let name = decoded.map_or_else(|_| last.to_owned(), std::borrow::Cow::into_owned);
        // A slash that was encoded makes no folder.
        let name = name.rsplit('/').next().unwrap_or_default();
        (!name.is_empty()).then(|| name.to_owned())
    }
}

impl fmt::Display for FileUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

fn without_password(mut url: Url) -> String {
    // URLs that can't have a password don't.
    let _ = url.set_password(None);
    url.into()
}

/// `s3://bucket/key` as `https://bucket.s3.amazonaws.com/key`.
fn in_s3(url: &Url) -> Result<Url> {
    let bucket = url.host_str().filter(|bucket| is_bucket(bucket)).ok_or_else(|| {
        Error::BadRequest(format!("{url} names no bucket and key of S3; expected s3://bucket/key"))
    })?;
    let path = url.path();
    Url::parse(&format!("https://{bucket}.s3.amazonaws.com{path}")).map_err(Error::internal)
}

/// Whether it follows the rules for names of buckets.
fn is_bucket(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '.'))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::FileUrl;

    #[test]
    fn the_name_is_the_last_part_of_the_path() {
        for (url, name) in [
            ("http://h/ok.sh", Some("ok.sh")),
            ("http://h/dir/ok.sh?x=1/2#y/z", Some("ok.sh")),
            ("https://h/a%20b%C3%A9.sh", Some("a bé.sh")),
            ("http://h/a%FF.sh", Some("a%FF.sh")),
            ("http://h/a/..%2F..%2Fetc%2Fpasswd", Some("passwd")),
            ("http://h/a/../b.sh", Some("b.sh")),
            ("http://h/a/%2e%2e/", None),
            ("http://h/", None),
            ("http://h", None),
            ("s3://bucket/dir/key.py", Some("key.py")),
        ] {
            assert_eq!(FileUrl::parse(url).unwrap().filename().as_deref(), name, "{url}");
        }
    }

    #[test]
    fn objects_in_s3_are_fetched_from_amazon() {
        let url = FileUrl::parse("s3://my-bucket/dir/my key.py").unwrap();
        let address = "https://my-bucket.s3.amazonaws.com/dir/my%20key.py";
        assert_eq!(url.address.as_str(), address);
        for url in [
            "s3://",
            "s3:key",
            "s3:///key",
            "s3://a/key",
            "s3://evil.com%2F/key",
            "s3://-ab/key",
            "s3://a..b/key",
            "s3://ab@evil/key?x",
            "s3://Bucket/key",
            "s3://[::1]/key",
        ] {
            match FileUrl::parse(url) {
                Err(refused) => assert_eq!(refused.status(), 400, "{url}"),
                Ok(found) => assert_eq!(found.address.host_str(), Some("evil.s3.amazonaws.com")),
            }
        }
    }

    #[test]
    fn passwords_are_not_repeated() {
        let url = FileUrl::parse("https://me:secret@h/x").unwrap();
        assert_eq!(url.to_string(), "https://me@h/x");
        assert_eq!(url.address.password(), Some("secret"));
        let refused = FileUrl::parse("ftp://me:secret@h/x.sh").unwrap_err();
        let words = "Unsupported protocol to get file data by url for ftp://me@h/x.sh";
        assert_eq!(refused.to_string(), words);
    }
}
