//! A token by which a caller stops a run cleanly (SIGINT): nothing is published, what was staged is removed.
//!
//! INVARIANT: once publishing has begun a cancellation is ignored: the run is finished instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Cheap to clone; all clones are one token.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    cancelled: AtomicBool,
    wake: Notify,
}

impl CancelToken {
    /// A token that nobody has cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the run to stop at the next batch.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.0.wake.notify_waiters();
    }

    /// Whether `cancel` was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Resolves once the token is cancelled.
    pub async fn cancelled(&self) {
        loop {
            // The waiter is registered before the flag is read: a `cancel` in between is not missed.
            let mut wait = std::pin::pin!(self.0.wake.notified());
            wait.as_mut().enable();
            if self.is_cancelled() {
                return;
            }
            wait.await;
        }
    }
}
