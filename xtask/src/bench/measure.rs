//! Time, processor time and peak memory of a child process, from `/proc` (Linux).

#![allow(clippy::disallowed_methods, reason = "a bench measures the wall clock")]

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// `USER_HZ`, in which Linux tells processor time on every machine there is.
const TICKS_A_SECOND: f64 = 100.0;

/// What one run took.
#[derive(Clone, Copy)]
pub(super) struct Measured {
    /// From start to end.
    pub(super) seconds: f64,
    /// Spent by its threads, in user and kernel: what company on the machine disturbs least. To
    /// the hundredth; 0 where the system does not say.
    pub(super) processor: f64,
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
    let stat = format!("/proc/{}/stat", child.id());
    let (mut peak_kib, mut processor) = (0, 0.0);
    let ended = loop {
        // Both only grow, so the last look before the end is the figure, but for the last few
        // milliseconds.
        if let Some(now) = fs::read_to_string(&status)
            .ok()
            .as_deref()
            .and_then(high_water)
        {
            peak_kib = peak_kib.max(now);
        }
        if let Some(now) = fs::read_to_string(&stat).ok().as_deref().and_then(ticks) {
            processor = f64::max(processor, now / TICKS_A_SECOND);
        }
        if let Some(ended) = child.try_wait().map_err(|error| error.to_string())? {
            break ended;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let seconds = start.elapsed().as_secs_f64();
    if ended.success() {
        return Ok(Measured {
            seconds,
            processor,
            peak_kib,
        });
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

/// Of `/proc/PID/stat` (proc(5)): `utime` and `stime`, the 12th and 13th field behind the name,
/// which is in parentheses and may hold anything.
fn ticks(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<f64>);
    Some(times.next()?.ok()? + times.next()?.ok()?)
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

    #[test]
    fn processor_time_stands_behind_a_name_that_may_hold_anything() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 120 34 0 0 20 0 4 0 99";
        assert_eq!(ticks(stat), Some(154.0));
        assert_eq!(ticks("7 (a"), None);
    }
}
