//! Batches: what was read at once of the tail, for everybody.

use std::sync::OnceLock;

use super::cursor;
use crate::queries::folded::Vector;
use crate::queries::tail::News;

/// All that lies between two places of the log.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) before: Vector,
    /// By stream and offset.
    pub(super) news: Vec<News>,
    pub(super) until: Vector,
    /// The cursor after each of the news, once somebody asks for it: to all who follow it is the same.
    cursors: Vec<OnceLock<String>>,
}

impl Batch {
    pub(super) fn new(before: Vector, news: Vec<News>, until: Vector) -> Self {
        let cursors = news.iter().map(|_| OnceLock::new()).collect();
        Self { before, news, until, cursors }
    }

    /// Nothing, after which it goes on elsewhere.
    pub(super) fn jump(to: Vector) -> Self {
        Self::new(to.clone(), Vec::new(), to)
    }

    /// The cursor after one of the news, for whoever was at `place` before the batch.
    pub(super) fn cursor(&self, index: usize, place: &Vector) -> String {
        if *place == self.before {
            return self.cursors[index].get_or_init(|| cursor::write(&self.after(index))).clone();
        }
        let mut after = self.after(index);
        after.advance(place);
        cursor::write(&after)
    }

    /// The place right after one of the news: streams before its own are done with, those after it have yet to come.
    fn after(&self, index: usize) -> Vector {
        let position = self.news[index].status.position;
        let mut place = self.before.clone();
        for (stream, offset) in self.until.offsets.range(..position.stream) {
            place.offsets.insert(*stream, *offset);
        }
        place.offsets.insert(position.stream, position.offset + 1);
        place
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let news = |News { status, payload, .. }: &News| {
            let of_status = [&status.source, &status.status_msg, &status.part];
            let claimed = [&status.account, &status.org_id, &status.inventory_id, &status.system_id];
            // A payload may be several statuses', and counts with each.
            let of_payload = [&payload.account, &payload.org_id, &payload.inventory_id, &payload.system_id];
            let texts = of_status.into_iter().chain(claimed).chain(of_payload).flatten().map(String::len);
            1_024 + status.service.len() + status.status.len() + texts.sum::<usize>()
        };
        self.news.iter().map(news).sum::<usize>() + 64 * self.until.offsets.len() + 256
    }
}
