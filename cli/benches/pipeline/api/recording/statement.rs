//! A statement with its values, read from PostgreSQL's log.

/// The first of a snapshot.
const SNAPSHOT: &str = "-- snapshot::begin";

/// A statement.
pub(super) struct Statement {
    text: String,
    /// `None` is null.
    values: Vec<Option<String>>,
}

/// What one backend wrote at once.
struct Entry {
    backend: String,
    level: String,
    text: String,
}

impl Statement {
    /// The statements of the last snapshot in the log that was asked anything, from its opening on. (The API opens one when it
    /// starts, and asks it nothing.)
    pub(super) fn all_of(log: &str) -> Vec<Self> {
        let entries = entries(log);
        let openings = entries.iter().enumerate().filter(|(_, entry)| entry.text.contains(SNAPSHOT));
        let all = openings.map(|(at, opening)| Self::of_backend(&entries[at..], &opening.backend));
        all.rev().find(|statements| statements.len() > 1).unwrap_or_default()
    }

    fn of_backend(entries: &[Entry], backend: &str) -> Vec<Self> {
        let mut statements: Vec<Self> = Vec::new();
        for entry in entries.iter().filter(|entry| entry.backend == backend) {
            match (&*entry.level, entry.text.strip_prefix("execute ").and_then(|text| text.split_once(": ")))
            {
                // More rows of the same.
                ("LOG", Some((name, _))) if name.starts_with("fetch from ") => {}
                ("LOG", Some((_, text))) => {
                    statements.push(Self { text: text.to_owned(), values: Vec::new() });
                }
                ("DETAIL", _) => {
                    if let (Some(statement), Some(values)) =
                        (statements.last_mut(), entry.text.strip_prefix("parameters: "))
                    {
                        statement.values = read_values(values);
                    }
                }
                _ => {}
            }
        }
        statements
    }

    pub(super) fn opens_a_snapshot(&self) -> bool {
        self.text.contains(SNAPSHOT)
    }

    /// The text, with something else in the place of each value that isn't null, and without comments.
    pub(super) fn with_places(&self, mut instead: impl FnMut(usize, &str) -> String) -> String {
        let lines: Vec<&str> =
            self.text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        let mut text = lines.join("\n").trim().to_owned();
        let places: Vec<String> = self
            .values
            .iter()
            .enumerate()
            .map(|(at, value)| value.as_ref().map_or("null".to_owned(), |value| instead(at + 1, value)))
            .collect();
        // From the last on, or $1 would be found in $12.
        for (at, place) in places.iter().enumerate().rev() {
            text = text.replace(&format!("${}", at + 1), place);
        }
        text
    }
}

/// Lines that begin with a tab go on.
fn entries(log: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in log.lines() {
        if let (Some(more), Some(entry)) = (line.strip_prefix('\t'), entries.last_mut()) {
            entry.text.push('\n');
            entry.text.push_str(more);
        } else if let Some(entry) = entry(line) {
            entries.push(entry);
        }
    }
    entries
}

/// `<time> [<backend>] <level>:  <text>`
fn entry(line: &str) -> Option<Entry> {
    let (before, after) = line.split_once("] ")?;
    let (level, text) = after.split_once(":  ")?;
    let backend = before.rsplit_once('[')?.1.to_owned();
    Some(Entry { backend, level: level.to_owned(), text: text.to_owned() })
}

/// `$1 = 'it''s', $2 = NULL`
fn read_values(text: &str) -> Vec<Option<String>> {
    let (mut values, mut rest) = (Vec::new(), text);
    while let Some((_, after)) = rest.split_once(" = ") {
        let Some(quoted) = after.strip_prefix('\'') else {
            values.push(None);
            rest = after;
            continue;
        };
        let (mut value, mut end, mut characters) =
            (String::new(), quoted.len(), quoted.char_indices().peekable());
        while let Some((at, character)) = characters.next() {
            if character != '\'' {
                value.push(character);
            } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
                value.push('\'');
            } else {
                end = at + 1;
                break;
            }
        }
        values.push(Some(value));
        rest = quoted.get(end..).unwrap_or_default();
    }
    values
}
