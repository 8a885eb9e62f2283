"""Reads a Parquet file that Sealine sealed, or a folder of partitions, with pyarrow, as far as the policy lets you.

    python read_lake.py PROJECT FILE_OR_FOLDER [COLUMN ...]

`sealine` is looked for on the PATH; the variable SEALINE names another program.
"""

import os
import sys

import pyarrow.dataset as ds
import pyarrow.parquet.encryption as pe
from sealine_kms import Service, factory


def main(project, path, *columns):
    # The service holds the project while it runs: no pipeline runs meanwhile.
    with Service.start(project, os.environ.get("SEALINE", "sealine")) as service:
        opening = ds.ParquetDecryptionConfig(
            factory(service), pe.KmsConnectionConfig(), pe.DecryptionConfiguration()
        )
        options = ds.ParquetFragmentScanOptions(decryption_config=opening)
        sealed = ds.ParquetFileFormat(default_fragment_scan_options=options)
        try:
            # The values in the names of folders, `day=2026-11-22`, come as columns.
            lake = ds.dataset(path, format=sealed, partitioning="hive")
            unknown = set(columns) - set(lake.schema.names)
            if unknown:
                sys.exit(f"no such column: {', '.join(sorted(unknown))}")
            table = lake.to_table(columns=list(columns) or None)
        except PermissionError as refused:
            sys.exit(str(refused))
    for row in table.to_pylist():
        print(row)


if __name__ == "__main__":
    main(*sys.argv[1:])
