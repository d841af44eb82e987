"""One set of certificates for all tests of this folder."""

from typing import NamedTuple

import pytest

from tests.web.certificates import Issued, authority, client, issue, server


class Certificates(NamedTuple):
    """Two authorities, and what they signed."""

    ca: Issued
    server: Issued
    renewed: Issued
    rsa: Issued
    client: Issued
    nameless: Issued
    other_ca: Issued
    stranger: Issued
    middle: Issued
    below_middle: Issued


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    ca, other_ca = authority(folder, "ca"), authority(folder, "other-ca")
    middle = authority(folder, "middle", signer=ca)
    names = ("DNS:prometheus.internal", "IP:10.1.2.3", "IP:2001:db8::1", "email:ops@example.org", "URI:spiffe://x/prom")
    return Certificates(
        ca=ca,
        server=server(folder, "server", ca),
        renewed=server(folder, "renewed", ca),
        rsa=server(folder, "rsa", ca),
        client=client(folder, "client", ca, *names),
        nameless=issue(folder, "nameless", ca),
        other_ca=other_ca,
        stranger=client(folder, "stranger", other_ca, *names),
        middle=middle,
        below_middle=client(folder, "below-middle", middle, *names),
    )
