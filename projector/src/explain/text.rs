//! An explanation, for people.

use std::fmt;

use super::{Evidence, Explanation, Field};

/// Parts of a service that are shown one by one; those that are bad or open come first.
const PARTS: usize = 10;
/// Claims that lost that are shown one by one.
const LOST: usize = 5;
/// Characters of a raw message that are shown.
const RAW: usize = 400;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (generation {})", self.request_id, self.generation)?;
        for sentence in &self.because {
            writeln!(f, "  {sentence}")?;
        }
        heading(f, "fields", self.fields.len())?;
        for field in &self.fields {
            write!(f, "{field}")?;
        }
        self.show_services(f)?;
        heading(f, "messages", self.events.len())?;
        for event in &self.events {
            writeln!(f, "  {event}\n    {}", excerpt(&event.raw))?;
        }
        heading(f, "quarantined", self.quarantined.len())?;
        for one in &self.quarantined {
            writeln!(f, "  stream {} offset {}: {} ({})", one.stream, one.offset, one.detail, one.reason)?;
        }
        heading(f, "THE READ MODELS SAY SOMETHING ELSE", self.mismatches.len())?;
        for mismatch in &self.mismatches {
            writeln!(f, "  {mismatch}")?;
        }
        Ok(())
    }
}

impl Explanation {
    fn show_services(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f, "services", self.services.len())?;
        for service in &self.services {
            let source = service.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
            writeln!(
                f,
                "  {:4} {}{source}, {:.3} s: {}",
                service.state, service.service, service.seconds, service.because
            )?;
            let mut parts: Vec<_> = service.parts.iter().collect();
            parts.sort_by_key(|part| ["bad", "open", "good"].iter().position(|state| *state == part.state));
            for part in parts.iter().take(PARTS) {
                writeln!(f, "    {:4} {}: {}", part.state, part.part, part.because)?;
            }
            if parts.len() > PARTS {
                writeln!(f, "    and {} more (--json shows all)", parts.len() - PARTS)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}: {}  [{}]", self.name, self.value, self.rule)?;
        if let Some(event) = &self.given_by {
            writeln!(f, "    given by  {event}")?;
        }
        for lost in self.lost.iter().rev().take(LOST) {
            writeln!(f, "    lost      {} of {}", lost.value, lost.event)?;
        }
        if self.lost.len() > LOST {
            writeln!(f, "    and {} more that lost (--json shows all)", self.lost.len() - LOST)?;
        }
        Ok(())
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {} {}", self.date.to_rfc3339(), self.service, self.status)?;
        if let Some(part) = &self.part {
            write!(f, " of {part}")?;
        }
        write!(f, "  (stream {} offset {})", self.stream, self.offset)
    }
}

impl fmt::Display for crate::Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.table, self.key, self.what)
    }
}

fn heading(f: &mut fmt::Formatter<'_>, what: &str, count: usize) -> fmt::Result {
    if count > 0 { writeln!(f, "\n{what}") } else { Ok(()) }
}

fn excerpt(raw: &str) -> String {
    let mut shown: String = raw.chars().take(RAW).collect();
    if shown.len() < raw.len() {
        shown.push('…');
    }
    shown
}
