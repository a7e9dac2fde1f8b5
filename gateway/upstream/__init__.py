"""The outgoing border: the only place that sends anything to a platform.

`channel` is what a platform folder calls; `transport` is the port that carries one request, with
`curl_transport` and `httpx_transport` behind it; `health` remembers how the calls went.
"""
