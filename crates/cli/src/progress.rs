//! What is seen of a run while it goes on: a bar with rows, bytes, rate and time left on a
//! terminal, plain lines elsewhere, nothing where a program reads.

use crate::screen::{Paint, Screen};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sealine_engine::{Progress, Reading, Update};
use std::sync::{Mutex, OnceLock};

/// Hears a run and shows it.
pub(crate) struct Shown {
    screen: Screen,
    /// Made when reading begins, so that an empty one is never drawn.
    bar: OnceLock<ProgressBar>,
    /// The last quarter that was told of each input, where there is no bar.
    told: Mutex<Vec<(String, u64)>>,
}

impl Shown {
    /// For this screen.
    pub(crate) fn new(screen: &Screen) -> Shown {
        Shown {
            screen: *screen,
            bar: OnceLock::new(),
            told: Mutex::new(Vec::new()),
        }
    }

    /// Takes the bar away, so that what follows stands alone.
    pub(crate) fn end(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }

    /// Says that a signal was heard.
    pub(crate) fn stopping(&self) {
        self.line(
            "stopping: nothing is published, unless that has begun; a second signal ends at once",
        );
    }

    /// So many of so many pairs of twins are compared.
    pub(crate) fn twins(&self, done: u64, total: u64) {
        if self.screen.can_animate() {
            let bar = self.bar.get_or_init(|| {
                let bar =
                    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
                let template = "  pairs [{bar:32.cyan/dim}] {pos}/{len}, {eta} left";
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style.progress_chars("━━╌"));
                }
                bar
            });
            bar.set_length(total);
            bar.set_position(done);
        } else if total > 0 && done * 4 / total > done.saturating_sub(1) * 4 / total {
            self.line(&self.dim(&format!("{done} of {total} pairs")));
        }
    }

    fn line(&self, text: &str) {
        if self.screen.is_json() {
            return;
        }
        match self.bar.get() {
            Some(bar) => bar.suspend(|| self.screen.error(text)),
            None => self.screen.error(text),
        }
    }

    fn dim(&self, text: &str) -> String {
        Paint::Dim.on(self.screen.error_color(), text)
    }

    fn reading(&self, reading: &Reading) {
        if self.screen.can_animate() {
            let bar = self.bar.get_or_init(bar);
            match reading.total {
                Some(total) => bar.set_length(total),
                None => bar.unset_length(),
            }
            bar.set_prefix(reading.dataset.clone());
            bar.set_message(rate(reading));
            bar.set_position(reading.bytes);
            return;
        }
        // One line a quarter is enough for a log file.
        let Some(total) = reading.total.filter(|total| *total > 0) else {
            return;
        };
        let quarter = reading.bytes.saturating_mul(4) / total;
        let Ok(mut told) = self.told.lock() else {
            return;
        };
        let fresh = match told
            .iter_mut()
            .find(|(dataset, _)| *dataset == reading.dataset)
        {
            Some((_, last)) if *last >= quarter => false,
            Some((_, last)) => {
                *last = quarter;
                true
            }
            None => {
                told.push((reading.dataset.clone(), quarter));
                false
            }
        };
        drop(told);
        if fresh && quarter < 4 {
            self.line(&self.dim(&format!(
                "reading {}: {} %, {}",
                reading.dataset,
                quarter * 25,
                rate(reading)
            )));
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    let template = "  {prefix} [{bar:32.cyan/dim}] {bytes}/{total_bytes} {msg}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━━╌"));
    }
    bar
}

fn rate(reading: &Reading) -> String {
    let seconds = reading.elapsed.as_secs_f64();
    let rows = crate::show::count(reading.rows, "row");
    if seconds < 0.05 {
        return rows;
    }
    // Rates are estimates: cutting them to whole numbers is what is wanted.
    let each = |number: u64| (number as f64 / seconds) as u64;
    format!(
        "{rows}, {} rows/s, {}/s",
        HumanCount(each(reading.rows)),
        HumanBytes(each(reading.bytes))
    )
}

impl Progress for Shown {
    fn update(&self, update: Update) {
        match update {
            Update::KeysMade { names } => {
                self.line(&format!(
                    "made the keys that sealine.yaml declares: {} {}",
                    names.join(", "),
                    self.dim("(in the state directory, for its owner only; back them up)")
                ));
            }
            Update::KeysDestroyed { versions } => {
                for (name, version) in versions {
                    self.line(&format!(
                        "destroyed version {version} of the key {name}: its time had come, or a backup had brought it back"
                    ));
                }
            }
            Update::KeyNearLimit { name, uses, limit } => {
                self.line(&format!(
                    "{} the key {name} has {uses} of {limit} uses; rotate it soon: sealine keys rotate {name}",
                    Paint::Warn.on(self.screen.error_color(), "warning:")
                ));
            }
            Update::Recovered {
                run,
                finished: true,
            } => {
                self.line(&format!(
                    "finished run {run}, which had been interrupted while it was published"
                ));
            }
            Update::Recovered {
                run,
                finished: false,
            } => {
                self.line(&format!(
                    "rolled back run {run}, which had been interrupted before it was published"
                ));
            }
            Update::Warning { dataset, text } => {
                self.line(&format!(
                    "{} {dataset}: {text}",
                    Paint::Warn.on(self.screen.error_color(), "warning:")
                ));
            }
            Update::Reading(reading) => self.reading(&reading),
            Update::Read(reading) => {
                if let Some(bar) = self.bar.get() {
                    bar.set_position(reading.bytes);
                }
                self.line(&self.dim(&format!("read {}: {}", reading.dataset, rate(&reading))));
            }
            Update::Staged {
                dataset,
                rows,
                bytes,
            } => {
                let text = format!(
                    "staged {dataset}: {}, {}",
                    crate::show::count(rows, "row"),
                    HumanBytes(bytes)
                );
                self.line(&self.dim(&text));
            }
            Update::Verified { files: 0 } => {}
            Update::Verified { files } => {
                let files = if files == 1 {
                    "1 file does".to_owned()
                } else {
                    format!("{files} files do")
                };
                self.line(&self.dim(&format!("verified: {files} not open without the key")));
            }
            // The rest is told when the run is done, in its place.
            _ => {}
        }
    }
}
