"""The stories of the demo: what a professional knows when they see it, and what only looks like it.

Each is one file: who is in it, what is paid, what was concluded, and a paragraph that says what happened. A story that
is not of payments (a teller's referral) joins STORIES all the same, with `play` making its customers.
"""

from __future__ import annotations

from typing import Final

from ..world import World
from . import cards, elder, funnel, house, landlord, mule, shell, structuring
from .stage import Stage, Story

STORIES: Final[tuple[Story, ...]] = (
    structuring.STORY,
    elder.STORY,
    funnel.STORY,
    shell.STORY,
    mule.STORY,
    landlord.STORY,
    house.STORY,
    cards.LEAKED,
    cards.TERMINAL,
)


def play_stories(world: World) -> None:
    """Each story once; those that have a `size` once more for each so many payments of the plan."""
    for place, story in enumerate(STORIES):
        for copy in range(story.copies(world.plan.size)):
            stage = Stage(world, story, copy, place)
            story.play(stage)
            world.plays.append(stage.result())
