"""A world from a plan."""

from __future__ import annotations

from random import Random

from .counterparties import make_neighbourhood
from .entities import ENTITIES
from .expectations import set_expected_activity
from .plan import BankPlan
from .population import Population
from .regular import regular_count
from .stories import play_stories
from .world import World


def make_world(plan: BankPlan) -> World:
    """The same plan gives the same world. Memory grows with customers and stories, not with payments."""
    world = World(plan)
    for entity in ENTITIES:
        rng = Random(f"{plan.seed} {entity.code}")
        number = max(8, round(plan.customers * entity.share))
        world.hoods[entity.code] = make_neighbourhood(rng, entity, number)
        Population(world, entity, rng, number).make()
    play_stories(world)
    _fill(world)
    set_expected_activity(world.accounts, world.spending, plan)
    return world


def _fill(world: World) -> None:
    """How many payments the calendar and the cards have room for, beside the stories."""
    stories = sum(map(len, world.movements.values()))
    world.regular_total = regular_count(world.accounts, world.plan)
    world.regular_room = min(world.regular_total, max(0, world.plan.size - stories))
    world.spending = max(0, world.plan.size - stories - world.regular_room)
