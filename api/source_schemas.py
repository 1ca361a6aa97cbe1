"""What REST takes about the places that a collection is read from."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Name, Text


class OriginRequest(BaseModel):
    """A place to read again and again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"address": "site+https://wiki.example.org/offline/"}]})
    address: Annotated[Text, Field(min_length=1, max_length=1900)] = Field(
        description="https://host/page, site+https://host/section/ or git+https://host/docs.git; paths for the machine's owner alone."
    )


class SyncRequest(BaseModel):
    """Which of the listed places to read again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"force": False}]})
    sources: Annotated[list[Name], Field(max_length=1000)] | None = Field(default=None, description="Their ids; left out: all.")
    force: bool = Field(default=False, description="Read again what has not changed.")


class IntakeRequest(BaseModel):
    """What a collection asks of what is read into it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"pseudonyms": True}]})
    pseudonyms: bool = Field(description="People in mail, chat and issues get stable tokens; addresses, phones and signatures go.")
