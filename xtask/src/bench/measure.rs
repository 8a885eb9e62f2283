//! Time and peak memory of a child process, from `/proc` (Linux).

#![allow(clippy::disallowed_methods, reason = "a bench measures the wall clock")]

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What one run took.
#[derive(Clone, Copy)]
pub(super) struct Measured {
    /// From start to end.
    pub(super) seconds: f64,
    /// The most memory that was resident at once; 0 where the system does not say.
    pub(super) peak_kib: u64,
}

impl Measured {
    /// The same time with the higher of two peaks.
    pub(super) fn with_peak(self, other: u64) -> Measured {
        Measured {
            peak_kib: self.peak_kib.max(other),
            ..self
        }
    }
}

/// Runs a command to its end; an exit code other than 0 is an error with what it said.
pub(super) fn run(command: &mut Command) -> Result<Measured, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let start = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|error| format!("cannot start `{name}`: {error}"))?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    let ended = loop {
        // The high-water mark only grows, so the last look before the end is the peak, but for
        // the last few milliseconds.
        if let Some(now) = fs::read_to_string(&status)
            .ok()
            .as_deref()
            .and_then(high_water)
        {
            peak_kib = peak_kib.max(now);
        }
        if let Some(ended) = child.try_wait().map_err(|error| error.to_string())? {
            break ended;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let seconds = start.elapsed().as_secs_f64();
    if ended.success() {
        return Ok(Measured { seconds, peak_kib });
    }
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    Err(format!(
        "`{name}` ended with {ended}\n{}",
        String::from_utf8_lossy(&output.stderr)
    ))
}

fn high_water(status: &str) -> Option<u64> {
    status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?
            .trim()
            .strip_suffix(" kB")?
            .trim()
            .parse()
            .ok()
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read() {
        assert_eq!(
            high_water("Name:\tx\nVmHWM:\t  1234 kB\nVmRSS:\t 1 kB\n"),
            Some(1_234)
        );
        assert_eq!(high_water("Name:\tx\n"), None);
    }
}
