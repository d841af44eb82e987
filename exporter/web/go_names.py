"""Names of Go's crypto/tls, which the web configuration uses, and what they are called in OpenSSL."""

# The suites up to TLS 1.2 that Go calls secure; the toolkit takes no others.
SUITES = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
}
TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
CURVES = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}
CLIENT_AUTH = ("NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert")
UNCHECKED = ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")


def cipher(name: str) -> str:
    """Return OpenSSL's name of a suite; raises ValueError with the mend."""
    if name in TLS13:
        raise ValueError("belongs to TLS 1.3, whose suites cannot be chosen (nor in Go); remove it")
    if name not in SUITES:
        raise ValueError("not a suite that Go calls secure; write for example TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    return SUITES[name]


def curve(given: str) -> str:
    """Return OpenSSL's name of a curve; raises ValueError with the mend."""
    if given not in CURVES:
        raise ValueError(f"unknown curve; write one of {', '.join(CURVES)}")
    return CURVES[given]


def client_auth(given: str) -> str:
    """Return a way to treat client certificates if it is one that can be kept; raises ValueError with the mend."""
    if given in UNCHECKED:
        raise ValueError(
            f"with {given} a certificate is taken but not checked, which is not supported here; "
            "write RequireAndVerifyClientCert or VerifyClientCertIfGiven"
        )
    if given not in CLIENT_AUTH:
        raise ValueError(f"unknown; write one of {', '.join(CLIENT_AUTH)}")
    return given
