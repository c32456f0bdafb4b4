//! Tables as wide as the terminal at most.

use comfy_table::{
    Cell, Color, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Row, Table,
    TableStyle, Width,
};

use super::{printable, resource::Colour};

/// Lines: heavy around the heading, light below it.
const LINES: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('┏', '━', '┳', '┓'))
    .header_lines(ContentLineStyle::new('┃', '┃', '┃'))
    .header_separator(LineStyle::new('┡', '━', '╇', '┩'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .bottom_border(LineStyle::new('└', '─', '┴', '┘'));

/// How a column looks.
#[derive(Debug, Clone, Copy)]
pub enum Style {
    /// Names of properties.
    Key,
    /// A property of a resource.
    Column(Colour),
    /// Anything.
    Plain,
}

impl Style {
    fn colour(self) -> Option<Color> {
        match self {
            Self::Key => Some(Color::Yellow),
            Self::Column(Colour::First) => Some(Color::Green),
            Self::Column(Colour::Name) => Some(Color::Cyan),
            Self::Column(Colour::Identifier) => Some(Color::Magenta),
            Self::Column(Colour::Job) => Some(Color::DarkYellow),
            Self::Column(Colour::Plain) | Self::Plain => None,
        }
    }
}

/// How much of a cell is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// One line, so that programs find a row in a line; the end may be cut off.
    OneLine,
    /// All of it.
    Whole,
}

/// A table, without a line break at its end.
pub fn draw(
    columns: &[(&str, Style)],
    rows: Vec<Vec<String>>,
    height: Rows,
    width: u16,
    colours: bool,
) -> String {
    prepared(columns, rows, height, width, colours).to_string()
}

/// The same, of a list whose columns have these widths; headings are broken at underscores.
pub fn draw_fitted(
    columns: &[(&str, Style)],
    widths: &[usize],
    rows: Vec<Vec<String>>,
    width: u16,
    colours: bool,
) -> String {
    let mut table = prepared(columns, rows, Rows::OneLine, width, colours);
    table.set_header(columns.iter().map(|(name, _)| Cell::new(name).set_delimiter('_')));
    for (column, width) in table.column_iter_mut().zip(widths) {
        let width =
            u16::try_from(*width).unwrap_or(u16::MAX).saturating_add(column.padding_width());
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
    }
    table.to_string()
}

fn prepared(
    columns: &[(&str, Style)],
    rows: Vec<Vec<String>>,
    height: Rows,
    width: u16,
    colours: bool,
) -> Table {
    let mut table = Table::new();
    table.load_style(LINES).set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
    if colours {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(columns.iter().map(|(name, _)| Cell::new(name)));
    for row in rows {
        let cells = row.iter().zip(columns).map(|(text, (_, style))| {
            let cell = Cell::new(printable(text));
            style.colour().map_or(cell.clone(), |colour| cell.fg(colour))
        });
        let mut row = Row::from(cells);
        if height == Rows::OneLine {
            row.max_height(1);
        }
        table.add_row(row);
    }
    table
}

/// The table with its title above.
pub fn under(title: &str, table: &str) -> String {
    format!("{}\n{table}", centred(title, table))
}

/// A line in the middle of the table's width.
pub fn centred(text: &str, table: &str) -> String {
    let top = table.lines().find(|line| line.starts_with('┏')).unwrap_or_default();
    let room = top.chars().count().saturating_sub(text.chars().count());
    format!("{}{text}", " ".repeat(room / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_heavy_heading() {
        let columns = [("Key", Style::Key), ("Value", Style::Plain)];
        let rows = vec![vec!["name".to_owned(), "wind".to_owned()]];
        let expected = "    Created
┏━━━━━━┳━━━━━━━┓
┃ Key  ┃ Value ┃
┡━━━━━━╇━━━━━━━┩
│ name │ wind  │
└──────┴───────┘";
        assert_eq!(under("Created", &draw(&columns, rows, Rows::Whole, 80, false)), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_nothing_gets_lost() {
        let columns = [("job_submission_id", Style::Plain), ("description", Style::Plain)];
        let rows = vec![vec!["1".to_owned(), "many words ".repeat(10)]];
        let drawn = draw(&columns, rows, Rows::Whole, 40, false);
        assert!(drawn.lines().all(|line| line.chars().count() <= 40), "{drawn}");
        assert_eq!(drawn.matches("words").count(), 10, "{drawn}");
    }

    #[test]
    fn a_row_of_a_list_is_a_line() {
        let columns = [("job_submission_id", Style::Plain), ("description", Style::Plain)];
        let rows = vec![vec!["1".to_owned(), "many words and\nlines ".repeat(10)]];
        let drawn = draw(&columns, rows, Rows::OneLine, 40, false);
        let body: Vec<_> = drawn.lines().filter(|line| line.starts_with('│')).collect();
        assert_eq!(body.len(), 1, "{drawn}");
        assert!(body[0].contains("many words") && body[0].contains('…'), "{drawn}");
    }
}
