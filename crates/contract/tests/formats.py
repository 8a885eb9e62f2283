#!/usr/bin/env python3
"""What independent implementations say of texts that `is:` checks; writes formats.jsonl.

ip, ipv4, ipv6, cidr: ipaddress of Python's standard library.  json: its json, made strict.
iban: python-stdnum 2.2 (SWIFT registry 101).  currency: iso4217 1.16.20260101.
url: rfc3986-validator 0.1.1, narrowed to what names.rs says is taken.
Seeded: the same texts every time.  `pip install python-stdnum iso4217 rfc3986-validator`
"""
import ipaddress, json, pathlib, random, re
import iso4217, stdnum.iban
from rfc3986_validator import validate_rfc3986

R = random.Random(5470)
CURRENCIES = {c.code for c in iso4217.Currency}


def tried(parse, text):
    try:
        parse(text)
        return True
    except Exception:
        return False


def ip(text, parse):
    # A zone is no part of an address in data.
    return "%" not in text and tried(parse, text)


def cidr(text, strict):
    head, slash, tail = text.rpartition("/")
    # Python takes masks, a missing prefix and any digits of Unicode.
    if not slash or not re.fullmatch(r"0|[1-9][0-9]{0,2}", tail, re.ASCII) or not ip(head, ipaddress.ip_address):
        return False
    if strict and str(ipaddress.ip_address(head)) != head:
        return False
    return tried(lambda t: ipaddress.ip_network(t, strict=strict), text)


def iban(text):
    # stdnum strips more than single spaces, and checks the national digits too unless asked not to.
    if not re.fullmatch(r"[A-Za-z0-9]( ?[A-Za-z0-9])*", text, re.ASCII):
        return False
    return tried(lambda t: stdnum.iban.validate(t, check_country=False), text)


def as_json(text):
    def refuse(constant):
        raise ValueError(constant)

    try:
        value = json.loads(text, parse_constant=refuse)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no character
        return not text.startswith("\ufeff") and text.strip(" \t\r\n") == text.strip()
    except Exception:
        return False


HOST = re.compile(r"https?://(\[[^\]]*\]|[^/?#:@\[\]]+)(:[0-9]{1,5})?([/?#]|$)", re.I | re.ASCII)
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)


def url(text):
    found = HOST.match(text)
    if not found or len(text) > 2048 or validate_rfc3986(text, rule="URI") is None:
        return False
    if found[2] and int(found[2][1:]) > 65535:
        return False
    if found[1].startswith("["):
        return ip(found[1][1:-1], ipaddress.IPv6Address)
    labels = found[1].split(".")
    named = all(LABEL.fullmatch(label) for label in labels) and len(found[1]) <= 253
    return named and not labels[-1].isdigit() or ip(found[1], ipaddress.IPv4Address)


CHECKS = {
    "ip": lambda t: ip(t, ipaddress.ip_address),
    "ipv4": lambda t: ip(t, ipaddress.IPv4Address),
    "ipv6": lambda t: ip(t, ipaddress.IPv6Address),
    "cidr": lambda t: cidr(t, False),
    "cidr strict": lambda t: cidr(t, True),
    "ipv6 strict": lambda t: ip(t, ipaddress.IPv6Address) and str(ipaddress.ip_address(t)) == t,
    "iban": iban,
    "json": as_json,
    "currency": lambda t: t in CURRENCIES,
    "url": url,
}
SEEDS = {
    "ip": ["0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::ff00:42:8329", "1:2:3:4:5:6:7:8", "fe80::1", "64:ff9b::192.0.2.33"],
    "ipv4": ["192.0.2.1", "10.0.0.1", "1.2.3.4", "127.0.0.1", "01.2.3.4", "1.2.3", "256.1.1.1"],
    "ipv6": ["::", "2001:db8::1", "1::", "::8", "1:2:3:4:5:6:7::", "2001:DB8:0:0:8:800:200C:417A", "1:2:3:4:5:6:7:8:9", "::1.2.3.4", "fe80::1%eth0"],
    "cidr": ["10.0.0.0/8", "192.0.2.1/24", "::/0", "2001:db8::/32", "0.0.0.0/0", "1.2.3.4/32", "::1/128", "10.0.0.0/33", "10.0.0.0/08", "::/129", "1.2.3.4"],
    "iban": ["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "FR1420041010050500013M02606", "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "gb29NWBK60161331926819", "SC18SSCB11010000000000001497USD", "YE15CBYE0001018861234567891234", "XX00123456789"],
    "json": ['{"a":[1,2.5e-3,null,true,"x\\u00e9\\ud83d\\ude00"]}', "[]", '"\\ud800"', "01", "-", "1.", ".5", "1e5", "[1,]", '{"a":1,}', '{"a":1 "b":2}', "nul", "'a'", '"\\x41"', "NaN", "Infinity", " 1 ", "", '{"":{}}', '"a\tb"', "\ufeff1"],
    "url": ["https://example.com", "http://example.com:8080/a/b?c=d#e", "https://[2001:db8::1]:443/", "http://192.0.2.1/%7euser", "HTTPS://EXAMPLE.COM/", "http://localhost", "ftp://example.com", "https://user:pw@example.com/", "https://example.com/%zz", "https://example.com/a b", "https://exa_mple.com", "https://example.com:99999/", "https://", "//example.com", "mailto:a@b.co", "https://example.com/#a#b", "https://1.2.3.4.5/", "https://a.256/", "http://example.com/ä", "https://-a.com", "http://[::1%25eth0]/", "http://[v1.a]/"],
}
SEEDS["currency"] = ["EUR", "USD", "XXX", "BGN", "ZWG", "eur", "EURO", "EU"]
SEEDS["cidr strict"] = SEEDS["cidr"]
SEEDS["ipv6 strict"] = SEEDS["ipv6"] + ["2001:0db8::1", "2001:db8:0:1:1:1:1:1", "0:0::1"]
PIECES = list("0123456789abcdefABCDEF:./%[]{}\",'-+ #?@\\e") + ["::", "00", "é", "１", "255", "\n"]


def mutated(text):
    for _ in range(R.randint(1, 2)):
        at = R.randrange(len(text) + 1)
        match R.randrange(3):
            case 0:
                text = text[:at] + text[at + 1 :]
            case 1:
                text = text[:at] + R.choice(PIECES) + text[at:]
            case _:
                text = text[:at] + R.choice(PIECES) + text[at + 1 :]
    return text


lines = []
for kind, check in CHECKS.items():
    texts = dict.fromkeys(SEEDS[kind])
    while len(texts) < 160:
        texts[mutated(R.choice(SEEDS[kind]))] = None
    for text in texts:
        is_, _, strict = kind.partition(" ")
        lines.append(json.dumps({"is": is_, "strict": bool(strict), "text": text, "holds": check(text)}))
pathlib.Path(__file__).with_suffix(".jsonl").write_text("\n".join(lines) + "\n")
