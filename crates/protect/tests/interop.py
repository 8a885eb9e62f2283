"""The other side of interop.rs: JSON objects in and out, one a line, through the libraries of others."""

import json
import struct
import sys

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import aead
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import tink
from tink import aead as tink_aead
from tink import daead as tink_daead
from tink import secret_key_access

tink_aead.register()
tink_daead.register()

unhex = bytes.fromhex


def fernet(case):
    key = Fernet(case["key"].encode())
    return {
        "opened": key.decrypt(case["token"].encode()).hex(),
        "sealed": key.encrypt(unhex(case["msg"])).decode(),
    }


def gcm(case):
    try:
        key = getattr(aead, case["cipher"])(unhex(case["key"]))
    except UnsupportedAlgorithm:
        return {"absent": True}
    iv, aad = unhex(case["iv"]), unhex(case["aad"])
    return {
        "opened": key.decrypt(iv, unhex(case["ct"]), aad).hex(),
        "sealed": key.encrypt(iv, unhex(case["msg"]), aad).hex(),
    }


def siv(case):
    try:
        key = aead.AESSIV(unhex(case["key"]))
    except UnsupportedAlgorithm:
        return {"absent": True}
    aad = [unhex(one) for one in case["aad"]]
    return {
        "opened": key.decrypt(unhex(case["ct"]), aad).hex(),
        "sealed": key.encrypt(unhex(case["msg"]), aad).hex(),
    }


def clear(handle):
    return tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)


def tink_keyset(case):
    """Opens and seals with our keyset; or with a new one of a template, which it hands out."""
    if "keyset" in case:
        handle = tink.json_proto_keyset_format.parse(case["keyset"], secret_key_access.TOKEN)
    else:
        templates = tink_daead.deterministic_aead_key_templates if case["daead"] else tink_aead.aead_key_templates
        handle = tink.new_keyset_handle(getattr(templates, case["template"]))
    msg, aad = unhex(case["msg"]), unhex(case["aad"])
    if case["daead"]:
        primitive = handle.primitive(tink_daead.DeterministicAead)
        seal, open_ = primitive.encrypt_deterministically, primitive.decrypt_deterministically
    else:
        primitive = handle.primitive(tink_aead.Aead)
        seal, open_ = primitive.encrypt, primitive.decrypt
    answer = {"sealed": seal(msg, aad).hex(), "keyset": clear(handle)}
    if "ct" in case:
        answer["opened"] = open_(unhex(case["ct"]), aad).hex()
    return answer


def cell(case):
    """Opens a value of `encrypt` from the description of its bytes alone."""
    sealed = unhex(case["cell"])
    form, head = sealed[0], sealed[:33]
    flags = 0 if form == 1 else form - 0x10
    info = b"encrypt/gcm-siv" if flags & 1 else b"encrypt"
    key = HKDF(hashes.SHA256(), 32, head[5:21], info).derive(unhex(case["key"]))
    parts = [case["dataset"].encode(), case["column"].encode()]
    aad = b"".join(struct.pack(">I", len(part)) + part for part in parts) + head[1:5]
    if flags:
        aad += bytes([form])
    if flags & 4:
        row = unhex(case["row"])
        aad += struct.pack(">I", len(row)) + row
    cipher = aead.AESGCMSIV if flags & 1 else aead.AESGCM
    plain = cipher(key).decrypt(head[21:33], sealed[33:], aad)
    if flags & 2:
        (length,) = struct.unpack(">I", plain[:4])
        if length == 0xFFFFFFFF:
            return {"opened": None}
        plain = plain[4 : 4 + length]
    return {"opened": plain.hex()}


def ecdsa(case):
    key = serialization.load_der_public_key(unhex(case["public"]))
    key.verify(unhex(case["sig"]), unhex(case["msg"]), ec.ECDSA(hashes.SHA256()))
    answers = []
    for curve, digest in (
        (ec.SECP256R1(), hashes.SHA256()),
        (ec.SECP384R1(), hashes.SHA384()),
        (ec.SECP521R1(), hashes.SHA512()),
    ):
        own = ec.generate_private_key(curve)
        point = own.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        answers.append({"point": point.hex(), "sig": own.sign(unhex(case["msg"]), ec.ECDSA(digest)).hex()})
    return {"signed": answers}


def rsa_signatures(case):
    msg, answers = unhex(case["msg"]), []
    for bits in (2048, 3072):
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        numbers = key.public_key().public_numbers()
        for digest in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
            pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
            answers.append(
                {
                    "n": numbers.n.to_bytes(bits // 8, "big").hex(),
                    "e": "010001",
                    "hash": digest.digest_size,
                    "pss": key.sign(msg, pss, digest).hex(),
                    "pkcs1": key.sign(msg, padding.PKCS1v15(), digest).hex(),
                }
            )
    return {"signed": answers}


OPERATIONS = {
    "fernet": fernet,
    "gcm": gcm,
    "siv": siv,
    "tink": tink_keyset,
    "cell": cell,
    "ecdsa": ecdsa,
    "rsa": rsa_signatures,
}

for line in sys.stdin:
    case = json.loads(line)
    print(json.dumps(OPERATIONS[case["op"]](case)), flush=True)
