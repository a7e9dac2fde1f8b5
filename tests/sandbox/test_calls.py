"""gateway/sandbox/calls.py: what a stand-in was asked."""

from gateway.sandbox.calls import Call, CallLog


def log_of(*paths: str) -> CallLog:
    log = CallLog(clock=lambda: 1.0)
    for path in paths:
        log.record(method="GET", path=path)
    return log


def test_a_call_is_kept_with_its_moment() -> None:
    assert list(log_of("/a")) == [Call(method="GET", path="/a", at=1.0)]


def test_the_oldest_call_comes_first() -> None:
    assert [call.path for call in log_of("/a", "/b")] == ["/a", "/b"]


def test_a_slice_gives_the_latest_calls() -> None:
    assert [call.path for call in log_of("/a", "/b", "/c")[-2:]] == ["/b", "/c"]


def test_calls_that_are_no_longer_kept_are_still_counted() -> None:
    log = log_of(*["/a"] * 10_050)
    assert (len(log), log.counts, log.total_count) == (10_000, {"/a": 10_050}, 10_050)


def test_a_failing_test_is_shown_methods_and_paths() -> None:
    assert repr(log_of("/a")) == "CallLog(['GET /a'])"
