"""For tests that start many clients: reading the system's certificate authorities each time takes long."""

from collections.abc import Iterator

import pytest
import trustme


@pytest.fixture(scope="module", autouse=True)
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One authority in place of the system's; nothing that uses this speaks TLS."""
    path = tmp_path_factory.mktemp("authority") / "authority.pem"
    trustme.CA().cert_pem.write_to_path(path)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(path))
        environment.setenv("SSL_CERT_DIR", str(path.parent))
        yield
