"""HTTP/1.1 requests that are answered without ASGI's messages, and without tasks.

uvicorn's own protocol reads every request. One that may be answered so (a short POST on a connection that
stays) is kept until it is all there, and shown to the application, which answers at once, or later. What it
does not take goes the ordinary way through ASGI, as if nothing had been.

Clients ask for the same again and again, byte for byte. So what was read of a request is kept (`Familiar`),
and one of the same bytes is not read again. It is answered as if it had been.
"""
