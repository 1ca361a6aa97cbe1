"""What `hepai`'s clients and controllers call beyond the OpenAI protocol: the worker, its functions, keys.

Every address wants a key, the gates too. Failures have OpenAI's form.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from api import hepai
from api.auth import Caller
from api.container import Container
from api.hepai import Json
from api.here import Here
from api.openai_errors import UnknownModel
from api.openai_schemas import ChatRequest, EmbeddingsRequest
from api.openai_talk import MODELS
from api.routes import ask as asking
from api.routes import openai
from api.schemas import AskRequest, SearchRequest, Text
from jitl.errors import BadInput, NotAllowed, NotFound
from jitl.principals import Principal

router = APIRouter(prefix=hepai.PREFIX, tags=["hepai"])

REFUSALS: Final = openai.REFUSALS
Body = TypeVar("Body", bound=BaseModel)
Name = Annotated[str | None, Query(max_length=200)]
BESIDE: Final = frozenset({"extra_body", "extra_headers", "extra_query", "timeout"})
"""Said to hepai's client, and sometimes passed on by it."""


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(extra="ignore", json_schema_extra={"examples": [values]})


class WorkerBody(BaseModel):
    """Which worker: by its id, or by a model that it carries."""

    model_config = _example(model_name="xiwu-auto")
    worker_id: Text | None = None
    model_name: Text | None = None


class CallBody(BaseModel):
    """Arguments of a function."""

    model_config = _example(args=[], kwargs={"question": "What is the momentum resolution of the drift chamber?"})
    positional: list[Any] = Field(default=[], validation_alias=AliasChoices("args"))
    named: dict[str, Any] = Field(default={}, validation_alias=AliasChoices("kwargs"))


class KeyBody(BaseModel):
    """A key to be looked at."""

    model_config = _example(api_key="jitl_...")
    api_key: SecretStr


@router.get("/worker/list_workers")
def list_workers(request: Request, here: Here, _: Caller) -> Json:
    """The one worker that this service is."""
    return hepai.page([_worker(request, here)])


@router.get("/worker/models")
def list_worker_models(_: Caller) -> Json:
    """Its models with the functions that they have."""
    return {"object": "list", "data": [hepai.model(name) for name in MODELS]}


@router.post("/worker/get_worker_info")
def show_worker(body: WorkerBody, request: Request, here: Here, _: Caller) -> Json:
    """The worker of that id, or that carries that model."""
    shown = _worker(request, here)
    _mine(body, shown["id"])
    return shown


@router.post("/worker/get_worker_status")
def show_status(body: WorkerBody, request: Request, here: Here, _: Caller) -> Json:
    """How the worker is."""
    _mine(body, _worker(request, here)["id"])
    return hepai.status()


@router.get("/worker/get_status")
@router.get("/worker_get_status", operation_id="show_own_status_as_before")
def show_own_status(_: Caller) -> Json:
    """How the worker is, as a controller asks."""
    return hepai.status()


@router.get("/worker/refresh_all_workers")
def refresh_workers(request: Request, here: Here, _: Caller) -> Json:
    """Nothing is left to do: what is told of the worker is always of now."""
    return {"refreshed": [_worker(request, here)["id"]]}


@router.post("/worker/stop_worker")
@router.post("/worker/shutdown")
@router.post("/shutdown_worker")
def stop_worker(here: Here, who: Caller) -> Json:
    """Announce the service to its controller no more. For the controller and for admins; the service itself goes on."""
    if not here.registration.may_stop(who):
        raise NotAllowed("Only the controller's key or an admin's may take the worker off.")
    here.registration.stop()
    return hepai.stopped(here.registration.id, "It is announced no more; the service goes on.")


@router.post("/worker/unified_gate/{at:path}", response_model=None)
@router.post("/worker_unified_gate/{at:path}", response_model=None, operation_id="call_as_before")
async def call(
    at: str, body: CallBody, request: Request, here: Here, who: Caller, model: Name = None, function: Name = None
) -> Json | list[Json] | Response:
    """Call a function of a model by name: both may stand in the address's end too, the function last."""
    named = [part for part in at.split("/") if part][-2:]
    function = function or (named[-1] if named else "__call__")
    model = model or (named[0] if len(named) > 1 else None)
    if model is not None and model not in MODELS:
        raise UnknownModel(f"There is no model {model!r}.", hint=f"There are {', '.join(MODELS)}.")
    said = {name: value for name, value in body.named.items() if name not in BESIDE}
    if function in ("ask", "__call__", "search"):
        return await _asked(function, model, _question(body.positional) | said, here, who)
    if function in ("chat_completions", "embeddings"):
        given = {"model": model} if model is not None else {}
        if function == "embeddings":
            return await openai.embed(_read(EmbeddingsRequest, said | given), request, here, who)
        return await openai.complete(_read(ChatRequest, said | given), request, here, who)
    if function == "get_register_functions":
        return hepai.functions()
    raise NotFound("There is no such function.", hint=f"There are {', '.join(hepai.FUNCTIONS)}.")


@router.post("/key/verify_api_key")
@router.post("/verify_api_key")
def verify_key(body: KeyBody, here: Here, _: Caller) -> Json:
    """Whose key it is; a key that is not valid is refused as everywhere."""
    who = here.people.authenticate(body.api_key.get_secret_value())
    return {"success": True, "valid": True, "id": who.key_id, "username": who.name}


@router.get("/agents/list_agents")
def list_agents(_: Caller) -> Json:
    """None: this service is a worker."""
    return hepai.page([])


async def _asked(function: str, model: str | None, said: Json, here: Container, who: Principal) -> Json | Response:
    if said.pop("stream", False):
        raise BadInput("This function does not stream.", hint="Call `chat_completions`.")
    if function == "search":
        return await to_thread.run_sync(asking.search, _read(SearchRequest, said), here, who)
    route = MODELS.get(model or "")
    return await asking.ask(_read(AskRequest, said if route is None else {"route": route} | said), here, who)


def _question(args: list[Any]) -> Json:
    if len(args) > 1:
        raise BadInput("Only the question may be given without its name.")
    return {"question": args[0]} if args else {}


def _read(kind: type[Body], said: Json) -> Body:
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


def _worker(request: Request, here: Container) -> Json:
    return hepai.worker(here.settings.public_url or str(request.base_url).rstrip("/"), here.registration.permissions)


def _mine(body: WorkerBody, id_: str) -> None:
    if body.worker_id is not None and body.worker_id != id_:
        raise NotFound("There is no worker of this id.", hint="`list_workers` tells it.")
    if body.worker_id is None and body.model_name not in MODELS:
        raise UnknownModel("No worker carries this model.", hint=f"There are {', '.join(MODELS)}.")
