//! Being asked to end: the first signal stops cleanly, a second one ends the process at once.
//!
//! INVARIANT: a signal is answered by a thread of its own, however long the threads that work wait for a disk. One
//! that was ignored when the process began (`nohup`, a job in the background of a script) stays ignored. Ending at
//! once is safe wherever the run is: the next session settles what is left, as after a crash.

use std::thread::JoinHandle;

use sealine_engine::CancelToken;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Listens until it is dropped.
pub(crate) struct Listening(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some((enough, thread)) = self.0.take() {
            drop(enough);
            let _ = thread.join();
        }
    }
}

/// From now on the first interrupt, termination or hang-up cancels, and is answered by `told`; the second ends
/// the process with 128 and its number, as a shell reports it.
pub(crate) fn listen(cancel: CancelToken, told: impl Fn() + Send + 'static) -> Listening {
    let (enough, dropped) = oneshot::channel::<()>();
    let (ready, listens) = std::sync::mpsc::channel::<()>();
    // What cannot be listened for, for want of a thread or a descriptor, keeps its own effect.
    let listening = move || {
        let Ok(runtime) = Builder::new_current_thread().enable_io().build() else {
            return;
        };
        runtime.block_on(async {
            let heard = heard();
            drop(ready);
            tokio::select! {
                () = answer(heard, cancel, told) => {}
                _ = dropped => {}
            }
        });
    };
    let thread = std::thread::Builder::new().spawn(listening);
    // Nothing is said here: the other end is dropped, when it listens or cannot.
    let _ = listens.recv();
    Listening(thread.ok().map(|thread| (enough, thread)))
}

/// The signals that are not ignored, listened for from now on.
fn heard() -> Vec<(SignalKind, Signal)> {
    let ignored = ignored();
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    kinds
        .into_iter()
        .filter(|kind| (ignored >> (kind.as_raw_value() - 1)) & 1 == 0)
        .filter_map(|kind| Some((kind, signal(kind).ok()?)))
        .collect()
}

async fn answer(mut heard: Vec<(SignalKind, Signal)>, cancel: CancelToken, told: impl Fn()) {
    any(&mut heard).await;
    cancel.cancel();
    told();
    let second = any(&mut heard).await;
    #[allow(
        clippy::disallowed_methods,
        reason = "whoever asks twice does not want to wait for anything; the kernel takes back memory and lock"
    )]
    std::process::exit(128 + second.as_raw_value())
}

/// The next of the signals.
async fn any(heard: &mut [(SignalKind, Signal)]) -> SignalKind {
    std::future::poll_fn(|context| {
        let came = |(kind, signal): &mut (SignalKind, Signal)| {
            signal.poll_recv(context).is_ready().then_some(*kind)
        };
        match heard.iter_mut().find_map(came) {
            Some(kind) => std::task::Poll::Ready(kind),
            None => std::task::Poll::Pending,
        }
    })
    .await
}

/// The signals that are ignored, the first in the lowest bit; none where the system does not tell.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}
