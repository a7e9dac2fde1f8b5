"""What the platforms' stand-in servers share: the seeded organisation, the faults and how connections break.

A stand-in is an ASGI application that behaves as its platform is documented to. The demo runs on them, and so
do the tests: over real sockets, with nothing patched.

    organisation.py   who works where, in neutral terms; each platform tells it in its own words
    tidewater.py      the seeded organisation
    large.py          organisations of any size
    faults.py         what can be made to go wrong, and for which calls
    injection.py      makes it go wrong: stands before a stand-in's handlers
    control.py        the same switches over HTTP, under /_sandbox
    calls.py          the calls that a stand-in has received
    connection.py     connections that can be cut off with a reset
    handle.py         one stand-in, ready to be run
"""
