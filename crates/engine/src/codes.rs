//! What `sealine explain` says about the codes of the engine.

/// Code and explanation in Markdown: what happened, why, what to do, an example.
pub const CODES: &[(&str, &str)] = &[
    (
        "SL5001",
        "# Not a Sealine project\n\nThe directory has no `sealine.yaml`.\n\n**What to do:** change into the project, name it with `-C DIR`, or start one with `sealine init`.\n\n```\nsealine -C examples/customers check\n```\n",
    ),
    (
        "SL5002",
        "# A project file cannot be taken in\n\nProject files are regular files of UTF-8 text of at most 1 MiB, with names of letters, digits, `.`, `_` and `-`. Links are not followed, so that what was reviewed is what is read.\n\n**What to do:** replace a link by a copy, save the file as UTF-8, split a large file, rename `.yml` to `.yaml`.\n\n```\niconv -f latin1 -t utf-8 catalog/crm.yaml > fixed.yaml\n```\n",
    ),
    (
        "SL5003",
        "# The project is too large\n\nA project has at most 2,000 files and 32 MiB of text, in folders at most 8 deep.\n\n**What to do:** split the project, or move files that are not part of it out of `catalog/`, `policy/` and `pipelines/`.\n\n```\nfind catalog policy pipelines -type f | wc -l\n```\n",
    ),
    (
        "SL5004",
        "# A connection's root cannot be used\n\nThe folder that a `local` connection names does not exist, is not a folder or cannot be opened.\n\n**What to do:** create it, or correct `root:` in `sealine.yaml`.\n\n```yaml\nconnections: { files: { kind: local, root: data/ } }\n```\n",
    ),
    (
        "SL5005",
        "# A dataset's location cannot be used\n\nA dataset lies inside the root of its connection: its path has no `..`, no leading `/` and no link that leads out, and it does not reach into the state directory.\n\n**What to do:** correct `at.path` in the catalog, or add a connection for the other place.\n\n```yaml\nat: { connection: files, path: customers.csv, format: csv }\n```\n",
    ),
    (
        "SL5010",
        "# Another run holds the state directory\n\nTwo runs on one state directory exclude each other, so that log, journals and outputs have one writer.\n\n**What to do:** wait for the named process to end. A process that died holds no lock: nothing has to be removed by hand.\n\n```\nps -p PID\n```\n",
    ),
    (
        "SL5011",
        "# A state file cannot be used\n\nThe system refused to read or write a file under `.sealine/`: disk full, no permission, or a damaged file system. A write that could not be made durable is never taken for one that was.\n\n**What to do:** make room or restore the permission, then run again: what was interrupted is finished or rolled back.\n\n```\ndf -h . && ls -ld .sealine\n```\n",
    ),
    (
        "SL5012",
        "# The state directory is not safe\n\n`.sealine/` holds keys and evidence. It must be a directory of its own (no link), owned by the user who runs Sealine, and closed to everybody else.\n\n**What to do:**\n\n```\nchmod 700 .sealine\n```\n",
    ),
    (
        "SL5013",
        "# The recorded labels cannot be read\n\n`labels.json` records what earlier runs wrote into datasets that declare no columns. Without it the proof would forget what they hold, so nothing runs.\n\n**What to do:** restore the file from a backup. If there is none, declare the columns of those datasets in the catalog and remove the file.\n\n```\nls -l .sealine/labels.json\n```\n",
    ),
    (
        "SL5014",
        "# A declared key is missing\n\n`sealine run` makes the declared keys once, while no state exists. A key that is missing later was declared since, or was lost.\n\n**What to do:** a new key is made by hand, so that nobody replaces a lost one without noticing: values sealed under a lost key do not open.\n\n```\nsealine keys new crm\n```\n",
    ),
    (
        "SL5015",
        "# A key has another purpose\n\nOne key, one purpose: a key made for tokens is never used for files.\n\n**What to do:** declare a key under another name for the new purpose.\n\n```yaml\nkeys: { crm: { purpose: token }, lake: { purpose: file } }\n```\n",
    ),
    (
        "SL5016",
        "# There are no keys yet\n\nReading and previewing use the project's keys and write to its log; neither exists before the first run.\n\n**What to do:**\n\n```\nsealine run\n```\n",
    ),
    (
        "SL5017",
        "# A part of the state is gone\n\nKeystore and audit log are made together by the first run. One of them is missing: a new keystore could not open what was written, a new log would hide what was done, so neither is made silently.\n\n**What to do:** restore `.sealine/` from a backup. To begin anew on purpose, move it away as a whole: what its keys sealed stays closed.\n\n```\nls -la .sealine\n```\n",
    ),
    (
        "SL5018",
        "# This plan cannot be used so\n\nA plan that writes datasets is run, a plan for the terminal is shown; one does not pass for the other.\n\n**What to do:** use `run` for pipelines, `read` and `preview` for the terminal.\n\n```\nsealine preview customers-daily --limit 10\n```\n",
    ),
    (
        "SL5019",
        "# A key that is not declared\n\nA key is made for one purpose, and `sealine.yaml` says which.\n\n**What to do:** declare it, then make it.\n\n```yaml\nkeys: { crm: { purpose: token } }\n```\n",
    ),
    (
        "SL5020",
        "# An input changed while it was read\n\nSize, time of change or identity of a file differ between the first and the last byte read. What was read may be half old and half new, so nothing is published.\n\n**What to do:** write inputs aside and rename them into place; run again.\n\n```\nmv customers.csv.part customers.csv\n```\n",
    ),
    (
        "SL5021",
        "# An input cannot be read\n\nThe file or folder of a dataset does not exist, is not a regular file, or cannot be opened.\n\n**What to do:** check `at:` in the catalog and that the file is there. An output of another pipeline exists after its first run. A generation that Sealine wrote has at least one file, so a folder without any has lost them: run its pipeline again, or ask `sealine audit verify` what was published.\n\n```\nls -l data/customers.csv\n```\n",
    ),
    (
        "SL5022",
        "# Too many rows broke a rule\n\nThe dataset's `max_rejects:` was exceeded. The run stopped before its commit: destinations are as before. The rejected rows are kept, sealed, in the quarantine; the log has the counts only.\n\n**What to do:** look at the rules named in the summary, read the quarantine, correct the source or the contract.\n\n```\nsealine read quarantine.customers --limit 20\n```\n",
    ),
    (
        "SL5023",
        "# Rejected rows, and nowhere to keep them\n\nA row that breaks a rule goes to the dataset's `rejects:`. Without one it would be lost silently, so the run stops before its commit.\n\n**What to do:** name a quarantine, or accept the loss with `max_rejects:`.\n\n```yaml\nrejects: quarantine.customers\n```\n",
    ),
    (
        "SL5024",
        "# Out of memory\n\nSorts, joins and aggregates hold rows within a limit, 1 GiB or what `limits:` says. What does not fit goes to sealed temporary files; a join by equality that does not fit is computed again by sorting, which can. The operator that is named can do neither: a cross join or `NOT IN` holds one side, a window over a whole partition holds that partition, `ORDER BY … LIMIT` its best rows.\n\n**What to do:** raise the limit; or filter or aggregate earlier, select fewer columns, write `NOT EXISTS` for `NOT IN` (they differ on nulls).\n\n```yaml\nlimits: { memory: 4GiB }\n```\n",
    ),
    (
        "SL5025",
        "# A step failed while it computed\n\nThe query engine reported a failure. Its text may quote values of rows, so it never leaves the engine; what is shown is its kind: `arithmetic` (overflow, division), `cast` (a value that does not convert), `memory`, `plan` or `internal`.\n\n**What to do:** look for casts, divisions and narrow integer types in the steps of the pipeline; rows that cannot be converted belong in the contract.\n\n```sql\nSELECT try_cast(code AS INT) AS code FROM orders\n```\n",
    ),
    (
        "SL5026",
        "# Stopped on request\n\nThe run was interrupted before its commit. What was staged is removed; destinations are as before.\n\n**What to do:** nothing; run again when you like.\n\n```\nsealine run\n```\n",
    ),
    (
        "SL5027",
        "# The physical plan is not the one that was proved\n\nBefore a byte is read, the plan to be executed is walked: known operators only, only authorized scans, every protection in place. Something differed. This is a bug in Sealine, and the run was refused because of it.\n\n**What to do:** report it with the pipeline's SQL; no data is needed.\n\n```\nsealine plan PIPELINE\n```\n",
    ),
    (
        "SL5028",
        "# Classified values in a clear column\n\nValues of columns proved to be below the highest level are sampled before the commit. A share of them that chance does not explain looked like an email, a card number or another known kind, and the column's tags do not declare it: its label is wrong at the source.\n\n**What to do:** give the source column its tag and level in the catalog, then protect it in the step. Where the values are not what they look like, waive it in `sealine.yaml`, with a reason and an end; the policy must permit `waive` for the tag.\n\n```yaml\nnote: { type: string, level: restricted, tags: [pii.email] }\n```\n\n```yaml\nwaivers:\n  - dataset: lake.orders\n    column: reference\n    tag: pci.pan\n    until: 2027-03-31\n    because: order numbers of the old shop pass the check of a card\n```\n",
    ),
    (
        "SL5029",
        "# A reader stopped without finishing\n\nThe thread that reads an input ended without an error and without an end. This is a bug in Sealine; nothing was published.\n\n**What to do:** report it with the format of the input; no data is needed.\n\n```\nsealine check\n```\n",
    ),
    (
        "SL5030",
        "# A written dataset without encryption\n\nParquet and rejects are written encrypted and not otherwise. `csv`, `jsonl` and `arrow` cannot be encrypted; they are written only below the highest level and up to the `operator_clearance`.\n\n**What to do:** name a key with the purpose `file`.\n\n```yaml\nlake.customers:\n  at: { connection: lake, path: customers/, format: parquet }\n  encrypt: { key: lake }\n```\n",
    ),
    (
        "SL5031",
        "# Two datasets in one place\n\nTwo datasets that one run writes have the same location, or one lies inside the other: each `replace` would remove the other's rows.\n\n**What to do:** give each its own path.\n\n```yaml\nat: { connection: files, path: rejects/customers/, format: parquet }\n```\n",
    ),
    (
        "SL5032",
        "# A place cannot be staged\n\nOutputs are written beside their destination first. The system refused: disk full, no permission, no such folder.\n\n**What to do:** make room or restore the permission, then run again. What was staged is removed.\n\n```\ndf -h lake\n```\n",
    ),
    (
        "SL5033",
        "# A place cannot be published\n\nThe swap of the new generation into its place failed at the system. The journal remembers how far the run came.\n\n**What to do:** repair the cause, then run again: the publication is finished first.\n\n```\nsealine run\n```\n",
    ),
    (
        "SL5034",
        "# A place cannot be swapped\n\n`replace` exchanges two directories in one step (`renameat2` with `RENAME_EXCHANGE`), so that a reader never sees half of a generation. This place cannot: its file system has no such exchange (network file systems and some container layers), or the destination is itself a mount point.\n\n**What to do:** use a local file system such as ext4, xfs or btrfs for the destination, and a folder inside a mount rather than the mount itself.\n\n```\nstat -f -c %T lake\n```\n",
    ),
    (
        "SL5035",
        "# A run journal is damaged\n\n`.sealine/runs/<id>/journal.json` says how far an interrupted run came. It cannot be read, so Sealine does not guess.\n\n**What to do:** restore the file from a backup. If there is none, compare destination and the hidden `.NAME.sealine-<id>` beside it with the last receipt, keep the one that matches, and remove the run's folder.\n\n```\nsealine audit verify\n```\n",
    ),
    (
        "SL5036",
        "# An interrupted run cannot be finished\n\nThe run had begun to publish, and its files are neither in place nor staged: they were moved or changed by hand since.\n\n**What to do:** restore the destination from a backup or from the hidden staging folder beside it; then remove the run's folder under `.sealine/runs/` and run again.\n\n```\nls -la lake/\n```\n",
    ),
    (
        "SL5037",
        "# Published but not recorded\n\nThe outputs are in place; receipt or log entry could not be written. Until they are, nothing else runs in this project.\n\n**What to do:** repair the cause named, then run again: the record is written first.\n\n```\nsealine run\n```\n",
    ),
    (
        "SL5040",
        "# The recorded labels were changed\n\n`labels.json` says what earlier runs wrote into their datasets. It is written with a MAC under the keystore's digest key, and it does not have that MAC, or it is gone although the log names runs that wrote it. Labels that somebody lowered would show restricted values, so nothing runs.\n\n**What to do:** find out who writes to the state directory, restore the file that belongs to the last run from a backup, and verify.\n\n```\nsealine audit verify\n```\n",
    ),
    (
        "SL5039",
        "# A destination holds other files\n\n`mode: replace` swaps the whole destination and removes what was there; `mode: append` adds to what is read as a whole. A folder may therefore hold nothing but files that Sealine wrote (sealed `part-NNNNN.parquet`, or `part-NNNNN.sealine.csv`, `.jsonl`, `.arrow`), and a one-file output may only take the place of a sealed Parquet file. Something else was found, before anything was read or just before the swap; it was left as it is.\n\n**What to do:** move those files away, or give the dataset an empty folder of its own in the catalog.\n\n```\nls -la lake/customers\n```\n",
    ),
    (
        "SL5038",
        "# The old files cannot be removed\n\nThe run was committed: its outputs are in place, receipt and log entry are written. The generation before still lies beside the destination under a hidden name, and the system refused to remove it.\n\n**What to do:** repair the cause named (permission of the folder, a read-only or immutable file), then run again: the old files are removed first.\n\n```\nls -la lake/\n```\n",
    ),
    (
        "SL5041",
        "# Anonymity that cannot be measured\n\nThe catalog asks for anonymity of a written dataset, and it is not clear of which columns: `k` is about quasi-identifiers (what an outsider may know of a person), `l` and `t` about sensitive columns as well. They are those that `anonymity:` names, or those that the catalog declares `quasi: true` and `sensitive: true`, followed through the query to the output. In `sealine report`, a column that the terminal may not show cannot be measured either.\n\n**What to do:** declare them at the source, or name them as the output has them.\n\n```yaml\nanonymity: { k: 5, l: 2, quasi: [age_band, zip], sensitive: [diagnosis] }\n```\n",
    ),
    (
        "SL5042",
        "# Not as anonymous as asked\n\nBefore anything is published, the rows are measured as they are written. A class is all rows with the same quasi-identifiers. `k` is the size of the smallest class, in people where the dataset has a `subject`, else in rows. `l` is how diverse a sensitive column is in a class, `t` how far its distribution in a class is from that of all rows. One of them does not meet its bound, so the run was rolled back: what was there before is there still. Where the columns are above `operator_clearance`, the numbers are not shown.\n\n**What to do:** make the quasi-identifiers coarser, leave out the rows that stand out, or leave out a column. A column that `encrypt` seals has another value in each row and is no quasi-identifier: name the others under `anonymity:`.\n\n```yaml\nsql: SELECT bucket(age, 20) AS age_band, diagnosis FROM patients\n```\n",
    ),
    (
        "SL5060",
        "# A request to the key service that is none\n\n`sealine kms` reads one JSON object a line: `op` is `wrap` or `unwrap`, `key` names a file key, `plaintext` or `wrapped` is the key to wrap or unwrap, in base64. This line is something else. It was answered with this error, and the service goes on.\n\n**What to do:** correct the client; `examples/pyarrow/sealine_kms.py` is one.\n\n```\n{\"op\":\"unwrap\",\"key\":\"lake\",\"wrapped\":\"AAAA…\"}\n```\n",
    ),
    (
        "SL5450",
        "# Stand-ins that can be told by counting\n\nTokens and other stand-ins that are the same for the same value hide it only where values are many and none is frequent: else whoever counts them knows the most frequent one. The proof takes the catalog's word for the domain (`domain_size:`, or a well-known tag); the run looks at the rows. Of 1,000 values and more, one stands in more than 5 % of the rows, or there are fewer than 100 different ones. The run was rolled back: what was there before is there still. Which value it is, and how often it stands there, is not said.\n\n**What to do:** seal the column with `encrypt`, leave it out, or show another one. Where the spread is known and harmless (a shop with one large customer whom everyone knows), the owner of the column says so in the catalog; `domain_size:` alone does not.\n\n```yaml\ncustomer_no: { type: string, level: restricted, domain_size: 10000000, frequency: { max_share: 0.2, min_distinct: 20 } }\n```\n",
    ),
    (
        "SL5470",
        "# Not as many rows as asked for\n\nThe catalog says under `rows:` how many rows a dataset has at least or at most: of a dataset that is read, those that meet its contract; of one that is written, those that a run would publish. There are fewer or more. The run stopped before its commit: destinations are as before. How many there are is shown only where the level of the rows is within `operator_clearance`.\n\n**What to do:** find out whether the source is complete, or correct the bound.\n\n```yaml\nrows: { min: 1, max: 1000000 }\n```\n",
    ),
    (
        "SL5471",
        "# The newest row is too old\n\nThe catalog says under `freshness:` how old the newest row of a dataset may be when a run begins. Accepted rows count; a date counts as the end of its day in UTC; what lies more than a day ahead of the run does not count, so that one wrong year does not make a dead source look alive. The run stopped before its commit: destinations are as before.\n\n**What to do:** find out why new rows do not arrive, or correct the bound.\n\n```yaml\nfreshness: { column: updated_at, within: 24h }\n```\n",
    ),
    (
        "SL5400",
        "# Opened values that may not lie in clear\n\nA file of opened values is Parquet, sealed under a file key. CSV, JSON Lines and Arrow are in clear, so they may only hold what is below the highest level and within `operator_clearance`: the rule of every output in clear. One of the opened columns is above that. Nothing was read.\n\n**What to do:** let the name end in `.parquet`, and name the key with `--key` where the project has several.\n\n```\nsealine reveal lake.sealed --column email --reason 'case 4711' --to emails.parquet --key lake\n```\n",
    ),
    (
        "SL5401",
        "# Something is there already\n\n`sealine reveal --to FILE` makes a new file and never replaces one, not even its own of before.\n\n**What to do:** name another file, or remove the old one.\n",
    ),
    (
        "SL5402",
        "# A file that cannot be written there\n\nThe message says why: the folder does not exist, the name is not plain text, or the file would lie in the project's state directory. Nothing was read.\n\n**What to do:** name a file in a folder that exists, outside `.sealine`.\n",
    ),
    (
        "SL5403",
        "# A record that changed while it was read\n\nWhat `sealine protect` wrote stands in no file of the catalog; what it was written with is kept among the recorded labels. They were read once without the keys, to know what is asked for, and once authenticated, and the two differ: a run that a crash interrupted was just taken back, or somebody changed the file in between.\n\n**What to do:** run the command again. If it says so again, run `sealine audit verify`.\n",
    ),
    (
        "SL5404",
        "# Nothing that may be shown\n\nA terminal shows columns up to `operator_clearance`. Every column that was asked for is above it. Nothing was read; the attempt is in the log.\n\n**What to do:** ask for other columns. Protected values of a written dataset are opened by `sealine reveal`, where the policy permits it; a column that is labelled too high is its owner's to relabel in `catalog/`.\n\n```\nsealine read crm.customers --columns id,country\n```\n",
    ),
    (
        "SL5420",
        "# A run id that was used\n\nOne id, one run: `--run-id` with the id of a committed run does nothing and shows what that run did, so that a scheduler may try again. This one is of another pipeline, or the project's files or the rows of an input are not those of that run, so it cannot be the same run again.\n\n**What to do:** give every run an id of its own, made of the schedule's time and the pipeline. To run anew over rows that were corrected, use a new id.\n\n```\nsealine run customers-daily --run-id 2026-11-22.customers-daily\n```\n",
    ),
    (
        "SL5421",
        "# A dataset that cannot be appended to\n\n`mode: append` adds a file to the folder of the dataset. The folder must hold exactly the files that the log has of it, in the place and the format that they were written in: readers take all that lies there, and a number is never given twice.\n\n**What to do:** what the message says. `sealine audit verify` names every file that is missing or that nobody recorded. A run with `mode: replace` begins anew.\n\n```\nsealine audit verify\n```\n",
    ),
    (
        "SL5422",
        "# Not a run id\n\nThe id names a folder and stands in the names of what is staged, in the receipt and in the log. It has 1 to 128 letters, digits and `._:+@=~-`, and begins with a letter or a digit.\n\n**What to do:** build it from the time of the schedule and the name of the pipeline.\n\n```\nsealine run customers-daily --run-id scheduled__2026-11-22T00:00:00+00:00.customers-daily\n```\n",
    ),
    (
        "SL5423",
        "# Appended rows with other columns\n\nA dataset that is appended to is read as a whole, so its runs write the same columns, of the same types, in the same order. The quarantine of an input has a column for each column of the input.\n\n**What to do:** write to another dataset (for a quarantine: another `rejects:`), or write the dataset anew with `mode: replace`. A computed column keeps its type with a `CAST`.\n\n```yaml\noutputs:\n  - { from: safe, to: lake.visits_v2, mode: append }\n```\n",
    ),
    (
        "SL5472",
        "# A value that cannot name a folder\n\nThe values of a partition column stand in the names of folders, `day=2026-11-22`, as Hive and Spark write them. A name of a folder has at most 255 bytes, so a text may be about 250 long, fewer where it holds what is written as `%XX`. A text with control characters, or with characters that change the direction of text, has no name; neither has the text `__HIVE_DEFAULT_PARTITION__`, which stands for null, nor a date before year 0 or after 9999. The value is not shown. Nothing was published.\n\n**What to do:** partition by a column of short codes, numbers or days, or shorten the value in the step.\n\n```sql\nSELECT id, substr(region, 1, 40) AS region FROM stores\n```\n",
    ),
    (
        "SL5473",
        "# Too many partitions\n\nEvery partition of a run is a folder with a file of its own. A run writes at most 10,000 of them for one output, or what `limits: { folders: }` says, and a dataset that is appended to has at most 100,000 files, since no more are read. Nothing was published.\n\n**What to do:** partition by something coarser, such as a month instead of a day, or raise the bound.\n\n```yaml\nlimits: { folders: 20000 }\n```\n",
    ),
    (
        "SL5460",
        "# No twins of this pipeline\n\n`sealine test --twin` runs a copy of the project over samples of its sources, and over twins of them. The message says what stands in the way: the sample does not run as it is, a source is sealed under keys that the copy does not have, the token vault is a server that other programs use, or permitted protections show so much of every restricted column that nothing is left to differ.\n\n**What to do:** run the pipeline once, so that its own errors show; give a source in CSV or JSON Lines; raise `--rows`, so that there is more to draw from.\n\n```\nsealine run customers-daily\nsealine test --twin customers-daily --rows 5000\n```\n",
    ),
    (
        "SL5461",
        "# The folder of the twins cannot be used\n\nThe copies that twins run in lie in `.sealine-twins-` and the number of the process, in the project, for its owner alone. They hold rows of the sources, as those do, and are removed at the end; what a killed process left, the next one removes.\n\n**What to do:** make room, or make the project's folder writable; a folder that stayed may be removed.\n\n```\nrm -r .sealine-twins-4711\n```\n",
    ),
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

    #[test]
    fn every_code_of_the_error_type_is_explained() {
        let source = include_str!("error.rs");
        let mut seen = 0;
        for part in source.split("=> \"SL").skip(1) {
            let code = format!("SL{}", &part[..4]);
            assert!(
                CODES.iter().any(|(known, _)| *known == code),
                "{code} is not explained"
            );
            seen += 1;
        }
        assert_eq!(
            seen,
            CODES.len(),
            "a code is explained that nothing returns"
        );
        for (code, text) in CODES {
            assert!(
                text.starts_with("# ") && text.contains("**What to do:**"),
                "{code}"
            );
            assert_eq!(CODES.iter().filter(|(other, _)| other == code).count(), 1);
        }
    }
}
