//! What a command's `--help` says, in parts.

/// The help of one command.
#[derive(Debug)]
pub(crate) struct Help {
    pub(crate) about: String,
    pub(crate) usage: String,
    pub(crate) sections: Vec<Section>,
}

/// Such as "Options": what there is, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Lines, empty ones between paragraphs.
    pub(crate) meaning: Vec<String>,
}

impl Help {
    pub(crate) fn parse(text: &str) -> Self {
        let (about, rest) = text.split_once("Usage: ").unwrap_or((text, ""));
        let (usage, rest) = rest.split_once("\n\n").unwrap_or((rest, ""));
        let mut sections: Vec<Section> = Vec::new();
        for line in rest.lines() {
            match (line.strip_suffix(':'), sections.last_mut()) {
                (Some(title), _) if !line.starts_with(' ') => {
                    sections.push(Section { title: title.to_owned(), entries: Vec::new() });
                }
                (_, Some(section)) => section.read(line),
                (_, None) => {}
            }
        }
        Self { about: about.trim().to_owned(), usage: usage.trim().to_owned(), sections }
    }

    /// The commands below this one.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &str> {
        let sections = self.sections.iter().filter(|section| section.title == "Commands");
        let names = sections.flat_map(|section| section.entries.iter().map(|e| e.name.as_str()));
        names.filter(|name| *name != "help")
    }
}

impl Section {
    /// A name is indented by up to 6 columns; what it means follows after two blanks, or below by 10.
    fn read(&mut self, line: &str) {
        let indent = line.len() - line.trim_start().len();
        let line = line.trim();
        if line.is_empty() || indent > 6 {
            if let Some(entry) = self.entries.last_mut() {
                entry.meaning.push(line.to_owned());
            }
            return;
        }
        let (name, meaning) = line.split_once("  ").unwrap_or((line, ""));
        let meaning = Vec::from_iter((!meaning.is_empty()).then(|| meaning.trim().to_owned()));
        self.entries.push(Entry { name: name.to_owned(), meaning });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_read_in_both_of_its_forms() {
        let help = Help::parse(
            "Run it\n\nUsage: x run [OPTIONS]\n\nCommands:\n  now   At once\n  help  Print this\n\nOptions:\n  \
             -a, --all <N>\n          How many\n          \n          [env: ALL]\n",
        );

        assert_eq!((help.about.as_str(), help.usage.as_str()), ("Run it", "x run [OPTIONS]"));
        assert_eq!(help.commands().collect::<Vec<_>>(), ["now"]);
        let option = &help.sections[1].entries[0];
        assert_eq!(option.name, "-a, --all <N>");
        assert_eq!(option.meaning, ["How many", "", "[env: ALL]"]);
    }
}
