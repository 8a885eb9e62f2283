//! Random SQL over the catalogue of the tests, with every construct that the rules name.
//!
//! Invariant: the same seed writes the same query.
#![allow(unreachable_pub)]

use std::collections::BTreeSet;

use super::vocabulary::{CONSTRUCTS, DATASETS, Dataset, LINKED, PROTECTED};

/// A small, seeded generator: splitmix64.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// True once in `n`.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// A query, and what is in it.
pub struct Query {
    pub sql: String,
    pub min_group: Option<u32>,
    /// The constructs, by their rows of the table of rules.
    pub constructs: BTreeSet<&'static str>,
}

/// A relation in scope: its alias and columns by kind; the protected are the columns of a dataset
/// that a protection may stand on.
#[derive(Clone, Default)]
struct Table {
    alias: String,
    dataset: &'static str,
    numbers: Vec<String>,
    texts: Vec<String>,
}

/// Writes the query with this seed.
pub fn query(seed: u64) -> Query {
    let mut random = Seeded(seed);
    // A third of the queries read internal columns and protected ones only, so that many pass.
    let open = random.once_in(3);
    let mut writer = Writer {
        r: random,
        open,
        used: BTreeSet::new(),
        names: 0,
        min_group: None,
    };
    let sql = writer.statement();
    Query {
        sql,
        min_group: writer.min_group,
        constructs: writer.used,
    }
}

struct Writer {
    r: Seeded,
    /// Whether secret columns stand anywhere.
    open: bool,
    used: BTreeSet<&'static str>,
    names: usize,
    min_group: Option<u32>,
}

impl Writer {
    fn used(&mut self, construct: &'static str) {
        debug_assert!(CONSTRUCTS.contains(&construct), "{construct}");
        self.used.insert(construct);
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("t{}", self.names)
    }

    fn base(&mut self, alias: &str) -> (String, Table) {
        let at = self.r.below(DATASETS.len() as u64) as usize;
        self.base_of(&DATASETS[at], alias)
    }

    fn base_of(&mut self, dataset: &'static Dataset, alias: &str) -> (String, Table) {
        if dataset.name == "active_people" {
            self.used("owner's view");
        }
        let secret = self.open && self.r.once_in(3);
        let own = |open: &[&str], shut: &[&str]| {
            let shut = if secret { shut } else { &[] };
            open.iter().chain(shut).map(|n| (*n).to_owned()).collect()
        };
        (
            format!("{} {alias}", dataset.name),
            Table {
                alias: alias.to_owned(),
                dataset: dataset.name,
                numbers: own(dataset.numbers, dataset.secret_numbers),
                texts: own(dataset.texts, dataset.secret_texts),
            },
        )
    }

    fn column(&mut self, scope: &[Table], texts: bool) -> Option<String> {
        let columns: Vec<String> = scope
            .iter()
            .flat_map(|t| {
                let names = if texts { &t.texts } else { &t.numbers };
                names.iter().map(move |c| format!("{}.{c}", t.alias))
            })
            .collect();
        (!columns.is_empty()).then(|| columns[self.r.below(columns.len() as u64) as usize].clone())
    }

    /// Any secret column of the scope, whatever is open, for what hides it all.
    fn secret(&mut self, scope: &[Table]) -> Option<String> {
        let columns: Vec<String> = scope
            .iter()
            .flat_map(|table| {
                DATASETS
                    .iter()
                    .filter(move |dataset| dataset.name == table.dataset)
                    .flat_map(move |dataset| {
                        dataset
                            .secret_numbers
                            .iter()
                            .chain(dataset.secret_texts)
                            .map(move |column| format!("{}.{column}", table.alias))
                    })
            })
            .collect();
        (!columns.is_empty()).then(|| columns[self.r.below(columns.len() as u64) as usize].clone())
    }

