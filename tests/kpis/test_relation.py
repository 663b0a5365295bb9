"""How scores go with other figures, against scipy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.kpis.relation import BY_AGENTS, BY_FISHER, relation_of_agents, relation_of_calls


def pairs(share: list[float], value: list[float], agents: int = 1) -> pd.DataFrame:
    names = [f"a{number % agents}" for number in range(len(share))]
    return pd.DataFrame({"agent_id": names, "share": share, "value": value})


def test_rho_is_scipys_with_ties() -> None:
    share, value = [0.1, 0.4, 0.4, 0.9, 0.7, 0.2], [5.0, 1.0, 1.0, 0.0, 2.0, 9.0]
    found = relation_of_calls(pairs(share, value), "handle_s")
    assert found.rho == pytest.approx(stats.spearmanr(share, value).statistic, abs=1e-6)
    assert (found.n, found.agents, found.of, found.method) == (6, 1, "calls", BY_FISHER)


def test_fishers_interval_by_hand() -> None:
    draw = np.random.default_rng(3)
    share = draw.uniform(size=40)
    value = share + draw.normal(scale=0.5, size=40)
    found = relation_of_agents(pd.DataFrame({"share": share, "value": value}), "occupancy")
    rho = float(stats.spearmanr(share, value).statistic)
    half = 1.959964 * np.sqrt((1 + rho**2 / 2) / 37)
    expected = tuple(np.tanh([np.arctanh(rho) - half, np.arctanh(rho) + half]))
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-5)


def test_agents_whose_calls_are_alike_widen_the_interval() -> None:
    # ten agents with twenty calls each, all of an agent's calls near the agent's own level
    draw = np.random.default_rng(1)
    level = draw.normal(size=10)
    share = np.repeat(level, 20) + draw.normal(scale=0.1, size=200)
    value = np.repeat(draw.normal(size=10), 20) + draw.normal(scale=0.1, size=200)
    frame = pd.DataFrame({"agent_id": np.repeat([f"a{n}" for n in range(10)], 20), "share": share, "value": value})
    found = relation_of_calls(frame, "csat")
    assert found.method == BY_AGENTS
    assert found.low is not None
    assert found.high is not None
    alone = relation_of_calls(frame.assign(agent_id="a"), "csat")
    assert alone.low is not None
    assert alone.high is not None
    assert found.high - found.low > 2 * (alone.high - alone.low)
    assert found == relation_of_calls(frame, "csat"), "drawn by a fixed seed"


def test_resampled_agents_hold_the_truth_where_there_is_no_relation() -> None:
    held = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        frame = pd.DataFrame({
            "agent_id": np.repeat([f"a{n}" for n in range(20)], 10),
            "share": np.repeat(draw.normal(size=20), 10) + draw.normal(size=200),
            "value": np.repeat(draw.normal(size=20), 10) + draw.normal(size=200),
        })  # fmt: skip
        found = relation_of_calls(frame, "csat")
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0 <= found.high
    assert held >= 178  # nine in ten at the least; with Fisher's as though calls were alone it is far fewer


def test_equal_values_tell_of_no_relation_and_a_perfect_one_has_no_interval() -> None:
    same = relation_of_calls(pairs([0.5] * 12, [float(n) for n in range(12)]), "csat")
    assert (same.rho, same.low, same.method) == (None, None, None)
    perfect = relation_of_agents(pairs([n / 12 for n in range(12)], [float(n) for n in range(12)]), "csat")
    assert (perfect.rho, perfect.low, perfect.high) == (1.0, None, None)
