//! Tables without lines: columns two blanks apart, one row a line unless a terminal is too narrow.

use anstyle::{AnsiColor, Color as AnyColor, Effects, Style};
pub(crate) use comfy_table::Cell;
use comfy_table::{Attribute, Color, ColumnConstraint, ContentArrangement, Table, Width};

use super::View;
use super::text::show;

/// A cell: its text, escaped, and how it looks.
pub(crate) fn cell(text: impl AsRef<str>) -> Cell {
    Cell::new(show(text.as_ref()))
}

/// A cell in a style.
pub(crate) fn styled(style: Style, text: impl AsRef<str>) -> Cell {
    let mut cell = cell(text);
    if let Some(AnyColor::Ansi(color)) = style.get_fg_color() {
        cell = cell.fg(match color {
            AnsiColor::Red => Color::DarkRed,
            AnsiColor::Green => Color::DarkGreen,
            AnsiColor::Yellow => Color::DarkYellow,
            AnsiColor::Cyan => Color::DarkCyan,
            _ => Color::Reset,
        });
    }
    if style.get_effects().contains(Effects::BOLD) {
        cell = cell.add_attribute(Attribute::Bold);
    }
    if style.get_effects().contains(Effects::DIMMED) {
        cell = cell.add_attribute(Attribute::Dim);
    }
    cell
}

/// The table as text, each line ended. Without rows there is no header either.
pub(crate) fn render(view: &View, header: &[&str], rows: Vec<Vec<Cell>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    // Whether sequences are kept is decided where the text is written.
    table.force_no_tty().enforce_styling();
    // Blanks that fill a column stay outside of styles, so that those at a line's end can go.
    table.style_text_only();
    table.load_style(comfy_table::presets::NOTHING);
    if !header.is_empty() {
        table.set_header(header.iter().map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    }
    table.add_rows(rows);
    let widest = words(&table);
    let narrowest: usize = widest.iter().map(|widest| usize::from(*widest) + 2).sum();
    for (column, widest) in table.column_iter_mut().zip(widest) {
        column.set_padding((0, 2));
        // Lines are broken between words only: half an id cannot be copied.
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(widest.saturating_add(2))));
    }
    // Where not even the words fit, one row stays one line: a terminal breaks that where it must, and puts it
    // together again when it is copied.
    match view.width.filter(|width| usize::from(*width) >= narrowest) {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The longest word of each column.
fn words(table: &Table) -> Vec<u16> {
    let mut widest = Vec::new();
    for row in table.header().into_iter().chain(table.row_iter()) {
        for (index, cell) in row.cell_iter().enumerate() {
            let longest = cell.content().split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
            let longest = u16::try_from(longest).unwrap_or(u16::MAX);
            match widest.get_mut(index) {
                Some(known) => *known = longest.max(*known),
                None => widest.push(longest),
            }
        }
    }
    widest
}

#[cfg(test)]
mod tests {
    use super::super::style;
    use super::*;

    fn plain(view: &View, rows: Vec<Vec<Cell>>) -> String {
        anstream::adapter::strip_str(&render(view, &["NAME", "PHASE"], rows)).to_string()
    }

    #[test]
    fn columns_line_up_and_lines_have_no_tail() {
        let rows = vec![
            vec![cell("a"), styled(style::GOOD, "ready")],
            vec![cell("longer\u{1b}"), styled(style::BAD, "failed")],
        ];
        assert_eq!(
            plain(&View::fixed(), rows),
            "NAME          PHASE\na             ready\nlonger\\u{1b}  failed\n"
        );
    }

    #[test]
    fn nothing_has_no_header() {
        assert_eq!(plain(&View::fixed(), vec![]), "");
    }

    #[test]
    fn a_narrow_terminal_wraps_and_a_pipe_does_not() {
        let rows = || vec![vec![cell("a rather long text in a cell"), cell("ready")]];
        let narrow = View { width: Some(20), ..View::fixed() };
        assert!(plain(&narrow, rows()).lines().all(|line| line.chars().count() <= 20));
        assert_eq!(plain(&View::fixed(), rows()).lines().count(), 2);
    }

    #[test]
    fn a_word_is_never_broken_however_wide_the_terminal_is() {
        let (uid, id) = ("postgres.default#shop.orders", "res_01a1fbeab8837398a2d51a51bf133e98");
        let row =
            || [uid, "is being made anew since its params changed", id, "3 minutes ago"].map(cell).to_vec();
        let header = ["RESOURCE", "REASON", "ID", "UPDATED"];
        for width in 1..200 {
            let view = View { width: Some(width), ..View::fixed() };
            let text = anstream::adapter::strip_str(&render(&view, &header, vec![row(), row()])).to_string();
            assert_eq!((text.matches(uid).count(), text.matches(id).count()), (2, 2), "{width}\n{text}");
            let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(
                longest <= usize::from(width) || text.lines().count() == 3,
                "where it does not fit, a row is one line: {width}\n{text}"
            );
        }
    }

    #[test]
    fn colours_are_there_for_who_sees_them() {
        let text = render(&View::fixed(), &[], vec![vec![styled(style::GOOD, "ready")]]);
        assert!(text.contains("\u{1b}["), "{text:?}");
    }
}