    /// A secret behind a protection that is permitted on it.
    fn protected(&mut self, scope: &[Table]) -> Option<String> {
        let catalogued: Vec<&Table> = scope.iter().filter(|t| !t.dataset.is_empty()).collect();
        let at = self.r.below(catalogued.len().max(1) as u64) as usize;
        let table = *catalogued.get(at)?;
        let known: Vec<_> = PROTECTED
            .iter()
            .filter(|(dataset, _, _)| *dataset == table.dataset)
            .collect();
        if self.r.once_in(3) || known.is_empty() {
            let inner = self.secret(scope)?;
            self.used("seal");
            return Some(match self.r.below(5) {
                0 => format!("redact({inner})"),
                1 => format!("nullify({inner})"),
                2 => format!("encrypt({inner}, 'lake', '64', 'sealed')"),
                3 => format!("encrypt({inner}, 'lake', '64')"),
                _ => format!("encrypt({inner}, 'lake')"),
            });
        }
        let (_, construct, text) = known[self.r.below(known.len() as u64) as usize];
        self.used(construct);
        Some(text.replace("{}", &table.alias))
    }

    fn number(&mut self, scope: &[Table], depth: u64) -> String {
        if depth == 0 || self.r.once_in(3) {
            if self.r.once_in(4) {
                return self.r.pick(&["0", "1", "2", "10", "20"]).to_owned();
            }
            return self
                .column(scope, false)
                .unwrap_or_else(|| self.r.pick(&["0", "1", "3"]).to_owned());
        }
        let d = depth - 1;
        match self.r.below(16) {
            0 => format!("({} + {})", self.number(scope, d), self.number(scope, d)),
            1 => format!("({} * {})", self.number(scope, d), self.number(scope, d)),
            2 => {
                self.used("partial function");
                format!("({} / {})", self.number(scope, d), self.number(scope, d))
            }
            3 => {
                self.used("partial function");
                format!("({} % {})", self.number(scope, d), self.number(scope, d))
            }
            4 => {
                self.used("case");
                format!(
                    "CASE WHEN {} THEN {} ELSE {} END",
                    self.boolean(scope, d),
                    self.number(scope, d),
                    self.number(scope, d)
                )
            }
            5 => format!(
                "coalesce({}, {})",
                self.number(scope, d),
                self.number(scope, d)
            ),
            6 => format!(
                "nullif({}, {})",
                self.number(scope, d),
                self.number(scope, d)
            ),
            7 => format!("length({})", self.text(scope, d)),
            8 => {
                self.used("partial function");
                format!("CAST({} AS BIGINT)", self.text(scope, d))
            }
            9 | 10 => {
                self.used("scalar subquery");
                let function = self
                    .r
                    .pick(&["count(*)", "max(sq.id)", "sum(sq.id)", "min(sq.id)"]);
                format!("(SELECT {function} FROM {})", self.subquery_from(scope, d))
            }
            11 => {
                self.used("case");
                format!(
                    "CASE WHEN {} THEN {} END",
                    self.boolean(scope, d),
                    self.number(scope, d)
                )
            }
            12 => format!(
                "greatest({}, {})",
                self.number(scope, d),
                self.number(scope, d)
            ),
            13 => {
                self.used("partial function");
                format!("abs({})", self.number(scope, d))
            }
            14 => format!("CAST({} AS INT)", self.number(scope, d)),
            _ => format!("strpos({}, {})", self.text(scope, d), self.text(scope, d)),
        }
    }

