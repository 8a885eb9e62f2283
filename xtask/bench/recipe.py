"""The usual recipe, row by row: a pydantic model checks each row, Fernet seals what is personal, pyarrow writes."""
import csv
import sys
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.fernet import Fernet
from pydantic import BaseModel, Field


class Payment(BaseModel):
    id: int
    time: datetime
    name: str
    email: str = Field(pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{2,}$")
    phone: str = Field(pattern=r"^\+[0-9]{8,15}$")
    national_id: str
    card: str
    iban: str
    age: int = Field(ge=1, le=119)
    amount: float = Field(ge=0, le=50000)
    currency: str
    country: str
    merchant: str
    note: str


data, out = sys.argv[1], sys.argv[2]
fernet = Fernet(Fernet.generate_key())
writer, rows = None, []


def flush():
    global writer, rows
    if not rows:
        return
    table = pa.Table.from_pylist(rows)
    if writer is None:
        writer = pq.ParquetWriter(out, table.schema, compression="zstd")
    writer.write_table(table)
    rows = []


with open(data, newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        try:
            payment = Payment(**row)
        except ValueError:
            continue
        record = payment.model_dump()
        for name in ("email", "phone", "national_id"):
            record[name] = fernet.encrypt(record[name].encode()).decode()
        record["card"] = record["card"][:6] + "******" + record["card"][-4:]
        record["iban"] = record["iban"][:4] + "*" * 14 + record["iban"][-4:]
        rows.append(record)
        if len(rows) >= 50_000:
            flush()
flush()
if writer is not None:
    writer.close()
