#![allow(
    clippy::all,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing
)]
//! temp
#[path = "support/proofs.rs"]
mod proofs;
mod support;
use proofs::decide;
#[test]
fn dump() {
    let (files, spec, policy) = support::load("examples/leaks");
    for name in spec.pipelines.keys() {
        println!("=================== {name}");
        if let Err(refusal) = decide(&files, &spec, &policy, name) {
            for d in &refusal.diagnostics {
                println!("{} {}", d.code, d.message);
                for m in &d.labels {
                    println!(
                        "   @{} [{}] {}",
                        files.place(m.span),
                        files.slice(m.span).replace('\n', "\\n"),
                        m.text
                    );
                }
                for n in &d.notes {
                    println!("   note {n}");
                }
                for n in &d.help {
                    println!("   help {n}");
                }
                for f in &d.fixes {
                    println!(
                        "   fix {} {:?}\n{}",
                        f.title,
                        f.span.map(|s| files.place(s)),
                        f.replacement
                    );
                }
            }
        }
    }
}
