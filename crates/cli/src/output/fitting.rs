//! Which columns of a list there is room for at a terminal, and how wide they are.

/// What is left out, the first first, where there is no room for all.
const SPARE: [&str; 4] = ["description", "owner_email", "job_script_id", "application_id"];
/// How much of a longer value is to be seen.
const ENOUGH: usize = 12;
/// The line beside a cell and the room around its text.
const BESIDE: usize = 3;

/// What is shown of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Fitting {
    /// The columns, by their place among all, each with the width of its text.
    pub columns: Vec<(usize, usize)>,
    /// What there is no room for.
    pub left_out: Vec<usize>,
}

/// What of a list fits into this width; nothing if all does as it is, or nothing would help.
pub fn fit(names: &[&str], rows: &[Vec<String>], width: usize) -> Option<Fitting> {
    let columns: Vec<_> =
        names.iter().enumerate().map(|(i, name)| Column::new(name, i, rows)).collect();
    let takes = |columns: &[Column], each: fn(&Column) -> usize| {
        columns.iter().map(|column| each(column) + BESIDE).sum::<usize>() + 1
    };
    if takes(&columns, |column| column.heading.max(column.longest)) <= width {
        return None;
    }
    let (mut kept, mut left_out) = (columns, Vec::new());
    for spare in SPARE {
        if takes(&kept, |column| column.width) <= width {
            break;
        }
        let gone = kept.extract_if(.., |column| names.get(column.place) == Some(&spare));
        left_out.extend(gone.map(|column| column.place));
    }
    let room = width.checked_sub(takes(&kept, |column| column.width))?;
    for _ in 0..room {
        let neediest =
            kept.iter_mut().max_by_key(|column| column.longest.saturating_sub(column.width));
        if let Some(column) = neediest.filter(|column| column.longest > column.width) {
            column.width += 1;
        }
    }
    let columns = kept.iter().map(|column| (column.place, column.width)).collect();
    Some(Fitting { columns, left_out })
}

struct Column {
    place: usize,
    heading: usize,
    longest: usize,
    width: usize,
}

impl Column {
    /// As narrow as it can be read: its heading is broken at underscores.
    fn new(name: &str, place: usize, rows: &[Vec<String>]) -> Self {
        let length = |text: &str| text.chars().count();
        let cells = rows.iter().filter_map(|row| row.get(place));
        let longest = cells.map(|cell| length(cell)).max().unwrap_or_default();
        let part = name.split('_').map(length).max().unwrap_or_default();
        Self { place, heading: length(name), longest, width: part.max(longest.min(ENOUGH)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["job_script_id", "name", "description", "owner_email"];

    fn rows() -> Vec<Vec<String>> {
        let row = ["7", "a wing in the wind tunnel", "many words", "alice@example.com"];
        vec![row.map(str::to_owned).to_vec()]
    }

    #[test]
    fn all_is_shown_where_there_is_room() {
        assert_eq!(fit(&NAMES, &rows(), 200), None);
    }

    #[test]
    fn headings_are_broken_before_something_is_left_out() {
        let fitting = fit(&NAMES, &rows(), 70).unwrap();
        assert!(fitting.left_out.is_empty(), "{fitting:?}");
        let taken: usize = fitting.columns.iter().map(|(_, width)| width + BESIDE).sum();
        assert!(taken < 70 && fitting.columns[0].1 == 6, "{fitting:?}");
    }

    #[test]
    fn descriptions_are_left_out_first_and_names_never() {
        let fitting = fit(&NAMES, &rows(), 45).unwrap();
        assert_eq!(fitting.left_out, [2]);
        let fitting = fit(&NAMES, &rows(), 30).unwrap();
        assert_eq!((fitting.left_out, fitting.columns[1].0), (vec![2, 3], 1));
        assert_eq!(fit(&NAMES, &rows(), 10), None);
    }
}
