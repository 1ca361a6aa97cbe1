"""Care of the data folder, for commands on the service's own machine alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter

from api import backup
from api.auth import Owner
from api.here import Here
from api.schemas import BackupRequest
from jitl.errors import BadInput

router = APIRouter(prefix="/v1/local", tags=["service"])


@router.post("/backup", status_code=201)
def back_up(body: BackupRequest, here: Here, who: Owner) -> dict[str, Any]:
    """Save SQL and what people sent into a new file of this machine, while the service goes on."""
    file = Path(body.file)
    if not file.is_absolute():
        raise BadInput("The file's path is not absolute.")
    size = backup.write(here.db, here.settings.data_dir / backup.BLOBS, file)
    here.trail.note(who.id, "backup", file.name[:200])
    return {"file": str(file), "bytes": size}


@router.post("/reindex", status_code=202)
def reindex(here: Here, who: Owner) -> dict[str, str]:
    """Make vectors and terms anew from SQL; a job tells how far it is."""
    return {"job": here.runner.submit("reindex", {}, principal_id=who.id)}
