"""Reads what a fault left, with pyarrow: the judge of `cargo xtask faults` that shares no code with what it judges.

    python judge.py EXAMPLES PROGRAM

One line of JSON asks, one line answers. Asked: {"project": folder, "datasets": {name: folder}}, where the
keys come from the `sealine kms` of the project. Answered: {name: {"rows": [...], "links": {...}}} with the
rows sorted and without the column `phone`, whose random token stands under its row's id in `links`.
"""

import json
import pathlib
import sys

sys.path.insert(0, sys.argv[1])

import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from sealine_kms import Service, factory


def dataset(service, folder):
    rows, links = [], {}
    for path in sorted(pathlib.Path(folder).glob("*.parquet")):
        opening = factory(service).file_decryption_properties(
            pe.KmsConnectionConfig(), parquet_file_path=str(path)
        )
        with pq.ParquetFile(path, decryption_properties=opening) as file:
            for row in file.read().to_pylist():
                token = row.pop("phone", None)
                if token is not None and "id" in row:
                    links[str(row["id"])] = token
                # When the run was is no part of what is compared.
                row = {name: value for name, value in row.items() if not name.startswith("_run")}
                rows.append(json.dumps(row, sort_keys=True, default=str))
    return {"rows": sorted(rows), "links": links}


def answer(asked):
    with Service.start(asked["project"], sys.argv[2]) as service:
        return {name: dataset(service, folder) for name, folder in asked["datasets"].items()}


for line in sys.stdin:
    try:
        told = answer(json.loads(line))
    except Exception as error:  # whatever it is, the harness has to hear of it
        told = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(told), flush=True)
