# The console page of spice-html5, and every script that it names, are served, and with the declared certificate where one is
# declared. Python 2.7 to 3.14. Arguments: the page's URL, the certificate's SHA-256 or nothing. What is wrong is the last line.
import hashlib
import re
import socket
import ssl
import sys

try:
    from urllib.parse import urljoin, urlsplit
    from urllib.request import HTTPSHandler, ProxyHandler, build_opener

    oldest = {}
except ImportError:  # Python 2, the one of Mitaka
    from urllib2 import HTTPSHandler, ProxyHandler, build_opener
    from urlparse import urljoin, urlsplit

    oldest = {"ssl_version": ssl.PROTOCOL_SSLv23}

LARGEST = 16 * 1024 * 1024  # bytes of a file that are read

socket.setdefaulttimeout(20)
# The name in the certificate is for browsers; here it is the node itself that is asked.
handlers = [ProxyHandler({})]
if hasattr(ssl, "_create_unverified_context"):
    handlers.append(HTTPSHandler(context=ssl._create_unverified_context()))
opener = build_opener(*handlers)


def stop(text):
    sys.stdout.write(text + "\n")
    sys.exit(9)


def get(url):
    try:
        return opener.open(url, timeout=20).read(LARGEST).decode("utf-8", "replace")
    except Exception as error:
        stop("%s: %s" % (url, error))


page, fingerprint = sys.argv[1:3]
if fingerprint:
    url = urlsplit(page)
    try:
        served = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((url.hostname, url.port), **oldest))
    except Exception as error:
        stop("%s: no TLS: %s" % (page, error))
    if hashlib.sha256(served).hexdigest().upper() != fingerprint.replace(":", ""):
        stop("%s has another certificate than the one declared" % page)
html = get(page)
scripts = re.findall(r"<script[^>]+src=[\"']([^\"']+)", html) + re.findall(r"\bfrom\s+[\"']([^\"']+)", html)
if not scripts:
    stop("%s names no script: this is not the SPICE client" % page)
for script in scripts:
    get(urljoin(page, script))
