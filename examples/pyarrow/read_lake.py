"""Reads a Parquet file that Sealine sealed, with pyarrow, as far as the policy lets you.

    python read_lake.py PROJECT FILE [COLUMN ...]
"""

import sys

import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from sealine_kms import Service, factory


def main(project, path, *columns):
    # The service holds the project while it runs: no pipeline runs meanwhile.
    with Service.start(project) as service:
        opening = factory(service).file_decryption_properties(
            pe.KmsConnectionConfig(), parquet_file_path=path
        )
        with pq.ParquetFile(path, decryption_properties=opening) as file:
            table = file.read(list(columns) or None)
    for row in table.to_pylist():
        print(row)


if __name__ == "__main__":
    main(*sys.argv[1:])
