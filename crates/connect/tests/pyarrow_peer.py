"""The other side of tests/pyarrow.rs: pyarrow, whose key service is the test itself.

Usage: pyarrow_peer.py CLIENT_FOLDER write|read|open|refused FOLDER. Requests go out on standard output.
"""

import datetime
import decimal
import json
import os
import sys

sys.path.insert(0, sys.argv[1])

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from sealine_kms import Service, factory

action, folder = sys.argv[2:4]
service = Service(sys.stdin, sys.stdout)
# Each has its own cache of keys, so that nothing is opened with what another asked for.
properties = lambda path: factory(service).file_decryption_properties(
    pe.KmsConnectionConfig(), parquet_file_path=path
)


def table(rows):
    ids = range(rows)
    return pa.table({
        "id": pa.array(ids, pa.int64()),
        "email": pa.array([None if n % 7 == 0 else f"canary-email-{n}" for n in ids]),
        "card": pa.array([f"canary-card-{n}" for n in ids]),
        "note": pa.array([f"canary-note-{n}" for n in ids]),
        "amount": pa.array([decimal.Decimal(n) / 100 for n in ids], pa.decimal128(18, 2)),
        "born": pa.array([datetime.date(1970, 1, 1) + datetime.timedelta(n) for n in ids]),
    })


def write(path, **options):
    config = pe.EncryptionConfiguration("lake", **options)
    sealing = factory(service).file_encryption_properties(
        pe.KmsConnectionConfig(), config, parquet_file_path=path
    )
    rows = table(1000)
    with pq.ParquetWriter(path, rows.schema, encryption_properties=sealing) as writer:
        writer.write_table(rows, row_group_size=300)


def read(path, columns=None):
    with pq.ParquetFile(path, decryption_properties=properties(path)) as file:
        return file.read(columns)


def fails(path, columns=None):
    try:
        read(path, columns)
    except (OSError, PermissionError, pa.ArrowException):
        return
    raise AssertionError(f"{path} opens with {columns}")


BY_COLUMN = {"pii": ["email"], "pci": ["card"], "lake": ["id", "note", "amount", "born"]}

if action == "write":
    for columns in ("uniform", "columns"):
        keys = {"uniform_encryption": True} if columns == "uniform" else {"column_keys": BY_COLUMN}
        for internal in (True, False):
            for twice in (True, False):
                name = "-".join([columns, "in" if internal else "ex", "twice" if twice else "once"])
                write(
                    f"{folder}/{name}.parquet",
                    internal_key_material=internal,
                    double_wrapping=twice,
                    data_key_length_bits=256 if twice else 128,
                    **keys,
                )
    write(f"{folder}/partly.parquet", column_keys={"pii": ["email"]})
    write(f"{folder}/footer.parquet", column_keys=BY_COLUMN, plaintext_footer=True)
    write(f"{folder}/ctr.parquet", uniform_encryption=True, encryption_algorithm="AES_GCM_CTR_V1")
elif action == "read":
    for name in sorted(os.listdir(folder)):
        if name.endswith(".parquet"):
            path = f"{folder}/{name}"
            found = read(path)
            assert found.equals(table(1000)), (name, found.schema)
            assert read(path, ["note", "id"]).num_rows == 1000
            try:
                pq.read_table(path)
                raise AssertionError(f"{name} opens without a key")
            except OSError:
                pass
elif action == "open":
    # Some keys are refused: the columns under the others are read.
    for name in sorted(os.listdir(folder)):
        if name.endswith(".parquet"):
            found = read(f"{folder}/{name}", ["id", "email", "note"])
            assert found.equals(table(1000).select(["id", "email", "note"])), name
            fails(f"{folder}/{name}", ["card"])
elif action == "refused":
    for name in sorted(os.listdir(folder)):
        if name.endswith(".parquet"):
            fails(f"{folder}/{name}")
else:
    raise AssertionError(action)
print(json.dumps({"op": "done"}))
