"""Reads a Parquet file that Sealine sealed, with pyarrow, as far as the policy lets you.

    python read_lake.py PROJECT FILE [COLUMN ...]

`sealine` is looked for on the PATH; the variable SEALINE names another program.
"""

import os
import sys

import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from sealine_kms import Service, factory


def main(project, path, *columns):
    # The service holds the project while it runs: no pipeline runs meanwhile.
    with Service.start(project, os.environ.get("SEALINE", "sealine")) as service:
        opening = factory(service).file_decryption_properties(
            pe.KmsConnectionConfig(), parquet_file_path=path
        )
        try:
            with pq.ParquetFile(path, decryption_properties=opening) as file:
                # pyarrow passes over the names of columns that are not there.
                unknown = set(columns) - set(file.schema_arrow.names)
                if unknown:
                    sys.exit(f"no such column: {', '.join(sorted(unknown))}")
                table = file.read(list(columns) or None)
        except PermissionError as refused:
            sys.exit(str(refused))
    for row in table.to_pylist():
        print(row)


if __name__ == "__main__":
    main(*sys.argv[1:])
