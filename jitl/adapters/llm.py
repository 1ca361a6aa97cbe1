"""A language model behind any OpenAI-compatible endpoint: OpenAI, vLLM, Ollama, HepAI, `transformers serve`.

The only importer of `openai`. Built when an endpoint is configured, called when a question needs it, never before.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from jitl.errors import Unanswered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai import OpenAI, Stream

    from jitl.speech import Chunk

CONNECT_TIMEOUT_S: Final = 5.0
PROBE_TIMEOUT_S: Final = 3.0
WISHES: Final = ("temperature", "max_tokens", "max_completion_tokens", "stream_options")
"""What some models need and others refuse."""
QUOTA_REST_S: Final = 300.0
NO_SUCH_ADDRESS: Final = (404, 405, 501)
_UNKNOWN: Final = re.compile(r"unsupported|not supported|unrecogni[sz]ed|unknown|unexpected|not permitted|extra", re.IGNORECASE)
DOCTOR: Final = "`jitl doctor` tells of every endpoint."


class ChatEndpoint:
    """One endpoint and one model there. `timeout_s` bounds the wait for the first chunk and between two chunks."""

    def __init__(self, url: str, model: str, key: str | None = None, *, timeout_s: float = 60.0) -> None:
        self._url = url
        self._model = model
        self._key = key
        self._timeout_s = timeout_s
        self._client: OpenAI | None = None
        self._refused: frozenset[str] = frozenset()  # wishes that the endpoint does not know

    def chunks(self, body: Mapping[str, Any], *, timeout_s: float | None = None) -> Generator[Chunk, None, None]:
        """One attempt: chunks of the reply to a chat body as they come. Raises `Unanswered`. Closing it cancels."""
        wait = timeout_s or self._timeout_s
        with _explained(wait), self._open(dict(body), wait) as stream:
            for chunk in stream:
                if not isinstance(chunk, Mapping) or not isinstance(chunk.get("choices") or [], list):
                    raise Unanswered("the endpoint sent what is no chunk of a reply")
                yield chunk

    def probe(self) -> None:
        """Ask for the list of models, which costs nothing. Raises `Unanswered`; an endpoint without that list is well all the same."""
        from openai import APIStatusError

        with _explained(PROBE_TIMEOUT_S):
            try:
                self._connected().get("/models", cast_to=object, options={"timeout": PROBE_TIMEOUT_S})
            except APIStatusError as error:
                if error.status_code not in NO_SUCH_ADDRESS:
                    raise

    def _open(self, body: dict[str, Any], wait: float) -> Stream[object]:
        """A wish that the endpoint refuses is dropped: for good where it does not know it, else for this time."""
        from openai import BadRequestError, Stream, UnprocessableEntityError

        dropped: frozenset[str] = frozenset()
        while True:
            asked = _without(body, self._refused | dropped)
            sent: Any = {**asked, "model": self._model, "stream": True}
            try:
                return self._connected().post(
                    "/chat/completions", body=sent, cast_to=object, stream=True, stream_cls=Stream[object], options={"timeout": wait}
                )
            except (BadRequestError, UnprocessableEntityError) as error:
                named = frozenset(wish for wish in WISHES if wish in asked and re.search(rf"\b{wish}\b", str(error)))
                if not named:
                    raise
                if _UNKNOWN.search(str(error)):
                    self._refused |= named
                dropped |= named

    def _connected(self) -> OpenAI:
        if self._client is None:
            from openai import OpenAI, Timeout

            self._client = OpenAI(
                base_url=self._url,
                api_key=self._key or "none",  # endpoints without keys want the header all the same
                timeout=Timeout(self._timeout_s, connect=min(CONNECT_TIMEOUT_S, self._timeout_s)),
                max_retries=0,
            )
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


def _without(body: dict[str, Any], refused: Iterable[str]) -> dict[str, Any]:
    """Newer models know the length of a reply by another name."""
    kept = {name: value for name, value in body.items() if name not in refused}
    if "max_tokens" in body and "max_tokens" in refused and "max_completion_tokens" not in refused:
        kept["max_completion_tokens"] = body["max_tokens"]
    return kept


@contextmanager
def _explained(wait: float) -> Iterator[None]:
    """What the endpoint, the network or a broken line of the stream raises, in words that hold no key, no prompt and no page of HTML."""
    import httpx
    from openai import APIError

    try:
        yield
    except (APIError, httpx.HTTPError) as error:
        raise _explain(error, wait) from error
    except (ValueError, UnicodeError) as error:  # a line that is no JSON
        raise Unanswered("the endpoint sent what is no chunk of a reply", again=True) from error


def _explain(error: Exception, wait: float) -> Exception:
    import httpx
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if getattr(error, "code", None) in {"insufficient_quota", "billing_hard_limit_reached"}:
        return Unanswered("the endpoint's quota is used up", hint="Raise it with the endpoint's owner.", rest_s=QUOTA_REST_S)
    if isinstance(error, APITimeoutError | httpx.TimeoutException):
        return Unanswered(f"no reply within {wait:g} s", slow=True)
    if isinstance(error, APIStatusError):
        return _status(error.status_code, error.response.headers)
    if isinstance(error, APIConnectionError):
        return Unanswered("the endpoint cannot be reached", hint=DOCTOR, again=True)
    return Unanswered("the reply broke off", again=True)


def _status(code: int, headers: Mapping[str, str]) -> Unanswered:
    said = headers.get("retry-after", "")
    rest_s = min(3600.0, float(said)) if re.fullmatch(r"\d+(\.\d+)?", said) else None
    passing = code >= 500 or code in (408, 409, 429)
    refused = code in (400, 413, 422)
    message = f"the endpoint answered with HTTP {code}"
    return Unanswered(message, hint=DOCTOR, again=passing and not rest_s, refused=refused, rest_s=rest_s)
