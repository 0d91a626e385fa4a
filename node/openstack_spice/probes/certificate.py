"""Looks at a certificate and its key with the library and the user that the proxy has. Python 2.7 and later.

Arguments: CERTIFICATE KEY HOST. Exit status 0: nothing to say, or a line to be reported; 9: a line says why it cannot be used.
What its ssl module does not have is not looked at; the page's check finds what is left.
"""

import re
import socket
import ssl
import sys
import time

SOON = 30 * 86400  # seconds


def refuse(text):
    print(text)
    sys.exit(9)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except (IOError, OSError) as error:
        refuse(
            "%s cannot be read by the user nova (%s). Give the path of a PEM file, root:nova 0640 in folders that nova can enter"
            % (path, error.strerror)
        )


def look_at_key(certificate, key):
    read(certificate)
    if b"ENCRYPTED" in read(key):
        refuse(
            "the key in %s is encrypted, and the proxy has nobody to ask for the password. Write it as openssl pkey -in %s prints it"
            % (key, key)
        )
    if not hasattr(ssl, "SSLContext"):
        return
    try:
        ssl.SSLContext(getattr(ssl, "PROTOCOL_TLS_SERVER", getattr(ssl, "PROTOCOL_SSLv23", None))).load_cert_chain(certificate, key)
    except Exception as error:
        if "MISMATCH" in str(error):
            refuse(
                "the key in %s is not that of the certificate in %s, the first one there. "
                "Put the server's own certificate first, and its key" % (key, certificate)
            )
        reason = re.sub(r"^\[[^]]*\] | ?\(_ssl.*", "", str(error))
        refuse("%s and %s are no certificate and key that OpenSSL takes (%s). Give PEM files" % (certificate, key, reason))


def look_at_certificate(certificate, host):
    try:
        known = ssl._ssl._test_decode_cert(certificate)
    except Exception:
        return
    now, begin, end = time.time(), known.get("notBefore"), known["notAfter"]
    if ssl.cert_time_to_seconds(end) <= now:
        refuse("the certificate %s expired on %s. Renew it" % (certificate, end))
    if begin and ssl.cert_time_to_seconds(begin) > now:
        refuse(
            "the certificate %s is valid from %s only. Give one that is valid now, or see to the clock of this node" % (certificate, begin)
        )
    names = known.get("subjectAltName", ())
    if host and not any(covers(kind, name, host) for kind, name in names):
        listed = ", ".join(name.strip() for kind, name in names) or "no host at all"
        refuse(
            "the certificate %s is for %s, and not for %s, the host of baseUrl. Give one for that host, or write a host that it is for"
            % (certificate, listed, host)
        )
    if ssl.cert_time_to_seconds(end) - now < SOON:
        print("the certificate %s expires on %s: renew it in time" % (certificate, end))


def address(text):
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_pton(family, text.strip())
        except (socket.error, ValueError):
            pass
    return None


def covers(kind, name, host):
    if kind == "IP Address":
        return address(host) is not None and address(name) == address(host)
    if kind != "DNS" or address(host) is not None:
        return False
    name = name.lower()
    return name == host or (name[:2] == "*." and host.partition(".")[2] == name[2:])


look_at_key(sys.argv[1], sys.argv[2])
look_at_certificate(sys.argv[1], sys.argv[3])
