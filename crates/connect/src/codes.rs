//! What `sealine explain` says about each code of this crate.

/// Code and explanation in Markdown, in order.
pub const CODES: &[(&str, &str)] = &[
    (
        "SL9001",
        "# A file could not be read or written\n\nThe operating system refused an operation on a file of a dataset. The message names the file and the operation; the cause below it is the system's own.\n\n**What to do**: check the permissions of the file and its folder, the free space (`df`), and that the device is healthy. Nothing was published; run the same command again afterwards.\n\n```\ncannot open `data/customers.csv`: Permission denied\n```",
    ),
    (
        "SL9002",
        "# A file does not exist\n\nThe path of a dataset is its `path:` in the catalog under the `root:` of its connection in `sealine.yaml`.\n\n**What to do**: correct one of the two, or put the file there.\n\n```yaml\n# sealine.yaml\nconnections: { files: { kind: local, root: data/ } }\n# catalog: the file is data/customers.csv\nat: { connection: files, path: customers.csv, format: csv }\n```",
    ),
    (
        "SL9003",
        "# Not a regular file\n\nA dataset is a regular file, the files that a pattern matches, or a folder of files whose names end as its format does (`.csv`, `.jsonl`, `.arrow`, `.parquet`). Pipes, sockets and devices are not read: they may block for ever or change while they are read.\n\n**What to do**: give the path of a file or of a folder.\n\n```yaml\nat: { connection: files, path: customers.csv, format: csv }\n```",
    ),
    (
        "SL9004",
        "# A path leaves the root of its connection\n\nAfter all links are resolved, a dataset must lie inside the `root:` of its connection, so that a catalog cannot be made to read other files of the machine.\n\n**What to do**: move the data inside the root, or declare another connection whose root holds it.\n\n```yaml\nconnections: { archive: { kind: local, root: /srv/archive } }\n```",
    ),
    (
        "SL9005",
        "# A name that cannot be shown\n\nNames of datasets' files must be UTF-8 without control characters, backslashes or characters that change the direction of text: such names cannot be told apart in a log.\n\n**What to do**: rename the file.\n\n```\n`lake/part\\n1.parquet` has a name that ... holds control characters; rename it\n```",
    ),
    (
        "SL9006",
        "# An empty CSV file\n\nThe file has no line at all. A file that is cut to nothing is more often an accident than a dataset without rows, which still has its header.\n\n**What to do**: export it again, or write a file with the header only.\n\n```csv\nid,email\n```",
    ),
    (
        "SL9007",
        "# The file lacks declared columns\n\nEvery column that the catalog declares must be in the file, under exactly that name (case and spaces count), or a rule on it would silently not be checked.\n\n**What to do**: add the column, or correct its name in the catalog. For a file without a header, say `header: false`.\n\n```yaml\nat: { connection: files, path: c.csv, format: csv, header: false }\n```",
    ),
    (
        "SL9008",
        "# A declared column is there twice\n\nWith two columns of one name nobody can say which one the catalog means.\n\n**What to do**: rename or remove one of them in the file.\n\n```csv\nid,email,email\n```",
    ),
    (
        "SL9009",
        "# The header cannot be used\n\nThe first line of a CSV file names the columns. It must be UTF-8, properly quoted, at most 4 MiB and 10,000 names. Its text is not shown, since the first line of a file without a header is a row.\n\n**What to do**: check `delimiter:` and the encoding; a file in UTF-16 or Latin-1 has to be converted.\n\n```\niconv -f UTF-16 -t UTF-8 in.csv > out.csv\n```",
    ),
    (
        "SL9010",
        "# CSV options that cannot be used\n\n`delimiter:` is one ASCII character other than `\"`, a line end or NUL.\n\n**What to do**: correct it in the catalog.\n\n```yaml\nat: { connection: files, path: c.csv, format: csv, delimiter: ';' }\n```",
    ),
    (
        "SL9011",
        "# Too many quotes that are never closed\n\nA quote that opens a field and is never closed would swallow all rows after it. The reader rejects the line and goes on behind it; after 64 such lines it stops, because the file is not CSV as declared.\n\n**What to do**: check `delimiter:` and how the file was written; a field that holds a quote must be quoted and the quote doubled.\n\n```csv\nid,comment\n1,\"she said \"\"yes\"\"\"\n```",
    ),
    (
        "SL9012",
        "# A file that cannot be decoded\n\nThe file is damaged, cut short or of another format than its dataset declares: Parquet, Arrow IPC, gzip or zstd. What the decoder said is not shown, since it may quote the data. Nothing of a file that is cut short is kept: a shorter file would pass for a smaller dataset.\n\n**What to do**: write the file again; check it with its own tool (`parquet-tools inspect`, `gzip -t`, `zstd -t`).\n\n```\n`in/a.parquet` cannot be read: its footer is damaged, cut short or of another format\n```",
    ),
    (
        "SL9013",
        "# A bound of the reader is exceeded\n\nReading is bounded so that no file can take the memory of the machine: a page 256 MiB, a footer 64 MiB, a schema 64 levels and 20,000 elements, a dataset 100,000 files, 1,000 bytes for each compressed one.\n\n**What to do**: write the file with smaller pages, or the dataset in fewer, larger files.\n\n```python\npq.write_table(t, 'a.parquet', data_page_size=1 << 20)\n```",
    ),
    (
        "SL9014",
        "# Something of the format is not supported\n\nCompression by zstd and snappy and encryption by AES_GCM_V1 are supported; AES_GCM_CTR_V1, gzip, brotli and lz4 are not.\n\n**What to do**: write the file again with a supported one.\n\n```python\npq.write_table(t, 'a.parquet', compression='zstd')\n```",
    ),
    (
        "SL9015",
        "# A nested column\n\nA declared column must be plain: no list, map or structure. Columns that are not declared may be nested; they are not read.\n\n**What to do**: write the parts that you need as columns of their own.\n\n```sql\nSELECT address.city AS city FROM ...\n```",
    ),
    (
        "SL9016",
        "# The file is encrypted and no key is declared\n\n**What to do**: declare the key that the dataset is sealed with. A dataset that a pipeline of this project writes has it already.\n\n```yaml\nlake.customers:\n  at: { connection: lake, path: customers/, format: parquet }\n  encrypt: { key: lake }\n```",
    ),
    (
        "SL9017",
        "# A plain file where a sealed one is declared\n\nThe dataset declares `encrypt:`, so its files are sealed and authenticated. A plain file among them was not written by this system: reading it would let anyone who can write to the folder put rows into the pipeline.\n\n**What to do**: find out where it comes from; restore the dataset or run the pipeline that writes it.\n\n```\nsealine run customers-daily\n```",
    ),
    (
        "SL9018",
        "# The key of a file cannot be had\n\nThe file names the key and version it is sealed under; the keystore does not have it, or has destroyed it, or is another project's.\n\n**What to do**: `sealine keys list`; open the project whose keystore wrote the file, or restore the keystore.\n\n```\nsealine keys list\n```",
    ),
    (
        "SL9019",
        "# The file is encrypted by something else\n\nIts footer, or the key material file that it refers to, does not name a key that the dataset's files may be sealed under. Key material is read as parquet-java and pyarrow write it, in the file or beside it, where its master key is the name of a Sealine key.\n\n**What to do**: read it with the tool that wrote it; or name its key in the catalog, with `bound: false` if another tool wrote it.\n\n```\n`lake/a.parquet` is encrypted by something else\n```",
    ),
    (
        "SL9020",
        "# The file does not open with its key\n\nEach part of a sealed file is authenticated together with the dataset's id and the file's name. This file was changed, damaged or cut, renamed, or copied from another dataset.\n\n**What to do**: treat it as tampered until it is explained; restore the file, or run the pipeline again.\n\n```\nsealine audit verify\n```",
    ),
    (
        "SL9021",
        "# Writing failed\n\nAn output could not be encoded or the disk refused it. What was begun is in the staging folder and was not published.\n\n**What to do**: check the free space; if a type is named, cast the column in the step's SQL.\n\n```sql\nSELECT cast(amount AS decimal(18, 2)) AS amount FROM ...\n```",
    ),
    (
        "SL9022",
        "# What was written is not sealed\n\nBefore the commit every file is opened without a key, which must fail, and its bytes are searched for samples of the input. One of the two found something: the run ends and nothing is published.\n\n**What to do**: this is a defect of Sealine; keep the run id and report it. The old data is untouched.\n\n```\n`lake/part-0.parquet` must not be published: its footer is not encrypted\n```",
    ),
    (
        "SL9023",
        "# A column cannot be exported\n\nBefore export every column is rebuilt so that nothing of filtered rows survives in its buffers. For lists, maps and structures this is not done yet.\n\n**What to do**: cast the column to a plain type, or take its parts.\n\n```sql\nSELECT array_to_string(tags, ',') AS tags FROM ...\n```",
    ),
    (
        "SL9024",
        "# No randomness\n\nThe operating system gave no random numbers. Without them no key and no nonce can be made.\n\n**What to do**: check the sandbox or container: `getrandom` must be allowed.\n\n```\nstrace -e getrandom sealine run\n```",
    ),
    (
        "SL9040",
        "# A file was changed while it was read\n\nBetween the moment the files of a dataset were listed and the moment this one was opened it was replaced or written to. What was read would be neither the old dataset nor the new one.\n\n**What to do**: run again when nothing writes the file. Let other programs write beside it and rename: `mv customers.csv.new customers.csv`.\n\n```\n`in/customers.csv` was changed or replaced while it was read\n```",
    ),
    (
        "SL9041",
        "# A pattern that cannot be used\n\n`path:` may hold `*` (any characters of one part), `?` (one character), `[a-z]` and `[!a-z]` (one of these, none of these) and `**` (any number of folders, as a whole part). This one has a bracket that is not closed, or `**` beside other characters. Names that begin with `.` or `_` are matched only by a part that begins so.\n\n**What to do**: correct the pattern; write `[[]` for a bracket in a name.\n\n```yaml\nat: { connection: files, path: 'in/*/customers-[0-9]*.csv.gz', format: csv }\n```",
    ),
    (
        "SL9042",
        "# Not a partition\n\nWith `partition_by: [year, month]` the files lie in folders `year=2026/month=11/`, one level for each column and in that order; the values are percent-encoded where a file system needs it, and `__HIVE_DEFAULT_PARTITION__` is null. Something else lies there. It is not passed over, since it may hold rows.\n\n**What to do**: move it away, or correct `partition_by:`. Names that begin with `.` or `_` are left out.\n\n```\nls sales/year=2026\n```",
    ),
    (
        "SL9060",
        "# The key of a column cannot be had\n\nColumns may be sealed under keys of their own, so that a reader sees the columns whose keys it may use and no others. A column that is read here is under a key that this keystore does not have, or has disabled or destroyed.\n\n**What to do**: leave the column out of what is read, or ask the owner of the key.\n\n```\nsealine keys list\n```",
    ),
    (
        "SL9061",
        "# Nothing can be sealed under a key\n\nA file is sealed under fresh data keys, which are wrapped under the file keys that `encrypt:` names. One of those is not in the keystore, is for another purpose, is disabled, or has been used as often as it may.\n\n**What to do**: `sealine keys list`; make the key, enable it or rotate it.\n\n```\nsealine keys new pii --purpose file\n```",
    ),
    (
        "SL9062",
        "# A key for a column that is not there\n\n`encrypt.columns` gives columns keys by name. The output has no column of this name, or two; a key that goes to nothing would leave the column it was meant for under another.\n\n**What to do**: correct the name in the catalog or in the step's SQL.\n\n```yaml\nencrypt: { key: lake, columns: { email: pii } }\n```",
    ),
    (
        "SL9450",
        "# Temporary files reached their bound\n\nA sort, join or aggregate, or the values of `unique` columns, needed more than the memory that they may have, and then more than the disk that they may have: 20 GiB, or what `limits:` says. Nothing was published, and the temporary files are gone.\n\n**What to do**: raise `spill:`, or `memory:` so that less goes to disk; or filter and aggregate before you sort and join.\n\n```yaml\nlimits: { memory: 4GiB, spill: 100GiB }\n```",
    ),
    (
        "SL9451",
        "# The system refused a temporary file\n\nWhat does not fit into memory is sealed and written below the state directory. The disk there is full, cannot be written or failed. Nothing was published, and the temporary files are gone.\n\n**What to do**: make room, or put the state directory on a larger disk (`state:`), or raise `memory:`.\n\n```\ndf -h .sealine\n```",
    ),
    (
        "SL9452",
        "# A temporary file is not what was written\n\nEvery chunk of a temporary file is sealed under a key that only the running process has, and opens in its own place of its own file alone. One did not: it was changed, cut short or never written whole. No row of it was used, and nothing was published.\n\n**What to do**: check the disk and its controller, and who can write to the state directory; then run again.\n\n```\nls -ld .sealine && dmesg | tail\n```",
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
    use crate::ConnectError;

    #[test]
    fn every_code_is_explained_once_and_in_order() {
        let codes: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        assert!(
            CODES
                .iter()
                .all(|(_, text)| text.contains("**What to do**") && text.contains("```"))
        );
    }

    #[test]
    fn every_error_has_an_explained_code_and_a_plain_message() {
        let path = || "p".to_owned();
        let io = || std::io::Error::other("x");
        let errors = [
            ConnectError::Io {
                action: "read",
                path: path(),
                source: io(),
            },
            ConnectError::NotFound { path: path() },
            ConnectError::NotRegular { path: path() },
            ConnectError::Outside { path: path() },
            ConnectError::Name { path: path() },
            ConnectError::Empty { path: path() },
            ConnectError::MissingColumns {
                path: path(),
                columns: vec!["a".into(); 12],
            },
            ConnectError::DuplicateColumn {
                path: path(),
                column: "a".into(),
            },
            ConnectError::Header {
                path: path(),
                reason: "r",
            },
            ConnectError::Options { reason: "r" },
            ConnectError::Quoting {
                path: path(),
                line: 1,
                limit: 64,
            },
            ConnectError::Decode {
                path: path(),
                part: "footer",
            },
            ConnectError::Bound {
                path: path(),
                what: "pages",
                limit: 1,
            },
            ConnectError::Unsupported {
                path: path(),
                what: "x",
            },
            ConnectError::Nested {
                path: path(),
                column: "a".into(),
            },
            ConnectError::Encrypted { path: path() },
            ConnectError::Plaintext { path: path() },
            ConnectError::ForeignKey { path: path() },
            ConnectError::Tampered { path: path() },
            ConnectError::Write {
                path: path(),
                reason: "r",
            },
            ConnectError::Exposed {
                path: path(),
                reason: "r",
            },
            ConnectError::Export { column: "a".into() },
            ConnectError::Random,
            ConnectError::Changed { path: path() },
            ConnectError::Pattern { path: path() },
            ConnectError::Partition {
                path: path(),
                column: "a".into(),
            },
            ConnectError::SealedColumn { column: "a".into() },
            ConnectError::SpillFull { limit_mib: 1 },
            ConnectError::Spill {
                action: "write",
                path: path(),
                source: std::io::Error::from(std::io::ErrorKind::StorageFull),
            },
            ConnectError::SpillDamaged { path: path() },
        ];
        for error in errors {
            assert!(
                CODES.iter().any(|(code, _)| *code == error.code()),
                "{}",
                error.code()
            );
            let text = error.to_string();
            assert!(!text.ends_with('.') && !text.is_empty(), "{text}");
        }
    }
}
