"""The table that the bench prints."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Line:
    """`goal` bounds `ratio` (or `value` where there is no floor), from above unless `at_least`."""

    name: str
    value: float
    floor: float | None
    unit: str
    goal: float
    at_least: bool = False

    @property
    def compared(self) -> float:
        return self.value / self.floor if self.floor else self.value

    @property
    def met(self) -> bool:
        return self.compared >= self.goal if self.at_least else self.compared <= self.goal


@dataclass(slots=True)
class Report:
    passages: int
    origin: str
    lines: list[Line] = field(default_factory=list)

    def add(self, name: str, value: float, floor: float | None, unit: str, *, goal: float, at_least: bool = False) -> None:
        self.lines.append(Line(name, value, floor, unit, goal, at_least))

    def figures(self) -> dict[str, object]:
        rows = {
            line.name: {"value": line.value, "floor": line.floor, "unit": line.unit, "goal": line.goal, "met": line.met}
            for line in self.lines
        }
        return {"passages": self.passages, "origin": self.origin, "load": os.getloadavg(), "figures": rows}

    def show(self) -> None:
        table = Table(title=f"{self.passages} passages ({self.origin}), load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        for column in ("figure", "value", "floor", "ratio", "goal", ""):
            table.add_column(column, justify="left" if column == "figure" else "right")
        for line in self.lines:
            floor = f"{line.floor:.2f} {line.unit}" if line.floor else ""
            ratio = f"{line.compared:.2f}x" if line.floor else ""
            goal = f"{'>=' if line.at_least else '<='} {line.goal:g}{'x' if line.floor else ' ' + line.unit}"
            table.add_row(line.name, f"{line.value:.2f} {line.unit}", floor, ratio, goal, "yes" if line.met else "NO")
        Console(width=120).print(table)
