//! Setbacks: errors of partitions, after each of which reading begins anew.

use std::time::{Duration, Instant};

/// One that heals doesn't come so often,
const MANY: u32 = 10;
/// nor again within this time.
const WINDOW: Duration = Duration::from_secs(60);

/// Whether what reading was begun anew for goes on.
#[derive(Debug, Default)]
pub(super) struct Setbacks {
    count: u32,
    last: Option<(Instant, String)>,
}

impl Setbacks {
    pub(super) fn note(&mut self, error: String) {
        let goes_on = self.last.as_ref().is_some_and(|(at, _)| at.elapsed() < WINDOW);
        self.count = if goes_on { self.count + 1 } else { 1 };
        self.last = Some((Instant::now(), error));
    }

    /// What doesn't heal by itself, and what to do about it.
    pub(super) fn lasting(&self) -> Option<String> {
        let (at, error) = self.last.as_ref()?;
        (self.count >= MANY && at.elapsed() < WINDOW).then(|| {
            format!(
                "a partition can't be read on: {error}. If it stays so, a batch of it is damaged or unpacks to more than the \
                 client takes: delete its records up to and with that (kafka-delete-records), and they become a recorded gap"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_again_and_again_lasts() {
        let mut setbacks = Setbacks::default();
        for _ in 1..MANY {
            setbacks.note("bad message".to_owned());
            assert_eq!(setbacks.lasting(), None);
        }
        setbacks.note("bad message".to_owned());
        assert!(setbacks.lasting().unwrap().contains("bad message"));
    }
}
