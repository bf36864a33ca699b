//! Columns of text that line up.

use std::fmt;

/// Rows under a head. Columns of numbers stand to the right.
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: &[&str]) -> Table {
        Table { head: head.iter().map(|&name| name.to_owned()).collect(), rows: Vec::new() }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }
}

impl fmt::Display for Table {
    /// Without an end of line behind the last row.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| {
            all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let is_number = |cell: &String| cell == "–" || cell.chars().all(|c| c.is_ascii_digit());
        let columns: Vec<(usize, bool)> = (0..self.head.len())
            .map(|column| (width(column), self.rows.iter().filter_map(|row| row.get(column)).all(is_number)))
            .collect();
        for (n, row) in all().enumerate() {
            let mut line = String::new();
            for (cell, (width, is_right)) in row.iter().zip(&columns) {
                let room = " ".repeat(width - cell.chars().count());
                line += &if *is_right { format!("{room}{cell}  ") } else { format!("{cell}{room}  ") };
            }
            if n > 0 {
                f.write_str("\n")?;
            }
            f.write_str(line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["NAME", "DUE", "WHY"]);
        table.row(["naïve".to_owned(), "7".to_owned(), String::new()]);
        table.row(["a".to_owned(), "12".to_owned(), "it rained".to_owned()]);
        assert_eq!(table.to_string(), "NAME   DUE  WHY\nnaïve    7\na       12  it rained");
    }
}
