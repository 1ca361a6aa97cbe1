"""What decks and papers share: steps of one slide, and page numbers as people write them."""

from __future__ import annotations

from collections.abc import Sequence


def ranges(noun: str, numbers: Sequence[int]) -> str:
    """`pages 3-5, 8 hold` or `page 2 holds`: the numbers, ascending, with their verb."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"{noun} {shown} holds" if len(numbers) == 1 else f"{noun}s {shown} hold"


def steps(slides: Sequence[Sequence[str]]) -> set[int]:
    """Indexes of slides that the next one shows again with more on it; each slide is the lines on it."""
    shown = [frozenset(" ".join(line.split()).lstrip("-•▪◦ ") for line in lines if line.strip()) for lines in slides]
    return {index for index in range(len(shown) - 1) if len(shown[index]) > 1 and shown[index] <= shown[index + 1]}
