"""For clients that speak plain HTTP only: reading the system's certificate authorities takes long."""

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
