//! An explanation, for people.

use std::fmt::{self, Write as _};

use super::visible::Visible;
use super::{Evidence, Explanation, Field, Quarantined, ServiceReason};

/// Parts of a service that are shown one by one; those that are bad or open come first.
const PARTS: usize = 10;
/// Claims that lost that are shown one by one.
const LOST: usize = 5;
/// Characters of a raw message that are shown.
const RAW: usize = 400;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, format_args!("{} (generation {})", self.request_id, self.generation))?;
        for sentence in &self.because {
            line(f, format_args!("  {sentence}"))?;
        }
        heading(f, "fields", self.fields.len())?;
        for field in &self.fields {
            field.show(f)?;
        }
        self.show_services(f)?;
        heading(f, "messages", self.events.len())?;
        for event in &self.events {
            line(f, format_args!("  {}", event.event))?;
            line(f, format_args!("    {}", excerpt(&event.raw)))?;
        }
        heading(f, "quarantined", self.quarantined.len())?;
        for one in &self.quarantined {
            let Quarantined { stream, offset, detail, reason, .. } = one;
            line(f, format_args!("  stream {stream} offset {offset}: {detail} ({reason})"))?;
        }
        heading(f, "THE READ MODELS SAY SOMETHING ELSE", self.mismatches.len())?;
        for mismatch in &self.mismatches {
            line(f, format_args!("  {mismatch}"))?;
        }
        Ok(())
    }
}

impl Explanation {
    fn show_services(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f, "services", self.services.len())?;
        for one in &self.services {
            let ServiceReason { service, state, seconds, because, .. } = one;
            let source = one.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
            line(f, format_args!("  {state:4} {service}{source}, {seconds:.3} s: {because}"))?;
            let mut parts: Vec<_> = one.parts.iter().collect();
            parts.sort_by_key(|part| ["bad", "open", "good"].iter().position(|state| *state == part.state));
            for part in parts.iter().take(PARTS) {
                line(f, format_args!("    {:4} {}: {}", part.state, part.part, part.because))?;
            }
            if parts.len() > PARTS {
                line(f, format_args!("    and {} more (--json shows all)", parts.len() - PARTS))?;
            }
        }
        Ok(())
    }
}

impl Field {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, format_args!("  {}: {}  [{}]", self.name, self.value, self.rule))?;
        if let Some(event) = &self.given_by {
            line(f, format_args!("    given by  {event}"))?;
        }
        for lost in self.lost.iter().rev().take(LOST) {
            line(f, format_args!("    lost      {} of {}", lost.value, lost.event))?;
        }
        if self.lost.len() > LOST {
            let more = self.lost.len() - LOST;
            line(f, format_args!("    and {more} more that lost (--json shows all)"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.part.as_ref().map(|part| format!(" of {part}")).unwrap_or_default();
        let Self { service, status, stream, offset, .. } = self;
        let date = self.date.to_rfc3339();
        write!(Visible(f), "{date}  {service} {status}{part}  (stream {stream} offset {offset})")
    }
}

impl fmt::Display for crate::Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Visible(f), "{}: {}: {}", self.table, self.key, self.what)
    }
}

fn heading(f: &mut fmt::Formatter<'_>, what: &str, count: usize) -> fmt::Result {
    if count > 0 { writeln!(f, "\n{what}") } else { Ok(()) }
}

/// A line that stays one, whatever is in it.
fn line(f: &mut fmt::Formatter<'_>, line: fmt::Arguments<'_>) -> fmt::Result {
    Visible(f).write_fmt(line)?;
    f.write_char('\n')
}

fn excerpt(raw: &str) -> String {
    let mut shown: String = raw.chars().take(RAW).collect();
    if shown.len() < raw.len() {
        shown.push('…');
    }
    shown
}
