//! A session that other threads wait for: its connection lives on a thread of its own.
//!
//! Invariant: a session that failed once is never used again: what was committed is then not known. The server takes
//! back what was begun.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use futures::executor::block_on;
use sealine_protect::{ProtectError, VaultFault};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    time::timeout,
};
use tokio_postgres::{Client, Error};

use super::{
    connect::{Carrier, connect, settle},
    fault,
};
use crate::place::Server;

/// How long anything may take, whether the server ends it or not.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long the end of a session may take.
const FAREWELL: Duration = Duration::from_secs(2);

pub(super) struct Session {
    client: Mutex<Option<Client>>,
    /// The clock of the thread that carries the messages.
    clock: Handle,
    /// Keeps that thread, and its clock, when the server is gone: who waits by a clock that stops panics.
    kept: Option<oneshot::Sender<()>>,
    /// Closed when it ends.
    ended: Mutex<Receiver<()>>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn open(server: &Arc<Server>) -> Result<Session, ProtectError> {
        let refuse = || ProtectError::VaultServer {
            server: server.to_string(),
            fault: VaultFault::Unreachable,
            reason: "no thread can be started for it",
        };
        let (tell, told) = mpsc::sync_channel(1);
        let (alive, ended) = mpsc::sync_channel(0);
        let to = Arc::clone(server);
        thread::Builder::new()
            .name("vault".to_owned())
            .spawn(move || {
                let _alive: mpsc::SyncSender<()> = alive;
                let Ok(runtime) = Builder::new_current_thread().enable_all().build() else {
                    return;
                };
                let (kept, released) = oneshot::channel();
                runtime.block_on(async {
                    let carrier: Carrier = match connect(&to).await {
                        Ok((client, carrier)) => {
                            let _ = tell.send(Ok((client, Handle::current(), kept)));
                            carrier
                        }
                        Err(error) => {
                            let _ = tell.send(Err(error));
                            return;
                        }
                    };
                    // Ends when the client is dropped, or the server is gone, which the client notices.
                    let _ = carrier.await;
                    let _ = released.await;
                });
            })
            .map_err(|_| refuse())?;
        let (client, clock, kept) = told.recv().map_err(|_| refuse())??;
        let session = Session {
            client: Mutex::new(Some(client)),
            clock,
            kept: Some(kept),
            ended: Mutex::new(ended),
        };
        session.within("opening the session", settle)?;
        Ok(session)
    }

    /// Does `work`, or fails for good. What it begins and does not commit is taken back.
    pub(super) fn within<T>(
        &self,
        step: &'static str,
        work: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, ProtectError> {
        self.attempt(step, work)?
            .map_err(|error| ProtectError::Vault {
                step,
                reason: fault::working(&error),
            })
    }

    /// As [`Session::within`], with the server's answer as it is.
    pub(super) fn attempt<T>(
        &self,
        step: &'static str,
        work: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    ) -> Result<Result<T, Error>, ProtectError> {
        let failed = |reason| ProtectError::Vault { step, reason };
        let mut place = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out, the client is lost by any way that leaves without putting it back.
        let client = place.take().ok_or(failed(
            "the session failed before, and has to be opened anew",
        ))?;
        let _clock = self.clock.enter();
        match block_on(async { timeout(PATIENCE, work(&client)).await }) {
            Ok(Ok(done)) => {
                *place = Some(client);
                Ok(Ok(done))
            }
            Ok(Err(error)) => Ok(Err(error)),
            Err(_) => Err(failed("the server did not answer in time")),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let client = self
            .client
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        drop(client.take());
        drop(self.kept.take());
        // A server that is gone is not waited for.
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(FAREWELL);
    }
}
