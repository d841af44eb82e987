"""What a client accepts: the parts of HTTP's Accept and Accept-Encoding that a metrics page needs. Pure."""

from collections.abc import Iterator, Sequence

from exporter.exposition import Format

OPENMETRICS, TEXT, HTML = "application/openmetrics-text", "text/plain", "text/html"


def metrics_format(accept: str) -> Format:
    """Return the format a client likes best; text where it likes both the same, or says nothing."""
    liked = dict(_preferences(accept))
    openmetrics = liked.get(OPENMETRICS, 0.0)
    text = max(liked.get(TEXT, 0.0), liked.get("text/*", 0.0), liked.get("*/*", 0.0))
    return Format.OPENMETRICS if openmetrics > text else Format.TEXT


def prefers_html(accept: str) -> bool:
    """Tell whether a client is a browser: it names HTML, which a terminal does not."""
    liked = dict(_preferences(accept))
    return liked.get(HTML, 0.0) > liked.get(TEXT, 0.0)


def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether a client takes gzip; `gzip;q=0` says that it does not."""
    liked = dict(_preferences(accept_encoding))
    return liked.get("gzip", liked.get("*", 0.0)) > 0


def _preferences(header: str) -> Iterator[tuple[str, float]]:
    """Yield each name with its weight, the best version of it last."""
    found = [_preference(part) for part in header.split(",") if part.strip()]
    yield from sorted(found, key=lambda preference: preference[1])


def _preference(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    return name.lower(), _weight(parameters)


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
