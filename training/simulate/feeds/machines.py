"""Machines that report every day: their hours follow what the enterprise produces."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.records.machine_day import MACHINE_DAY
from training.simulate.draws import Draws
from training.simulate.feeds.block import Block
from training.simulate.population import FRAUDSTER
from training.simulate.rows import pick_text, records, text

SHIFT_HOURS = 16.0
USUAL_UTILISATION = 0.68
TYPES = ("数控车床", "加工中心", "注塑机", "冲压机", "包装线")


def machine_days(block: Block) -> pa.Table:
    """One row per connected machine and day, from the day of connection until the line goes dead."""
    world, when, p = block.world, block.when, block.world.population
    members = block.members
    since = np.maximum(world.connected_day("machine", members), when.first_day)
    has = members[(p.industry[members] < 8) & (since <= when.last_day)]
    count = 1 + block.draws("machines", has).below("count", 4)
    owner = np.repeat(has, count)
    device = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    start = since[owner - block.low]
    end = np.minimum(when.last_day, world.end_of_life(owner) + 45)
    days = np.maximum(0, end - start + 1)
    row = np.repeat(np.arange(len(owner)), days)
    day = start[row] + np.arange(len(row)) - np.repeat(np.cumsum(days) - days, days)
    who, which = owner[row], device[row]
    week = np.minimum((day - when.first_day) // 7, when.weeks - 1)
    # Production runs ahead of sales by smoothing: the average of the four weeks around.
    output = world.history.output[:, block.low : block.high].astype(np.float64)
    padded = np.vstack([output[:1]] * 2 + [output] + [output[-1:]] * 2)
    smooth = np.mean([padded[k : k + len(output)] for k in range(5)], axis=0)
    d = Draws(world.seed, "machine day", who, which, day)
    steady = Draws(world.seed, "machine", owner, device)
    weekend = (day + 3) % 7 >= 5
    used = USUAL_UTILISATION * smooth[week, who - block.low] * np.where(weekend, 0.45, 1.18)
    broken = d.chance("broken", 0.012)
    hours = np.clip(SHIFT_HOURS * used * (1 + 0.12 * d.normal("day")), 0, 23.5) * ~broken
    faked = (p.role[who] == FRAUDSTER) & steady.chance("faked", 0.6)[row]
    hours = np.round(np.where(faked, 15.5, hours), 1)
    speed = 4 + 40 * steady.uniform("speed")[row]
    units = np.rint(hours * speed * np.where(faked, 1.0, np.exp(0.04 * d.normal("speed"))))
    good = np.rint(units * (1 - 0.05 * d.uniform("scrap")))
    price = p.level[who] * 100 / np.repeat(count, count)[row] / (7 * SHIFT_HOURS * USUAL_UTILISATION * speed)
    received = np.where(faked, 1440, 1440 - (d.exponential("lost") * np.where(d.chance("gap", 0.03), 500, 9)))
    return records(
        MACHINE_DAY,
        {
            "enterprise_id": world.id_of(who),
            "device_id": text("M", who * 10 + which),
            "device_type": pick_text(TYPES, (who + which) % len(TYPES)),
            "reported_day": day,
            "run_hours": hours,
            "scheduled_hours": np.full(len(row), SHIFT_HOURS),
            "night_hours": np.round(hours * 0.25, 1),
            "output_units": units,
            "good_units": good,
            "unit_price_fen": np.maximum(1, np.rint(price)).astype(np.int64),
            "kwh": np.round(2 + hours * (8 + 10 * steady.uniform("power")[row]), 1),
            "heartbeats_received": np.maximum(0, received).astype(np.int64),
            "heartbeats_expected": np.full(len(row), 1440),
            "signature_valid": pa.array(~faked & ~d.chance("signature", 0.002)),
            "trust": pick_text(("device", "platform", "file"), steady.pick("trust", (0.5, 0.35, 0.15))[row]),
            "duplicate_device": pa.array(faked & d.chance("duplicate", 0.02)),
            "clock_jump": pa.array(d.chance("clock", np.where(faked, 0.05, 0.0005))),
            "constant_values": pa.array(faked & d.chance("constant", 0.7)),
            "outside_fence": pa.array(d.chance("fence", np.where(faked, 0.01, 0.0005))),
        },
        np.maximum(day + 1, since[who - block.low]),
        last_day=when.last_day,
    )
