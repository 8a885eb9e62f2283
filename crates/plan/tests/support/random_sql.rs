//! Random SQL over the catalogue of the tests, with every construct that the rules name.
#![allow(unreachable_pub)]

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

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// A relation in scope: its alias and columns by kind.
#[derive(Clone)]
struct Table {
    alias: String,
    numbers: Vec<String>,
    texts: Vec<String>,
}

fn base(r: &mut Seeded, alias: &str) -> (String, Table) {
    // Mostly internal columns, so that many queries pass.
    let secret = r.below(3) == 0;
    let (name, numbers, texts): (&str, &[&str], &[&str]) = match (r.below(3), secret) {
        (0, true) => (
            "people",
            &["id", "age", "salary"],
            &["country", "email", "diag"],
        ),
        (0, false) => ("people", &["id"], &["country"]),
        (1, true) => ("visits", &["id", "person_id", "cost"], &["notes"]),
        (1, false) => ("visits", &["id", "person_id", "cost"], &[]),
        (_, true) => ("members", &["id"], &["plan", "email"]),
        (_, false) => ("members", &["id"], &["plan"]),
    };
    let own = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    (
        format!("{name} {alias}"),
        Table {
            alias: alias.to_owned(),
            numbers: own(numbers),
            texts: own(texts),
        },
    )
}

fn number(r: &mut Seeded, scope: &[Table], depth: u64) -> String {
    let columns: Vec<String> = scope
        .iter()
        .flat_map(|t| t.numbers.iter().map(move |c| format!("{}.{c}", t.alias)))
        .collect();
    if depth == 0 || r.below(3) == 0 {
        if columns.is_empty() || r.below(4) == 0 {
            return r.pick(&["0", "1", "2", "10", "20"]).to_owned();
        }
        return columns[r.below(columns.len() as u64) as usize].clone();
    }
    let d = depth - 1;
    match r.below(12) {
        0 => format!("({} + {})", number(r, scope, d), number(r, scope, d)),
        1 => format!("({} * {})", number(r, scope, d), number(r, scope, d)),
        2 => format!("({} / {})", number(r, scope, d), number(r, scope, d)),
        3 => format!("({} % {})", number(r, scope, d), number(r, scope, d)),
        4 => format!(
            "CASE WHEN {} THEN {} ELSE {} END",
            boolean(r, scope, d),
            number(r, scope, d),
            number(r, scope, d)
        ),
        5 => format!("coalesce({}, {})", number(r, scope, d), number(r, scope, d)),
        6 => format!("nullif({}, {})", number(r, scope, d), number(r, scope, d)),
        7 => format!("length({})", text(r, scope, d)),
        8 => format!("CAST({} AS BIGINT)", text(r, scope, d)),
        9 => format!(
            "(SELECT {} FROM {})",
            aggregate(r, d),
            subquery_from(r, scope, d)
        ),
        10 => format!(
            "CASE WHEN {} THEN {} END",
            boolean(r, scope, d),
            number(r, scope, d)
        ),
        _ => format!("greatest({}, {})", number(r, scope, d), number(r, scope, d)),
    }
}

fn text(r: &mut Seeded, scope: &[Table], depth: u64) -> String {
    let columns: Vec<String> = scope
        .iter()
        .flat_map(|t| t.texts.iter().map(move |c| format!("{}.{c}", t.alias)))
        .collect();
    if depth == 0 || r.below(3) == 0 {
        if columns.is_empty() || r.below(4) == 0 {
            return r.pick(&["'DE'", "'x'", "'hiv'", "'a@x.y'"]).to_owned();
        }
        return columns[r.below(columns.len() as u64) as usize].clone();
    }
    let d = depth - 1;
    match r.below(7) {
        0 => format!("({} || {})", text(r, scope, d), text(r, scope, d)),
        1 => format!("upper({})", text(r, scope, d)),
        2 => format!("concat({}, {})", text(r, scope, d), text(r, scope, d)),
        3 => format!(
            "CASE WHEN {} THEN {} ELSE {} END",
            boolean(r, scope, d),
            text(r, scope, d),
            text(r, scope, d)
        ),
        4 => format!("coalesce({}, {})", text(r, scope, d), text(r, scope, d)),
        5 => format!("CAST({} AS VARCHAR)", number(r, scope, d)),
        _ => format!("reverse(trim({}))", text(r, scope, d)),
    }
}