    fn text(&mut self, scope: &[Table], depth: u64) -> String {
        if depth == 0 || self.r.once_in(3) {
            if self.r.once_in(4) {
                return self
                    .r
                    .pick(&["'DE'", "'x'", "'hiv'", "'u1@x.y'"])
                    .to_owned();
            }
            return self.column(scope, true).unwrap_or_else(|| "'x'".to_owned());
        }
        let d = depth - 1;
        match self.r.below(11) {
            0 => format!("({} || {})", self.text(scope, d), self.text(scope, d)),
            1 => format!("upper({})", self.text(scope, d)),
            2 => format!("concat({}, {})", self.text(scope, d), self.text(scope, d)),
            3 => {
                self.used("case");
                format!(
                    "CASE WHEN {} THEN {} ELSE {} END",
                    self.boolean(scope, d),
                    self.text(scope, d),
                    self.text(scope, d)
                )
            }
            4 => format!("coalesce({}, {})", self.text(scope, d), self.text(scope, d)),
            5 => format!("CAST({} AS VARCHAR)", self.number(scope, d)),
            6 => format!("substr({}, 1, 2)", self.text(scope, d)),
            7 => {
                self.used("partial function");
                format!("chr({})", self.number(scope, d))
            }
            8 => {
                self.used("partial function");
                format!(
                    "repeat({}, {} % 7)",
                    self.text(scope, d),
                    self.number(scope, d)
                )
            }
            9 => {
                self.used("partial function");
                format!(
                    "regexp_replace({}, {}, 'z')",
                    self.text(scope, d),
                    self.text(scope, d)
                )
            }
            _ => format!("reverse(trim({}))", self.text(scope, d)),
        }
    }

    fn boolean(&mut self, scope: &[Table], depth: u64) -> String {
        let d = depth.saturating_sub(1);
        match self.r.below(15) {
            0 => format!("{} > {}", self.number(scope, d), self.number(scope, d)),
            1 => format!("{} = {}", self.number(scope, d), self.number(scope, d)),
            2 => format!("{} = {}", self.text(scope, d), self.text(scope, d)),
            3 => {
                let texts = self.r.once_in(2);
                let of = match self.r.once_in(3).then(|| self.secret(scope)).flatten() {
                    Some(column) => column,
                    None if texts => self.text(scope, d),
                    None => self.number(scope, d),
                };
                let not = self.r.pick(&["", " NOT"]);
                format!("{of} IS{not} NULL")
            }
            4 => format!("{} LIKE '%x%'", self.text(scope, d)),
            5 if depth > 0 => format!("({} OR {})", self.boolean(scope, d), self.boolean(scope, d)),
            6 if depth > 0 => format!("NOT ({})", self.boolean(scope, d)),
            7 if depth > 0 => {
                self.used("exists");
                let not = self.r.pick(&["", "NOT "]);
                format!(
                    "{not}EXISTS (SELECT 1 FROM {})",
                    self.subquery_from(scope, d)
                )
            }
            8 if depth > 0 => {
                self.used("in a subquery");
                let not = self.r.pick(&["", "NOT "]);
                let (source, table) = self.base("sq");
                let inner = self.number(std::slice::from_ref(&table), 1);
                let condition = self.boolean(&[table], d);
                format!(
                    "{} {not}IN (SELECT {inner} FROM {source} WHERE {condition})",
                    self.number(scope, d)
                )
            }
            9 if depth > 0 && self.r.once_in(2) => {
                self.used("quantified comparison");
                let (source, table) = self.base("sq");
                let inner = self.number(&[table], 1);
                let of = self.r.pick(&["> ALL", "<= ANY", "= ANY", "<> ALL"]);
                format!(
                    "{} {of} (SELECT {inner} FROM {source})",
                    self.number(scope, d)
                )
            }
            9 => format!(
                "{} IN (1, 2, {})",
                self.number(scope, d),
                self.r.pick(&["3", "NULL", "10"])
            ),
            10 => match scope.iter().find(|t| t.dataset == "people") {
                Some(table) => {
                    self.used("select grant");
                    let of = self.r.pick(&["= 'DE'", "<> 'FR'", "IN ('DE', 'FR')"]);
                    format!("{}.nationality {of}", table.alias)
                }
                None => "1 = 1".to_owned(),
            },
            11 => format!(
                "{} AND {}",
                self.boolean(scope, d.min(1)),
                self.boolean(scope, 0)
            ),
            _ => format!(
                "{} <= {}",
                self.number(scope, d),
                self.r.pick(&["1", "2", "10"])
            ),
        }
    }

