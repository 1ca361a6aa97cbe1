"""A language model behind any OpenAI-compatible endpoint: OpenAI, vLLM, Ollama, HepAI, `transformers serve`.

The only importer of `openai`. Built when an endpoint is configured, called when a question needs it, never before.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from jitl.errors import OutOfBudget, Unavailable
from jitl.ports import Message

if TYPE_CHECKING:
    from openai import OpenAI, Stream
    from openai.types.chat import ChatCompletionChunk
    from openai.types.chat.chat_completion_chunk import ChoiceDelta

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0
RETRIES = 1
"""More attempts while nothing of the reply has come; a person is waiting."""
RETRY_PAUSE_S = 0.3
LONGEST = 5
"""A reply that trickles may take this many timeouts altogether."""
MAX_TOKENS = 1500


class ChatEndpoint:
    """`timeout_s` bounds the wait for the first piece and between two pieces."""

    def __init__(self, url: str, model: str, key: str | None = None, *, timeout_s: float = 60.0, max_tokens: int = MAX_TOKENS) -> None:
        self._url = url
        self._model = model
        self._key = key
        self._timeout_s = timeout_s
        self._client: OpenAI | None = None
        self._wishes: dict[str, Any] = {"temperature": 0, "max_tokens": max_tokens}

    def stream(self, messages: Sequence[Message]) -> Generator[str, None, None]:
        import httpx
        from openai import APIError

        came = 0
        for attempt in range(RETRIES + 1):
            try:
                for piece in self._once(messages):
                    came += 1
                    yield piece
            except (APIError, httpx.HTTPError) as error:
                if came or attempt == RETRIES or not _passing(error):
                    raise _explain(error, self._timeout_s) from error
                log.warning("The model endpoint failed (%s); trying once more.", type(error).__name__)
                time.sleep(RETRY_PAUSE_S)
            else:
                return

    def _once(self, messages: Sequence[Message]) -> Generator[str, None, None]:
        """One attempt. Raises what `openai` and `httpx` raise, and `Unavailable` for a reply that is empty or breaks off."""
        ends = time.monotonic() + LONGEST * self._timeout_s
        came = finished = False
        with self._open(messages) as chunks:
            for chunk in chunks:
                for choice in (chunk.choices or [])[:1]:
                    finished = finished or choice.finish_reason is not None
                    if piece := _content(choice.delta):
                        came = True
                        yield piece
                if time.monotonic() > ends:
                    raise Unavailable(f"the reply took longer than {LONGEST * self._timeout_s:g} s")
        if not came:
            raise Unavailable("the model replied with nothing")
        if not finished:
            raise Unavailable("the reply broke off")

    def _open(self, messages: Sequence[Message]) -> Stream[ChatCompletionChunk]:
        """Some models refuse wishes that others need; they are dropped for good when an endpoint says so."""
        from openai import BadRequestError

        asked: Any = [{"role": message.role, "content": message.content} for message in messages]
        completions = self._connected().chat.completions
        try:
            opened: Stream[ChatCompletionChunk] = completions.create(model=self._model, messages=asked, stream=True, **self._wishes)
        except BadRequestError as error:
            if not any(wish in str(error) for wish in self._wishes):
                raise
            self._wishes = {}
            return completions.create(model=self._model, messages=asked, stream=True)
        return opened

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


def _content(delta: ChoiceDelta | None) -> str:
    """Some endpoints close with a choice that has no delta at all."""
    return delta.content or "" if delta is not None else ""


def _passing(error: Exception) -> bool:
    """Whether trying again at once may help; a timeout has used the person's patience already."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError, InternalServerError, RateLimitError

    if isinstance(error, APITimeoutError):
        return False
    if isinstance(error, APIStatusError):
        return isinstance(error, InternalServerError) or (isinstance(error, RateLimitError) and not _spent(error))
    return isinstance(error, APIConnectionError)


def _spent(error: Exception) -> bool:
    return getattr(error, "code", None) in {"insufficient_quota", "billing_hard_limit_reached"}


def _explain(error: Exception, timeout_s: float) -> Exception:
    """What happened, in words that hold no key, no prompt and no page of HTML."""
    import httpx
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if _spent(error):
        return OutOfBudget("The model endpoint's quota is used up.", hint="Raise it with the endpoint's owner, or unset JITL_MODEL_URL.")
    if isinstance(error, APITimeoutError | httpx.TimeoutException):
        return Unavailable(f"no reply within {timeout_s:g} s")
    if isinstance(error, APIStatusError):
        return Unavailable(
            f"the endpoint answered with HTTP {error.status_code}", hint="Check JITL_MODEL_URL, JITL_MODEL_NAME and JITL_MODEL_KEY."
        )
    if isinstance(error, APIConnectionError):
        return Unavailable("the endpoint cannot be reached", hint="Check JITL_MODEL_URL.")
    return Unavailable("the reply broke off")