fn boolean(r: &mut Seeded, scope: &[Table], depth: u64) -> String {
    let d = depth.saturating_sub(1);
    match r.below(11) {
        0 => format!("{} > {}", number(r, scope, d), number(r, scope, d)),
        1 => format!("{} = {}", number(r, scope, d), number(r, scope, d)),
        2 => format!("{} = {}", text(r, scope, d), text(r, scope, d)),
        3 => format!(
            "{} IS NULL",
            if r.below(2) == 0 {
                text(r, scope, d)
            } else {
                number(r, scope, d)
            }
        ),
        4 => format!("{} LIKE '%x%'", text(r, scope, d)),
        5 if depth > 0 => format!("({} OR {})", boolean(r, scope, d), boolean(r, scope, d)),
        6 if depth > 0 => format!("NOT ({})", boolean(r, scope, d)),
        7 if depth > 0 => format!("EXISTS (SELECT 1 FROM {})", subquery_from(r, scope, d)),
        8 if depth > 0 => {
            let not = r.pick(&["", "NOT "]);
            let (source, table) = base(r, "sq");
            let inner = number(r, std::slice::from_ref(&table), 1);
            format!(
                "{} {not}IN (SELECT {inner} FROM {source} WHERE {})",
                number(r, scope, d),
                boolean(r, &[table], d)
            )
        }
        9 => format!(
            "{} IN (1, 2, {})",
            number(r, scope, d),
            r.pick(&["3", "NULL", "10"])
        ),
        _ => format!("{} <= {}", number(r, scope, d), r.pick(&["1", "2", "10"])),
    }
}

/// `table WHERE …`, often about the outer row.
fn subquery_from(r: &mut Seeded, outer: &[Table], depth: u64) -> String {
    let (source, table) = base(r, "sq");
    let outer_number = outer
        .iter()
        .find_map(|t| t.numbers.first().map(|c| format!("{}.{c}", t.alias)));
    let link = match outer_number {
        Some(column) if r.below(2) == 0 => format!("sq.{} = {column} AND ", table.numbers[0]),
        _ => String::new(),
    };
    format!("{source} WHERE {link}{}", boolean(r, &[table], depth))
}

fn aggregate(r: &mut Seeded, depth: u64) -> String {
    let _ = depth;
    r.pick(&["count(*)", "max(sq.id)", "sum(sq.id)", "min(sq.id)"])
        .to_owned()
}

