"""What boto3 raises → why a run failed (sources.md 4.7), in words that quote no account, user or key."""

import re
from datetime import datetime, timedelta

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from exporter.model import Reason, SourceError
from exporter.sources.clock_skew import ahead, worded

# All that a request may raise; a parser's error is of no family.
ERRORS = (aws.BotoCoreError, aws.ClientError, ResponseParserError)
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
CREDENTIALS = frozenset(
    {
        *("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "InvalidSignatureException"),
        *("IncompleteSignature", "MissingAuthenticationToken", "MissingAuthenticationTokenException"),
        *("NotAuthorized", "OptInRequired", "RequestExpired", "SignatureDoesNotMatch", "UnrecognizedClientException"),
    }
)
THROTTLED = frozenset(
    {
        *("LimitExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException"),
        *("SlowDown", "Throttling", "ThrottlingException", "TooManyRequestsException"),
    }
)
NO_CREDENTIALS = (
    *(aws.NoCredentialsError, aws.PartialCredentialsError, aws.CredentialRetrievalError, aws.TokenRetrievalError),
    *(aws.ProfileNotFound, aws.SSOError, aws.LoginError),
)
SERVER_ERROR = 500
# A signature is valid for five minutes.
MOST_SKEW = timedelta(minutes=5)
MESSAGE_LENGTH = 200
# An account, or whose it is.
NAMED = re.compile(r"arn:\S+|\b\d{12}\b|\S+@\S+")
READ = "docs/aws-cost.md"


def explained(error: Exception, operation: str, now: datetime) -> SourceError:
    """Make the error of a run of what boto3 raised for an operation."""
    if isinstance(error, aws.ClientError):
        return _answered(error, operation, now)
    kind = type(error).__name__
    if isinstance(error, NO_CREDENTIALS):
        return SourceError(Reason.AUTH, f"there are no usable AWS credentials ({kind}); give a role or keys: {READ}")
    if isinstance(error, aws.ConnectTimeoutError | aws.ReadTimeoutError):
        return SourceError(Reason.TIMEOUT, f"{operation} was not answered in time ({kind}); see the network to AWS")
    if isinstance(error, aws.ConnectionError | aws.ConnectionClosedError | aws.HTTPClientError):
        return SourceError(
            Reason.CONNECT, f"Cost Explorer cannot be reached ({kind}); see the network, or aws.endpoint"
        )
    return SourceError(Reason.QUERY, f"the answer to {operation} cannot be read ({kind}); see aws.endpoint")


def code_of(error: Exception) -> str:
    """Return what AWS calls an error that it answered with; empty if it did not answer."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, aws.ClientError) else ""


def may_pass(error: Exception) -> bool:
    """Tell whether the same request may be answered a moment later."""
    if isinstance(error, aws.ClientError):
        return code_of(error) in THROTTLED or _status(error) >= SERVER_ERROR
    return not isinstance(error, NO_CREDENTIALS)


def _answered(error: aws.ClientError, operation: str, now: datetime) -> SourceError:
    code = code_of(error)
    if code in DENIED:
        return SourceError(Reason.AUTH, f"{operation} is denied ({code}); allow ce:{operation}: {READ}")
    if code in CREDENTIALS:
        return SourceError(Reason.AUTH, f"AWS does not accept our credentials ({code}); {_skewed(error, now)}")
    if code in THROTTLED:
        return SourceError(Reason.RATELIMIT, f"{operation} is throttled ({code}); it is asked again in the next run")
    text = NAMED.sub("***", "".join(filter(str.isprintable, str(error.response["Error"].get("Message", "")))))
    return SourceError(
        Reason.QUERY, f"{operation} failed ({code or _status(error)}): {text[:MESSAGE_LENGTH] or 'no word'}"
    )


def _skewed(error: aws.ClientError, now: datetime) -> str:
    """Say what to do about credentials: where clocks differ too much, no signature is ever right."""
    skew = ahead(error.response.get("ResponseMetadata", {}).get("HTTPHeaders"), now)
    if abs(skew) <= MOST_SKEW:
        return f"see whether they are complete and not expired: {READ}"
    return worded(skew, "AWS")


def _status(error: aws.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
