//! `SHA256SUMS`, as `sha256sum -c` reads it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

use super::{Result, SUMS, copy, on_file, refused};

/// What each file's SHA-256 is, by its path in the backup.
pub(super) type Sums = BTreeMap<PathBuf, String>;

/// All files below a directory, by their paths in it. What is neither file nor directory is refused.
pub(super) fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::new()];
    while let Some(below) = directories.pop() {
        let path = directory.join(&below);
        for entry in fs::read_dir(&path).map_err(on_file(&path))? {
            let entry = entry.map_err(on_file(&path))?;
            let kind = entry.file_type().map_err(on_file(&path))?;
            let name = below.join(entry.file_name());
            if kind.is_dir() {
                directories.push(name);
            } else if kind.is_file() {
                found.push(name);
            } else {
                let words = format!("{} is neither a file nor a directory", entry.path().display());
                return Err(refused(words));
            }
        }
    }
    found.sort();
    Ok(found)
}

pub(super) fn write(directory: &Path) -> Result<()> {
    let mut text = String::new();
    for name in files(directory)? {
        let sum = copy::sum(&directory.join(&name))?;
        text.push_str(&line(&name, &sum)?);
    }
    copy::create(&directory.join(SUMS), text.as_bytes())
}

fn line(name: &Path, sum: &str) -> Result<String> {
    let text = name.to_str().ok_or_else(|| refused(format!("{} is no text", name.display())))?;
    let escaped = text.replace('\\', "\\\\").replace('\n', "\\n");
    let mark = if escaped == text { "" } else { "\\" };
    Ok(format!("{mark}{sum}  {escaped}\n"))
}

/// Reads the list of a backup; it must name all files that are there, and nothing outside.
pub(super) fn read(directory: &Path) -> Result<Sums> {
    let path = directory.join(SUMS);
    let text = fs::read_to_string(&path).map_err(|cause| {
        refused(format!("{}: {cause}; a backup without it is not whole", path.display()))
    })?;
    let mut sums = Sums::new();
    for (index, line) in text.lines().enumerate() {
        let Some((name, sum)) = entry(line) else {
            return Err(refused(format!(
                "{}, line {}: it is no checksum",
                path.display(),
                index + 1
            )));
        };
        if !name.components().all(|part| matches!(part, Component::Normal(_))) {
            let words = format!("{}, line {}: it leads elsewhere", path.display(), index + 1);
            return Err(refused(words));
        }
        sums.insert(name, sum);
    }
    for name in files(directory)?.into_iter().filter(|name| name != Path::new(SUMS)) {
        if !sums.contains_key(&name) {
            let words = format!(
                "{} has a file that {SUMS} does not name: {}",
                directory.display(),
                name.display()
            );
            return Err(refused(words));
        }
    }
    Ok(sums)
}

fn entry(line: &str) -> Option<(PathBuf, String)> {
    let (line, is_escaped) = match line.strip_prefix('\\') {
        Some(line) => (line, true),
        None => (line, false),
    };
    let (sum, name) = line.split_once("  ")?;
    let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = match is_escaped {
        true => unescaped(name)?,
        false => name.to_owned(),
    };
    (is_sum && !name.is_empty()).then(|| (name.into(), sum.to_owned()))
}

fn unescaped(name: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                '\\' => text.push('\\'),
                'n' => text.push('\n'),
                _ => return None,
            },
            c => text.push(c),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_is_written() {
        let sum = "0".repeat(64);
        for name in ["a", "a/b  c", "a\\b", "a\nb", "\\"] {
            let written = line(Path::new(name), &sum).unwrap();
            assert_eq!(written.matches('\n').count(), 1, "{written:?}");
            assert_eq!(entry(written.trim_end()), Some((name.into(), sum.clone())));
        }
        for odd in ["", "x  a", &format!("{sum}  "), &format!("{sum} a"), &format!("\\{sum}  a\\x")]
        {
            assert_eq!(entry(odd), None, "{odd}");
        }
    }
}
