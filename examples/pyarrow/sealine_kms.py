"""A key service for pyarrow that asks `sealine kms`.

pyarrow encrypts and decrypts Parquet itself; what it needs from outside is to have keys wrapped and
unwrapped. This client hands each request to a running `sealine kms` as one line of JSON and reads one
line back. Sealine decides who may, logs what it gave, and never gives out a file key of its keystore.
"""

import base64
import json
import subprocess
import threading

import pyarrow.parquet.encryption as pe


class Service:
    """A `sealine kms` that answers on two streams."""

    def __init__(self, reader, writer, process=None):
        self._reader, self._writer, self._process = reader, writer, process
        self._lock = threading.Lock()

    @classmethod
    def start(cls, project=".", program="sealine"):
        """Starts `sealine kms` for the project in this folder."""
        process = subprocess.Popen(
            [program, "-C", project, "kms"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        return cls(process.stdout, process.stdin, process)

    def ask(self, **request):
        """Sends one request; a refusal is a `PermissionError`."""
        with self._lock:
            self._writer.write(json.dumps(request) + "\n")
            self._writer.flush()
            line = self._reader.readline()
        if not line:
            raise PermissionError("sealine kms ended without an answer")
        answer = json.loads(line)
        if "error" in answer:
            raise PermissionError(f"{answer['error']['code']}: {answer['error']['message']}")
        return answer

    def close(self):
        """Ends the service."""
        self._writer.close()
        if self._process:
            self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Client(pe.KmsClient):
    """pyarrow's side: master keys are the names of Sealine's file keys."""

    def __init__(self, service):
        super().__init__()
        self._service = service

    def wrap_key(self, key_bytes, master_key_identifier):
        plaintext = base64.b64encode(key_bytes).decode()
        answer = self._service.ask(op="wrap", key=master_key_identifier, plaintext=plaintext)
        return answer["wrapped"]

    def unwrap_key(self, wrapped_key, master_key_identifier):
        if isinstance(wrapped_key, bytes):
            wrapped_key = wrapped_key.decode()
        answer = self._service.ask(op="unwrap", key=master_key_identifier, wrapped=wrapped_key)
        return base64.b64decode(answer["plaintext"])


def factory(service):
    """What pyarrow makes encryption and decryption properties with."""
    return pe.CryptoFactory(lambda _: Client(service))
