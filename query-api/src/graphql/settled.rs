//! Settled: a future that isn't pending as long as something in it can go on.
//!
//! Where many futures are joined, not all of them are polled at once: it says that it is pending and has itself woken, to be fair to
//! others. Those others are the batches here, and a batch that is fair is two.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use tokio::task::unconstrained;

/// Wakes, and remembers.
struct Noticing {
    is_woken: AtomicBool,
    waker: Waker,
}

/// The same future, polled until it waits for something else.
pub(super) async fn settled<F: Future>(future: F) -> F::Output {
    // What has used up its turn would be woken again and again, and never get another one.
    let mut future = pin!(unconstrained(future));
    poll_fn(|context| {
        let noticing =
            Arc::new(Noticing { is_woken: AtomicBool::new(false), waker: context.waker().clone() });
        let waker = Waker::from(noticing.clone());
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Pending if noticing.is_woken.swap(false, Ordering::Relaxed) => {}
                polled => return polled,
            }
        }
    })
    .await
}

impl Wake for Noticing {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Relaxed);
        self.waker.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn what_only_yields_is_polled_until_it_is_done() {
        let mut left = 5;
        let yields = poll_fn(|context| {
            left -= 1;
            context.waker().wake_by_ref();
            if left == 0 { Poll::Ready("done") } else { Poll::Pending }
        });
        assert_eq!(settled(yields).now_or_never(), Some("done"));
        assert_eq!(settled(std::future::pending::<()>()).now_or_never(), None);
    }
}
