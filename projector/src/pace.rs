//! Pace: how much is done at once. Less after it took too long, and more again while all goes well.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::ProjectError;

/// Fine enough that the largest amount can shrink to one.
const FULL: usize = 1 << 20;

/// The share that is done at once of what may be.
#[derive(Debug)]
pub(crate) struct Pace(AtomicUsize);

impl Default for Pace {
    fn default() -> Self {
        Self(AtomicUsize::new(FULL))
    }
}

impl Pace {
    /// How much to do at once, where it may be so much. Never nothing.
    pub(crate) fn share(&self, most: usize) -> usize {
        // In that order it can't overflow, and nothing is lost of the full amount.
        let share = self.0.load(Ordering::Relaxed);
        (most / FULL * share + most % FULL * share / FULL).max(1)
    }

    /// Half as much is tried after what was too much. Each that went well adds a bit, so that it takes a while until that is
    /// tried again.
    pub(crate) fn note<T>(&self, outcome: &Result<T, ProjectError>) {
        match outcome {
            Ok(_) => self.change(|share| (share + share / 8 + 1).min(FULL)),
            Err(error) => self.note_error(error),
        }
    }

    /// Takes into account that an attempt failed.
    pub(crate) fn note_error(&self, error: &ProjectError) {
        if error.is_too_much() {
            self.change(|share| (share / 2).max(1));
        }
    }

    fn change(&self, next: impl Fn(usize) -> usize) {
        // Of two who note at once one may go unheard: the next ones are heard.
        self.0.store(next(self.0.load(Ordering::Relaxed)), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Seen to fail with a share that stays as it is.
    #[test]
    fn what_is_too_much_shrinks_to_one_and_comes_back() {
        let pace = Pace::default();
        assert_eq!((pace.share(5_000), pace.share(1)), (5_000, 1));
        pace.note::<()>(&Err(ProjectError::Timeout));
        assert_eq!((pace.share(5_000), pace.share(1)), (2_500, 1));
        pace.note::<()>(&Err(ProjectError::Moved));
        assert_eq!(pace.share(5_000), 2_500, "that has nothing to do with it");
        for _ in 0..30 {
            pace.note::<()>(&Err(ProjectError::Timeout));
        }
        assert_eq!(pace.share(1_000_000), 1);
        for _ in 0..200 {
            pace.note(&Ok(()));
        }
        assert_eq!(pace.share(usize::MAX), usize::MAX);
    }
}
