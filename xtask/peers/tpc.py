"""Writes the query texts of TPC-H and TPC-DS, one file each, into the folder that is named; prints
the SHA-256 of each suite."""

import hashlib
import importlib
import pathlib
import sys

import duckdb

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for suite in ("tpch", "tpcds"):
    package = pathlib.Path(importlib.import_module(f"duckdb_extension_{suite}").__file__).parent
    (extension,) = package.glob(f"extensions/*/{suite}.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    query = f"SELECT query_nr, query FROM {suite}_queries() ORDER BY 1"
    digest = hashlib.sha256()
    for number, text in connection.execute(query).fetchall():
        digest.update(text.encode())
        (folder / f"{suite}-{number:02}.sql").write_bytes(text.encode())
    print(suite, digest.hexdigest())
