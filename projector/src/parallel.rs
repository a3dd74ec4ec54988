//! Working in parallel: pieces of a whole, each in a task of its own, so that more than one core works at them.

use std::panic::resume_unwind;

use tokio::task::JoinSet;

use crate::ProjectError;

/// Has every item worked at, `workers` at a time, and gives what comes of it to `take`, whatever ends first.
///
/// # Errors
/// The first one. What is still under way is dropped where it stands.
pub(crate) async fn for_each<I, T, W>(
    items: impl IntoIterator<Item = I>,
    workers: usize,
    work: impl Fn(I) -> W,
    mut take: impl FnMut(T),
) -> Result<(), ProjectError>
where
    T: Send + 'static,
    W: Future<Output = Result<T, ProjectError>> + Send + 'static,
{
    let mut items = items.into_iter();
    let mut tasks = JoinSet::new();
    loop {
        while tasks.len() < workers.max(1)
            && let Some(item) = items.next()
        {
            tasks.spawn(work(item));
        }
        let Some(ended) = tasks.join_next().await else { return Ok(()) };
        // None is ever aborted, so it panicked.
        take(ended.unwrap_or_else(|error| resume_unwind(error.into_panic()))?);
    }
}
