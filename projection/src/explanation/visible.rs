//! Texts of others, shown on a terminal: what would act there is written out.

use std::fmt::{self, Write};

/// Passes a text on with its control characters as `\u{1b}`: those of ASCII and of Latin-1, and those that turn or break lines.
pub(super) struct Visible<'a, W>(pub(super) &'a mut W);

impl<W: Write> Write for Visible<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|one| self.write_char(one))
    }

    fn write_char(&mut self, one: char) -> fmt::Result {
        if acts(one) { write!(self.0, "{}", one.escape_default()) } else { self.0.write_char(one) }
    }
}

fn acts(one: char) -> bool {
    let turns = matches!(one, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    one.is_control() || turns || matches!(one, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_act_on_a_terminal_is_written_out_and_nothing_else_is() {
        let shown = |text: &str| {
            let mut shown = String::new();
            write!(Visible(&mut shown), "{text}").unwrap();
            shown
        };
        assert_eq!(shown("a\u{1b}[2J\r\n\u{9b}2J\u{7f}\u{202e}"), r"a\u{1b}[2J\r\n\u{9b}2J\u{7f}\u{202e}");
        let harmless = "it's \"C:\\x\", né 日本 👍🏽";
        assert_eq!(shown(harmless), harmless);
    }
}
