"""Fixtures that every suite shares."""

from __future__ import annotations

import os

# No test reaches a model, a hub or a proxy by accident.
for name in ("OPENAI_API_KEY", "JITL_MODEL_URL", "JITL_DATA_DIR", "JITL_DATABASE_URL"):
    os.environ.pop(name, None)
os.environ["HF_HUB_OFFLINE"] = "1"
