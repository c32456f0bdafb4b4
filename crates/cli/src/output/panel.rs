//! Boxes with a title in the upper border.

use comfy_table::{ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle};

use super::printable;

/// A box with round corners.
const LINES: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('╭', '─', '─', '╮'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .bottom_border(LineStyle::new('╰', '─', '─', '╯'));

/// With room around the text.
pub fn spacious(title: &str, text: &str, footer: Option<&str>, width: u16) -> String {
    draw(title, &format!("\n{text}\n "), footer, width, 3)
}

/// Without.
pub fn tight(title: &str, text: &str, footer: Option<&str>, width: u16) -> String {
    draw(title, text.trim_end_matches('\n'), footer, width, 1)
}

fn draw(title: &str, text: &str, footer: Option<&str>, width: u16, padding: u16) -> String {
    let mut table = Table::new();
    table.load_style(LINES).force_no_tty().set_width(width);
    table.set_content_arrangement(ContentArrangement::DynamicFullWidth);
    // Empty lines would get lost otherwise.
    let text = printable(text).replace("\n\n", "\n \n").replace("\n\n", "\n \n");
    table.add_row([text]);
    if let Some(column) = table.column_mut(0) {
        column.set_padding((padding, 1));
    }
    let drawn = table.to_string();
    let mut lines: Vec<_> = drawn.lines().collect();
    let inner = usize::from(width).saturating_sub(2);
    let top = format!("╭{}╮", titled(title, inner));
    let bottom = format!("╰{}╯", titled(footer.unwrap_or_default(), inner));
    if let [first, .., last] = lines.as_mut_slice() {
        (*first, *last) = (&top, &bottom);
    }
    lines.join("\n") + "\n"
}

/// A border with a text in the middle.
fn titled(text: &str, width: usize) -> String {
    let text = printable(text).replace('\n', " ");
    let room = width.saturating_sub(4);
    let length = text.chars().count();
    let text = match length {
        0 => return "─".repeat(width),
        _ if length > room => {
            let cut: String = text.chars().take(room.saturating_sub(1)).collect();
            format!(" {cut}… ")
        }
        _ => format!(" {text} "),
    };
    let left = width.saturating_sub(text.chars().count());
    format!("{}{text}{}", "─".repeat(left / 2), "─".repeat(left - left / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_room_around_it() {
        let expected = "\
╭───────────── Logged out ─────────────╮
│                                      │
│   You are logged out now.            │
│                                      │
╰──────────────────────────────────────╯
";
        assert_eq!(spacious("Logged out", "You are logged out now.", None, 40), expected);
    }

    #[test]
    fn a_failure_is_wrapped_and_cannot_paint_the_terminal() {
        let expected = "\
╭────────── Oh ──────────╮
│ one two three four     │
│ five \\u{1b}[31m        │
│                        │
│ [red]                  │
╰──────── below ─────────╯
";
        let text = "one two three four five \u{1b}[31m\n\n[red]";
        assert_eq!(tight("Oh", text, Some("below"), 26), expected);
    }

    #[test]
    fn a_title_that_is_too_long_is_cut() {
        let drawn = tight("0123456789012345678901234567890", "x", None, 20);
        assert!(drawn.starts_with("╭─ 0123456789012"), "{drawn}");
        assert!(drawn.lines().all(|line| line.chars().count() == 20), "{drawn}");
    }
}
