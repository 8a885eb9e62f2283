"""DuckDB doing the nearest thing it can: two regular expressions and two ranges as filters, sha256 with a salt for
the tokens, substrings for the masks, and Parquet encrypted with one footer key."""
import sys
import duckdb

data, out = sys.argv[1], sys.argv[2]
con = duckdb.connect()
try:
    con.execute("LOAD httpfs")
except duckdb.Error:
    # Without its OpenSSL extension DuckDB writes encrypted files only when told that its own
    # generator will do; for a measurement it will.
    con.execute("SET force_mbedtls_unsafe = 'true'")
con.execute("PRAGMA add_parquet_key('lake', '0123456789abcdef')")
SELECT = r"""
  SELECT id, time, name,
         sha256('a salt of sixteen' || email) AS email,
         sha256('a salt of sixteen' || phone) AS phone,
         sha256('a salt of sixteen' || national_id) AS national_id,
         left(card, 6) || repeat('*', length(card) - 10) || right(card, 4) AS card,
         left(iban, 4) || repeat('*', length(iban) - 8) || right(iban, 4) AS iban,
         age, amount, currency, country, merchant, note
  FROM read_csv($data, header = true, quote = '"', escape = '"', columns = {
    'id': 'BIGINT', 'time': 'TIMESTAMP', 'name': 'VARCHAR', 'email': 'VARCHAR', 'phone': 'VARCHAR',
    'national_id': 'VARCHAR', 'card': 'VARCHAR', 'iban': 'VARCHAR', 'age': 'INTEGER', 'amount': 'DOUBLE',
    'currency': 'VARCHAR', 'country': 'VARCHAR', 'merchant': 'VARCHAR', 'note': 'VARCHAR'})
  WHERE regexp_matches(email, '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{2,}$')
    AND regexp_matches(phone, '^\+[0-9]{8,15}$')
    AND age BETWEEN 1 AND 119 AND amount BETWEEN 0 AND 50000
""".replace("$data", f"'{data}'")
sealed = "" if "--plain" in sys.argv else ", ENCRYPTION_CONFIG {footer_key: 'lake'}"
con.execute(f"COPY ({SELECT}) TO '{out}' (FORMAT parquet, COMPRESSION zstd{sealed})")
