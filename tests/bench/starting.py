"""From nothing to ready, and what an idle service keeps in memory."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from api.demo.service import Service
from tests.bench.measure import rss_mb
from tests.bench.report import Report

IDLE_S = 3.0


def measure(folder: Path, report: Report) -> None:
    """The second start counts: the first one makes the folder and fills the file cache."""
    for _ in range(2):
        start = time.perf_counter()
        with Service(folder) as service:
            while httpx.get(f"{service.address}/readyz").status_code != httpx.codes.OK:
                time.sleep(0.02)
            ready = time.perf_counter() - start
            with service.client() as client:
                client.search("warm up") if client.collections() else None
            time.sleep(IDLE_S)
            idle = rss_mb(service.pid)
    report.add("start-up to ready", ready, None, "s", goal=2)
    report.add("idle memory", idle, None, "MB", goal=400)