    /// `table WHERE …`, often about the outer row.
    fn subquery_from(&mut self, outer: &[Table], depth: u64) -> String {
        let (source, table) = self.base("sq");
        let outer_number = outer
            .iter()
            .find_map(|t| t.numbers.first().map(|c| format!("{}.{c}", t.alias)));
        let link = match outer_number {
            Some(column) if self.r.once_in(2) => {
                format!("sq.{} = {column} AND ", table.numbers[0])
            }
            _ => String::new(),
        };
        format!("{source} WHERE {link}{}", self.boolean(&[table], depth))
    }

    /// FROM, with the tables in scope.
    fn from(&mut self, depth: u64) -> (String, Vec<Table>) {
        let (first, a) = self.source(depth);
        match self.r.below(6) {
            0..=2 => (first, vec![a]),
            n => {
                let (second, b) = match self.linked(&a) {
                    Some(linked) => linked,
                    None => self.source(depth),
                };
                let scope = vec![a.clone(), b.clone()];
                let kind = match n {
                    3 => self.r.pick(&["JOIN", "JOIN", "CROSS JOIN"]),
                    4 => self.r.pick(&["LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]),
                    _ => self.r.pick(&["LEFT SEMI JOIN", "LEFT ANTI JOIN", "JOIN"]),
                };
                match kind {
                    "LEFT JOIN" => self.used("left join"),
                    "RIGHT JOIN" => self.used("right join"),
                    "FULL JOIN" => self.used("full join"),
                    "LEFT SEMI JOIN" => self.used("semi join"),
                    "LEFT ANTI JOIN" => self.used("anti join"),
                    "CROSS JOIN" => self.used("cross join"),
                    _ => {}
                }
                let on = self.condition(&a, &b, &scope);
                let scope = if kind.contains("SEMI") || kind.contains("ANTI") {
                    vec![a]
                } else {
                    scope
                };
                match kind {
                    "CROSS JOIN" => (format!("{first} CROSS JOIN {second}"), scope),
                    _ => (format!("{first} {kind} {second} ON {on}"), scope),
                }
            }
        }
    }

    /// Often, the dataset that may be linked to this one.
    fn linked(&mut self, to: &Table) -> Option<(String, Table)> {
        let [one, two] = LINKED;
        let other = match to.dataset {
            name if name == one => two,
            name if name == two => one,
            _ => return None,
        };
        let dataset = DATASETS.iter().find(|dataset| dataset.name == other)?;
        let alias = self.name();
        (!self.r.once_in(3)).then(|| self.base_of(dataset, &alias))
    }

    fn condition(&mut self, a: &Table, b: &Table, scope: &[Table]) -> String {
        let tokens = |table: &Table| {
            matches!(table.dataset, "people" | "members" | "active_people")
                .then(|| format!("tokenize({}.email, 'crm')", table.alias))
        };
        if let (Some(x), Some(y)) = (tokens(a), tokens(b))
            && self.r.once_in(3)
        {
            self.used("join on a token");
            return format!("{x} = {y}");
        }
        let keys = LINKED.contains(&a.dataset) && LINKED.contains(&b.dataset);
        if keys && a.dataset != b.dataset && !self.r.once_in(3) {
            self.used("link");
            return format!("{}.ssn = {}.ssn", a.alias, b.alias);
        }
        let right = self.r.below(b.numbers.len() as u64) as usize;
        let on = format!(
            "{}.{} = {}.{}",
            a.alias, a.numbers[0], b.alias, b.numbers[right]
        );
        if self.r.once_in(3) {
            self.used("join on a computed condition");
            format!("{on} AND {}", self.boolean(scope, 1))
        } else {
            on
        }
    }

    fn source(&mut self, depth: u64) -> (String, Table) {
        let alias = self.name();
        let table = |numbers: &[&str], texts: &[&str]| Table {
            alias: alias.clone(),
            dataset: "",
            numbers: numbers.iter().map(|n| (*n).to_owned()).collect(),
            texts: texts.iter().map(|n| (*n).to_owned()).collect(),
        };
        match self.r.below(13) {
            0 => {
                self.used("series");
                (
                    format!("generate_series(0, 4) {alias}(value)"),
                    table(&["value"], &[]),
                )
            }
            1 | 2 if depth > 0 => {
                self.used("subquery in from");
                let (inner, scope) = self.from(depth - 1);
                let (n, t) = (self.number(&scope, 2), self.text(&scope, 2));
                let filter = self.filter(&scope, 2);
                let distinct = if self.r.once_in(3) {
                    self.used("distinct");
                    "DISTINCT "
                } else {
                    ""
                };
                (
                    format!("(SELECT {distinct}{n} AS n, {t} AS t FROM {inner}{filter}) {alias}"),
                    table(&["n"], &["t"]),
                )
            }
            3 if depth > 0 => {
                self.used("aggregate");
                let (inner, scope) = self.from(depth - 1);
                let key = self.text(&scope, 1);
                let value = self.number(&scope, 1);
                let function = self.r.pick(&["count", "sum", "max", "min"]);
                (
                    format!(
                        "(SELECT {key} AS t, {function}({value}) AS n FROM {inner} GROUP BY 1) {alias}"
                    ),
                    table(&["n"], &["t"]),
                )
            }
            4 | 5 if depth > 0 => {
                let (inner, scope) = self.from(depth - 1);
                let (other, scope2) = self.from(depth - 1);
                let op = self
                    .r
                    .pick(&["UNION ALL", "UNION", "EXCEPT", "INTERSECT", "UNION ALL"]);
                self.used(if op.starts_with("UNION") {
                    "union"
                } else {
                    "difference or intersection"
                });
                let (a, b) = (self.number(&scope, 1), self.number(&scope2, 1));
                let (p, q) = (self.filter(&scope, 1), self.filter(&scope2, 1));
                (
                    format!(
                        "(SELECT {a} AS n FROM {inner}{p} {op} SELECT {b} AS n FROM {other}{q}) {alias}"
                    ),
                    table(&["n"], &[]),
                )
            }
            6 if depth > 0 => {
                self.used("unnest");
                let (inner, scope) = self.from(depth - 1);
                let (n, m) = (self.number(&scope, 1), self.number(&scope, 1));
                let list = match self.r.below(3) {
                    0 => format!("make_array({m}, 1)"),
                    1 => "range(0, 3)".to_owned(),
                    _ => format!("range(0, {m} % 4)"),
                };
                (
                    format!("(SELECT {n} AS n, unnest({list}) AS k FROM {inner}) {alias}"),
                    table(&["n", "k"], &[]),
                )
            }
            7 if depth > 0 => {
                self.used("window");
                let (inner, scope) = self.from(depth - 1);
                let (n, m) = (self.number(&scope, 1), self.number(&scope, 1));
                let function = self.r.pick(&["sum(", "count(", "max(", "min("]);
                (
                    format!(
                        "(SELECT {n} AS n, {function}{m}) OVER (PARTITION BY {n}) AS w FROM {inner}) {alias}"
                    ),
                    table(&["n", "w"], &[]),
                )
            }
            _ => self.base(&alias),
        }
    }

    fn filter(&mut self, scope: &[Table], depth: u64) -> String {
        if self.r.once_in(3) {
            format!(" WHERE {}", self.boolean(scope, depth))
        } else {
            String::new()
        }
    }

    /// A column of the output: protected where it can be.
    fn shown(&mut self, scope: &[Table]) -> String {
        match self.protected(scope) {
            Some(protected) => protected,
            None => self.text(scope, 2),
        }
    }

    /// A whole statement.
    fn statement(&mut self) -> String {
        let depth = 1 + self.r.below(3);
        let (source, scope) = self.from(depth);
        let filter = self.filter(&scope, 2);
        let n = self.number(&scope, 2);
        // Where nothing secret stands in clear, half of the queries show what is protected.
        let form = match !self.open && self.r.once_in(2) {
            true => 25,
            false => self.r.below(26),
        };
        match form {
            0 => {
                self.used("aggregate");
                format!(
                    "SELECT {} AS k, count(*) AS n, max({n}) AS m FROM {source}{filter} GROUP BY 1",
                    self.text(&scope, 1)
                )
            }
            1 => {
                self.used("aggregate");
                format!("SELECT count(*) AS c, sum({n}) AS s FROM {source}{filter}")
            }
            2 => {
                self.used("window");
                format!(
                    "SELECT {n} AS n, row_number() OVER (PARTITION BY {} ORDER BY {}, {n}) AS w FROM {source}{filter}",
                    self.text(&scope, 1),
                    self.number(&scope, 1)
                )
            }
            3 => {
                self.used("seal");
                let (sealed, more) = (self.text(&scope, 3), self.shown(&scope));
                format!(
                    "SELECT encrypt({sealed}, 'lake') AS e, {n} AS n, {more} AS p FROM {source}{filter}"
                )
            }
            4 => {
                self.used("seal");
                let hidden = match self.secret(&scope) {
                    Some(column) => format!("concat({column}, {})", self.text(&scope, 1)),
                    None => self.text(&scope, 2),
                };
                format!(
                    "SELECT encrypt({n}, 'lake') AS e, redact({hidden}) AS x FROM {source}{filter}"
                )
            }
            5 => {
                self.used("limit");
                let q = self.number(&scope, 1);
                let limit = 1 + self.r.below(4);
                format!(
                    "SELECT * FROM (SELECT {n} AS p, {q} AS q FROM {source}{filter}) z ORDER BY p, q LIMIT {limit}"
                )
            }
            6 => {
                self.used("distinct");
                format!(
                    "SELECT DISTINCT {n} AS n, {} AS t FROM {source}{filter}",
                    self.text(&scope, 1)
                )
            }
            7 => {
                self.used("recursive query");
                let most = self.r.below(4);
                format!(
                    "WITH RECURSIVE w(n) AS (SELECT {n} FROM {source}{filter} UNION ALL SELECT w.n + 1 FROM w WHERE w.n < {most} AND w.n >= 0) SELECT n FROM w"
                )
            }
            8 => {
                self.used("filter of an aggregate");
                self.used("having");
                format!(
                    "SELECT {} AS k, count(*) FILTER (WHERE {}) AS n FROM {source}{filter} GROUP BY 1 HAVING count(*) > 1",
                    self.text(&scope, 1),
                    self.boolean(&scope, 1)
                )
            }
            9 => {
                self.used("limit");
                let q = self.text(&scope, 1);
                let limit = 1 + self.r.below(4);
                format!(
                    "SELECT * FROM (SELECT {n} AS p, {q} AS q FROM {source}{filter}) z ORDER BY p LIMIT {limit}"
                )
            }
            10 => {
                self.used("any, first and last value");
                let function = self.r.pick(&["first_value", "last_value"]);
                format!(
                    "SELECT {} AS k, {function}({n} ORDER BY {}) AS f, any_value({}) AS a FROM {source}{filter} GROUP BY 1",
                    self.text(&scope, 1),
                    self.number(&scope, 1),
                    self.number(&scope, 1)
                )
            }
            11 => {
                self.used("distinct on");
                let key = self.text(&scope, 1);
                let then = self.number(&scope, 1);
                format!(
                    "SELECT DISTINCT ON ({key}) {key} AS t, {n} AS n FROM {source}{filter} ORDER BY {key}, {then}"
                )
            }
            12 => {
                self.used("limit");
                self.used("aggregate");
                let q = self.text(&scope, 1);
                let limit = 1 + self.r.below(4);
                format!(
                    "SELECT count(*) AS c, max(q) AS q FROM (SELECT {n} AS p, {q} AS q FROM {source}{filter} LIMIT {limit}) z"
                )
            }
            13 => {
                self.used("aggregate");
                let key = self.shown(&scope);
                format!(
                    "SELECT {key} AS k, count(*) AS n, min({n}) AS m FROM {source}{filter} GROUP BY 1"
                )
            }
            14 => {
                self.used("order");
                let (key, shown) = (self.number(&scope, 1), self.shown(&scope));
                let way = self.r.pick(&["", " DESC", " NULLS FIRST"]);
                format!("SELECT {n} AS n, {shown} AS p FROM {source}{filter} ORDER BY {key}{way}")
            }
            15 => {
                self.used("qualify");
                self.used("window");
                let key = self.text(&scope, 1);
                let by = self.number(&scope, 1);
                format!(
                    "SELECT {n} AS n, {key} AS k FROM {source}{filter} QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {by}, {n}) = 1"
                )
            }
            16 => {
                self.used("grouping sets");
                let (a, b) = (self.text(&scope, 1), self.number(&scope, 1));
                let form = self.r.pick(&[
                    "GROUPING SETS ((x), (y), ())",
                    "ROLLUP (x, y)",
                    "CUBE (x, y)",
                ]);
                format!(
                    "SELECT x, y, count(*) AS n FROM (SELECT {a} AS x, {b} AS y FROM {source}{filter}) z GROUP BY {form}"
                )
            }
            17 => {
                self.used("list aggregate");
                let function = self
                    .r
                    .pick(&["array_agg", "max", "median", "approx_distinct"]);
                let by = self.number(&scope, 1);
                if function == "array_agg" {
                    format!("SELECT array_agg({n} ORDER BY {by}, {n}) AS l FROM {source}{filter}")
                } else {
                    format!("SELECT {function}({n}) AS l FROM {source}{filter}")
                }
            }
            18 => {
                self.used("aggregate over a minimum group");
                self.min_group = Some(5);
                let function = self.r.pick(&["sum", "avg"]);
                let where_ =
                    self.r
                        .pick(&["", " WHERE p.country = 'DE'", " WHERE p.nationality = 'DE'"]);
                format!(
                    "SELECT p.country, {function}(p.salary) AS s, count(*) AS n FROM people p{where_} GROUP BY p.country"
                )
            }
            19 => {
                self.used("named query");
                let (more, shown) = (self.text(&scope, 1), self.shown(&scope));
                format!(
                    "WITH w AS (SELECT {n} AS n, {more} AS t, {shown} AS p FROM {source}{filter}) SELECT a.n, b.t, b.p FROM w a JOIN w b ON a.n = b.n"
                )
            }
            20 => {
                self.used("union");
                let (other, scope2) = self.from(1);
                let all = self.r.pick(&["UNION ALL", "UNION"]);
                let (p, q) = (self.shown(&scope), self.shown(&scope2));
                let m = self.number(&scope2, 1);
                let also = self.filter(&scope2, 1);
                format!(
                    "SELECT {n} AS n, CAST({p} AS VARCHAR) AS p FROM {source}{filter} {all} SELECT {m} AS n, CAST({q} AS VARCHAR) AS p FROM {other}{also}"
                )
            }
            21 => {
                self.used("window");
                let shown = self.shown(&scope);
                let by = self.number(&scope, 1);
                let function = self.r.pick(&["lag(", "lead(", "sum("]);
                format!(
                    "SELECT {shown} AS p, {function}{n}) OVER (ORDER BY {by}, {n}) AS w FROM {source}{filter}"
                )
            }
            _ => {
                let items: Vec<String> = (0..1 + self.r.below(3))
                    .map(|at| format!("{} AS p{at}", self.shown(&scope)))
                    .collect();
                let text = self.text(&scope, 1);
                format!(
                    "SELECT {n} AS n, {text} AS t, {} FROM {source}{filter}",
                    items.join(", ")
                )
            }
        }
    }
}