/// FROM, with the tables in scope.
fn from(r: &mut Seeded, depth: u64) -> (String, Vec<Table>) {
    let (first, a) = source(r, "a", depth);
    match r.below(5) {
        0 | 1 => (first, vec![a]),
        n => {
            let (second, b) = source(r, "b", depth);
            let scope = vec![a.clone(), b.clone()];
            let on = format!(
                "{}.{} = {}.{}",
                a.alias,
                a.numbers[0],
                b.alias,
                b.numbers[r.below(b.numbers.len() as u64) as usize]
            );
            let extra = if r.below(3) == 0 {
                format!(" AND {}", boolean(r, &scope, 1))
            } else {
                String::new()
            };
            let kind = match n {
                2 => "JOIN",
                3 => r.pick(&["LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]),
                _ => r.pick(&["LEFT SEMI JOIN", "LEFT ANTI JOIN", "CROSS JOIN"]),
            };
            let scope = if kind.contains("SEMI") || kind.contains("ANTI") {
                vec![a]
            } else {
                scope
            };
            match kind {
                "CROSS JOIN" => (format!("{first} CROSS JOIN {second}"), scope),
                _ => (format!("{first} {kind} {second} ON {on}{extra}"), scope),
            }
        }
    }
}

fn source(r: &mut Seeded, alias: &str, depth: u64) -> (String, Table) {
    let table = |numbers: &[&str], texts: &[&str]| Table {
        alias: alias.to_owned(),
        numbers: numbers.iter().map(|n| (*n).to_owned()).collect(),
        texts: texts.iter().map(|n| (*n).to_owned()).collect(),
    };
    match r.below(12) {
        0 => (
            format!("generate_series(0, 4) {alias}(value)"),
            table(&["value"], &[]),
        ),
        1 | 2 if depth > 0 => {
            let (inner, scope) = from(r, depth - 1);
            let (n, t) = (number(r, &scope, 2), text(r, &scope, 2));
            let filter = if r.below(2) == 0 {
                format!(" WHERE {}", boolean(r, &scope, 2))
            } else {
                String::new()
            };
            let distinct = r.pick(&["", "", "DISTINCT "]);
            (
                format!("(SELECT {distinct}{n} AS n, {t} AS t FROM {inner}{filter}) {alias}"),
                table(&["n"], &["t"]),
            )
        }
        3 if depth > 0 => {
            let (inner, scope) = from(r, depth - 1);
            let key = text(r, &scope, 1);
            let value = number(r, &scope, 1);
            let function = r.pick(&["count", "sum", "max", "min"]);
            (
                format!(
                    "(SELECT {key} AS t, {function}({value}) AS n FROM {inner} GROUP BY 1) {alias}"
                ),
                table(&["n"], &["t"]),
            )
        }
        4 if depth > 0 => {
            let (inner, scope) = from(r, depth - 1);
            let (other, scope2) = from(r, depth - 1);
            let op = r.pick(&["UNION ALL", "UNION", "EXCEPT", "INTERSECT"]);
            let (a, b) = (number(r, &scope, 1), number(r, &scope2, 1));
            let (p, q) = (boolean(r, &scope, 1), boolean(r, &scope2, 1));
            (
                format!(
                    "(SELECT {a} AS n FROM {inner} WHERE {p} {op} SELECT {b} AS n FROM {other} WHERE {q}) {alias}"
                ),
                table(&["n"], &[]),
            )
        }
        5 if depth > 0 => {
            let (inner, scope) = from(r, depth - 1);
            let (n, m) = (number(r, &scope, 1), number(r, &scope, 1));
            (
                format!("(SELECT {n} AS n, unnest(make_array({m}, 1)) AS k FROM {inner}) {alias}"),
                table(&["n", "k"], &[]),
            )
        }
        _ => base(r, alias),
    }
}

/// A whole query.
pub fn query(r: &mut Seeded) -> String {
    let (source, scope) = from(r, 2);
    let filter = if r.below(3) == 0 {
        format!(" WHERE {}", boolean(r, &scope, 2))
    } else {
        String::new()
    };
    let n = number(r, &scope, 2);
    match r.below(14) {
        10 => format!(
            "SELECT * FROM (SELECT {n} AS p, {} AS q FROM {source}{filter}) z ORDER BY p LIMIT {}",
            text(r, &scope, 1),
            1 + r.below(4)
        ),
        11 => format!(
            "SELECT {} AS k, first_value({n} ORDER BY {}) AS f, any_value({}) AS a FROM {source}{filter} GROUP BY 1",
            text(r, &scope, 1),
            number(r, &scope, 1),
            number(r, &scope, 1)
        ),
        12 => {
            let key = text(r, &scope, 1);
            format!(
                "SELECT DISTINCT ON ({key}) {key} AS t, {n} AS n FROM {source}{filter} ORDER BY {key}, {}",
                number(r, &scope, 1)
            )
        }
        13 => format!(
            "SELECT count(*) AS c, max(q) AS q FROM (SELECT {n} AS p, {} AS q FROM {source}{filter} LIMIT {}) z",
            text(r, &scope, 1),
            1 + r.below(4)
        ),
        0 => format!(
            "SELECT {} AS k, count(*) AS n, max({n}) AS m FROM {source}{filter} GROUP BY 1",
            text(r, &scope, 1)
        ),
        1 => format!("SELECT count(*) AS c, sum({n}) AS s FROM {source}{filter}"),
        2 => format!(
            "SELECT {n} AS n, row_number() OVER (PARTITION BY {} ORDER BY {}, {n}) AS w FROM {source}{filter}",
            text(r, &scope, 1),
            number(r, &scope, 1)
        ),
        3 => format!(
            "SELECT encrypt({}, 'lake') AS e, {n} AS n FROM {source}{filter}",
            text(r, &scope, 3)
        ),
        4 => format!(
            "SELECT encrypt({n}, 'lake') AS e, redact({}) AS x FROM {source}{filter}",
            text(r, &scope, 2)
        ),
        5 => {
            let keys = format!("{n}, {}", number(r, &scope, 1));
            format!(
                "SELECT * FROM (SELECT {n} AS p, {} AS q FROM {source}{filter}) z ORDER BY p, q LIMIT {}",
                keys.rsplit_once(", ").unwrap().1,
                1 + r.below(4)
            )
        }
        6 => format!(
            "SELECT DISTINCT {n} AS n, {} AS t FROM {source}{filter}",
            text(r, &scope, 1)
        ),
        7 => format!(
            "WITH RECURSIVE w(n) AS (SELECT {n} FROM {source}{filter} UNION ALL SELECT w.n + 1 FROM w WHERE w.n < 3 AND w.n >= 0) SELECT n FROM w"
        ),
        8 => format!(
            "SELECT {} AS k, count(*) FILTER (WHERE {}) AS n FROM {source}{filter} GROUP BY 1 HAVING count(*) > 1",
            text(r, &scope, 1),
            boolean(r, &scope, 1)
        ),
        _ => format!(
            "SELECT {n} AS n, {} AS t FROM {source}{filter}",
            text(r, &scope, 2)
        ),
    }
}
