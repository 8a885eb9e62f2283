//! Every code of this crate with its explanation.
//!
//! Invariant: a code that a diagnostic or a violation can carry stands here, once.

/// Every code of this crate with its explanation in Markdown: what happened, why, what to do.
#[rustfmt::skip]
pub const CODES: &[(&str, &str)] = &[
    ("SL2001", "**This SQL cannot be read.** The parser stopped at the place shown. Sealine reads the SQL of Apache DataFusion.\n\nCorrect the text at that place.\n\n```sql\nSELECT id, country FROM people WHERE country = 'DE'\n```"),
    ("SL2002", "**A step is exactly one query.** A step computes rows and does nothing else, so that the proof covers all of it. `INSERT`, `CREATE`, `COPY`, `SET`, `EXPLAIN` and several statements in one step are refused.\n\nWrite one `SELECT` a step; earlier steps can be read by their names.\n\n```yaml\nsteps:\n  safe: { sql: \"SELECT id FROM people\" }\n```"),
    ("SL2003", "**This SQL is too long or too deep.** A step has at most 64 KiB of SQL, 1,000 operators and 64 levels of nesting. Bounds keep planning from being used to exhaust the machine.\n\nSplit the query into several steps."),
    ("SL2004", "**An unknown table.** A step sees the inputs by their aliases, the earlier steps by their names, and inputs by their dotted ids. There is no information schema.\n\nCorrect the name, or add the dataset to `inputs:`.\n\n```yaml\ninputs: { people: crm.people }\n```"),
    ("SL2005", "**An unknown or ambiguous column.** No column, or more than one, has that name there. Names are lower-cased unless quoted.\n\nCorrect the name, or say of which table it is.\n\n```sql\nSELECT p.id FROM people p JOIN visits v ON v.person_id = p.id\n```"),
    ("SL2006", "**An unknown function.** The function does not exist, or is not for pipelines: volatile functions (`random`), hidden inputs (`input_file_name`) and functions without a declared effect are left out.\n\nUse a function of the reference."),
    ("SL2007", "**A function without a rule.** The engine knows this function, and the proof has no declared effect for it.\n\nUse a function of the reference."),
    ("SL2008", "**A construct without a rule.** The proof has no rule for this construct, and what it does not know it refuses.\n\nWrite the query without it."),
    ("SL2009", "**This query cannot be planned.** Types or names do not fit together at the place shown.\n\nCorrect the query; a cast may be missing.\n\n```sql\nSELECT CAST(id AS VARCHAR) || country AS k FROM people\n```"),
    ("SL2010", "**A protection is not written as declared.** Parameters of protections are literals within their bounds, so that the proof knows them. A key has to be declared in `sealine.yaml` with the purpose that the protection needs.\n\nCorrect the call.\n\n```sql\nSELECT tokenize(email, 'crm') AS email, mask(card, 6, 4) AS card FROM people\n```"),
    ("SL2011", "**Two columns of one name.** The columns of a step have different names, so that later steps and outputs can name them.\n\nGive one of them another name with `AS`.\n\n```sql\nSELECT p.id, v.id AS visit FROM people p JOIN visits v ON v.person_id = p.id\n```"),
    ("SL2012", "**Nothing is known about the columns of a dataset.** The dataset declares no columns, and no run has written it yet.\n\nRun the pipeline that writes it, or declare `columns:`."),
    ("SL2013", "**An unknown name in the request.** There is no pipeline, step, dataset or column of that name.\n\nCorrect the name."),
    ("SL2015", "**A view is made from itself.** The queries of owners' views lead back to the view.\n\nBreak the circle."),
    ("SL2016", "**The labels of a recursive query did not settle.** Each round of a recursive query may carry more than the one before. The proof follows 64 rounds.\n\nWrite the query with fewer columns that feed each other."),
    ("SL2019", "**A column that cannot be opened.** `reveal` opens columns that are the result of one protection which can be undone, by the call that the run recorded which wrote them. A mask, a bucket or a token is not undone by anything.\n\nSee `sealine protections` for what opens, and read the original where it may be read."),
    ("SL2020", "**A waiver names a column that is not written.** `waivers:` of `sealine.yaml` says where the detectors may find what they take for classified data: by dataset and by the name that the column has there. One that names no column would be believed to hold."),
    ("SL2018", "**An output does not fit its destination.** The destination declares its columns; the step has others, or of other types. Or it is partitioned by a column that the step does not have, or that is no string, integer, boolean or date, or by every column, so that none is left for the files.\n\nName and cast the columns in the step as the catalogue declares them."),
    ("SL2099", "**The proof broke off.** A defect of Sealine. Nothing was permitted, and nothing ran.\n\nReport the query."),
    ("SL3001", "**A value above the clearance.** The column shows values, or something computed from them, of a level above the clearance of the destination. `max(ssn)` is an ssn; an unkeyed hash, a part, a `CASE` on a value all tell it.\n\nProtect the column, or write to a destination cleared for it.\n\n```sql\nSELECT id, tokenize(email, 'crm') AS email FROM people\n```"),
    ("SL3002", "**Rows that tell a value.** Which rows there are was decided by something above the clearance: a filter, a join condition, a limit. Whoever counts the rows learns it.\n\nAsk the owner for a view that makes the selection, or for a select grant on the column.\n\n```yaml\nnationality: { select: { to: internal, domain: [DE, FR], max_cells: 3 } }\n```"),
    ("SL3003", "**Nulls that tell a value.** A protection covers values; nulls stay nulls. Where a null was decided by a secret, or the column's tag is `special`, the null is one.\n\nUse `redact` or `nullify`, which hide nulls too.\n\n```sql\nSELECT id, redact(diag) AS diag FROM people\n```"),
    ("SL3004", "**Lengths that tell a value.** Encryption keeps the length. Where the length was decided by a secret, it is one.\n\nEncrypt the column itself, or a value of fixed width.\n\n```sql\nSELECT id, encrypt(name, 'lake') AS name FROM people\n```"),
    ("SL3005", "**A protection of something computed.** Masks, buckets and tokens count on a catalogued column as it is, behind `trim`, `lower` or `digits` at most. A mask of a shifted text is not a mask.\n\nProtect the column itself, or `encrypt` the result.\n\n```sql\nSELECT id, mask(card, 6, 4) AS card FROM people\n```"),
    ("SL3006", "**Tokens that can be counted.** Tokens are the same for the same value. Of a column with few values, or a few frequent ones, counting the tokens tells them.\n\nUse `encrypt`, or say `domain_size:` if the column can take more than 1,048,576 values.\n\n```yaml\ncustomer_no: { type: string, level: restricted, domain_size: 10000000 }\n```"),
    ("SL3007", "**An oracle.** A keyed, deterministic protection of something that the author of the pipeline can choose answers guesses: tokenize the guess and compare.\n\nTokenize catalogued columns as they are; compare tokens with tokens.\n\n```sql\nSELECT id, tokenize(email, 'crm') AS email FROM people\n```"),
    ("SL3008", "**A value beside its token.** A clear value and its token in one dataset are a dictionary of the key. So is a rank by the value; and tokens of a column that can be read give away the equal values of one that cannot.\n\nLeave one of them out, encrypt it, or use another key or domain."),
    ("SL3009", "**Rows by their place.** `LIMIT`, `first_value`, `nth_value` and `DISTINCT ON` take rows by their order. Where two rows may be tied, Sealine tells them apart by a key or by their values; where it cannot (a window, a list, the order of a subquery), where rows happen to lie would decide, and that depends on data.\n\nOrder by columns that name a row, such as the primary key.\n\n```sql\nSELECT id, country FROM people ORDER BY country, id LIMIT 100\n```"),
    ("SL3010", "**A failure that tells.** The expression can fail on a value above the clearance of whoever sees the run; that the run failed would tell. Casts and divisions give null instead, unless the step says `on_error: fail`.\n\nUse an expression that cannot fail, or leave `on_error:` out."),
    ("SL3011", "**A sum that is no better than its values.** A sum, average, variance or deviation counts as aggregated if the step sets `min_group:`, the argument is a column as it is, without `DISTINCT`, `FILTER` or `ORDER BY`, the dataset's `subject:` column is among the rows, each row stands once, and there are no grouping sets.\n\nSet `min_group:` and write the aggregate in that form.\n\n```yaml\npay: { min_group: 5, sql: \"SELECT country, avg(salary) AS pay FROM people GROUP BY country\" }\n```"),
    ("SL3012", "**Protections that give more together.** Two masks of one card may be one card; two populations that differ by a person tell about that person.\n\nShow the column in one form, or over one population."),
    ("SL3013", "**More cells than granted.** A select grant lets filters tell so many groups of a column apart. These tell more, or their destination is below the level of the grant.\n\nFilter by fewer values, or ask the owner for a wider grant."),
    ("SL3470", "**A dictionary over two pipelines.** One pipeline writes values, another their tokens under a key, and the same people read both datasets: together they undo the key's tokens wherever these stand. The same holds for stand-ins of two columns that are alike for like values (tokens of one key and domain, dates that move by one distance) where one of the columns can be read.\n\nLeave one of the columns out, use another key, or write the values to a dataset of a higher clearance than the tokens."),
    ("SL3471", "**Another pipeline cannot be proved.** What pipelines show together is judged over all that read the same data. One of them is broken, so that what it shows is not known, and what is not known is refused. (A pipeline that reads a dataset which nothing has written yet cannot have run, and is left out.)\n\nCorrect the place shown, or take the file out of `pipelines/`."),
    ("SL3472", "**A key that is known from the other side.** Two datasets are joined by keys of different levels: whoever reads the joined rows, and is cleared for the lower key only, learns the higher one from it.\n\nJoin by another key, or write to a destination that is cleared for the higher one.\n\n```sql\nSELECT p.id, m.plan FROM people p JOIN members m ON m.id = p.id\n```"),
];

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    /// Every file of the crate, so that a new code cannot be forgotten.
    const SOURCES: &[&str] = &[
        include_str!("assemble.rs"),
        include_str!("bind/catalog.rs"),
        include_str!("bind/complete.rs"),
        include_str!("bind/parse.rs"),
        include_str!("bind/step.rs"),
        include_str!("check/judge.rs"),
        include_str!("check/dictionary.rs"),
        include_str!("check/ledger.rs"),
        include_str!("error.rs"),
        include_str!("expr/evaluate.rs"),
        include_str!("expr/function.rs"),
        include_str!("expr/protect.rs"),
        include_str!("flow/aggregate.rs"),
        include_str!("flow/group.rs"),
        include_str!("flow/node.rs"),
        include_str!("flow/order.rs"),
        include_str!("flow/prover.rs"),
        include_str!("flow/recursive.rs"),
        include_str!("flow/window.rs"),
        include_str!("job.rs"),
        include_str!("live.rs"),
        include_str!("prove.rs"),
        include_str!("reveal.rs"),
        include_str!("waive.rs"),
    ];

    #[test]
    fn every_code_is_explained_and_used() {
        let mut used: Vec<&str> = SOURCES
            .iter()
            .flat_map(|text| text.split('"'))
            .filter(|part| {
                part.len() == 6
                    && part.starts_with("SL")
                    && part[2..].bytes().all(|b| b.is_ascii_digit())
            })
            .collect();
        used.sort_unstable();
        used.dedup();
        let mut known: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        known.sort_unstable();
        assert_eq!(used, known);
    }
}
