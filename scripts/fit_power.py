#!/usr/bin/env python3
"""Fits the power constants of a chip to the table that measure_gpu.py made on it and prints them as YAML.

fit_power.py CHIP.measured.csv --bandwidth GB/s --peak bf16=TFLOPS fp8=TFLOPS --idle W --limit W

Power is min(limit, idle + active + compute * u + memory * v), u and v the shares of the data sheet's arithmetic and bandwidth that a kernel
reaches (sim/hardware/power.hpp). Each half of the rows is fitted (least mean absolute log error) and held against the other. The
range of a constant is where the mean error grows by a tenth. Kernels below 5 us are left out: the sensor sees their launches.
"""
import argparse
import datetime

import numpy as np
import pandas as pd
from scipy.optimize import minimize

NAMES = ["active", "compute", "memory"]
WIDTH = {"bf16": 2, "fp8": 1, "fp8_block": 1}


def work(t):
    """Operations and bytes of each row."""
    element = t.format.map(WIDTH)
    reached = t.experts * (1 - (1 - 1 / t.experts) ** t.m)  # experts that random routing reaches
    product = 2 * t.m * t.n * t.k
    pairs = t.sequences * t.heads * t.width * 4  # scores and values, for each (query, key) pair
    flops = {"gemm": product, "grouped_gemm": product, "attention_prefill": pairs * t.tokens ** 2 / 2, "attention_decode": pairs * t.tokens, "vector": 0}
    moved = {"gemm": (t.n * t.k + t.m * t.k) * element + 2 * t.m * t.n, "grouped_gemm": (reached * t.n * t.k + t.m * t.k) * element + 2 * t.m * t.n,
             "attention_prefill": 4 * t.sequences * t.tokens * t.width * (t.heads + t.kv_heads), "attention_decode": 2 * t.sequences * t.tokens * t.width * t.kv_heads * t.cache_bytes,
             "vector": t.bytes}
    pick = [(t.operator == o).to_numpy() for o in flops]
    return np.select(pick, [np.broadcast_to(v, len(t)) for v in flops.values()]), np.select(pick, list(moved.values()))


def errors(x, t, a):
    return np.log(np.minimum(a.limit, a.idle + x[0] + x[1] * t.u + x[2] * t.v) / t.power_w)


def fit(t, a):
    def loss(x):
        return np.mean(np.abs(errors(np.abs(x), t, a))) + 1e-9 * np.sum(np.minimum(x, 0) ** 2)

    starts = [[s * a.limit for s in shares] for shares in ((.1, .8, .4), (.1, 1.8, .7), (.2, 1.2, 1.2))]
    return np.abs(min((minimize(loss, s, method="Nelder-Mead", options={"maxiter": 5000}) for s in starts), key=lambda r: r.fun).x)


def ranges(x, t, a):
    best = np.mean(np.abs(errors(x, t, a)))
    for i in range(len(x)):
        ends = []
        for sign in (-1, 1):
            y = x.copy()
            while 0 <= y[i] <= 3 * a.limit and np.mean(np.abs(errors(y, t, a))) <= 1.1 * best:
                y[i] += sign * .005 * a.limit
            ends.append(max(0, y[i]))
        yield ends


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table")
    parser.add_argument("--bandwidth", type=float, required=True, help="GB/s, data sheet")
    parser.add_argument("--peak", nargs="+", required=True, help="bf16=989.4 fp8=1978.9, TFLOPS, data sheet")
    parser.add_argument("--idle", type=float, required=True, help="W, measure_gpu.py prints it")
    parser.add_argument("--limit", type=float, required=True, help="W")
    a = parser.parse_args()
    t = pd.read_csv(a.table)
    t = t[(t.time_us >= 5) & t.power_w.notna()].copy()
    flops, moved = work(t)
    peaks = {k: float(v) for k, v in (p.split("=") for p in a.peak)}
    t["u"] = flops / t.time_us * 1e-6 / t.format.map(lambda f: peaks[f.removesuffix("_block")])
    t["v"] = moved / t.time_us * 1e-3 / a.bandwidth
    half = np.random.default_rng(1).random(len(t)) < .5
    unseen = np.concatenate([np.abs(errors(fit(t[h], a), t[~h], a)) for h in (half, ~half)])
    x = fit(t, a)
    print(f'  note: "{datetime.date.today()}, {len(t)} kernels, held-out median error {np.median(unseen):.1%}, mean {np.mean(unseen):.1%}"')
    print(f"  idle: {a.idle:.0f} W")
    for name, value, (low, high) in zip(NAMES, x, ranges(x, t, a)):
        print(f"  {name}: {{value: {value:.0f} W, range: [{low:.0f} W, {high:.0f} W]}}")


if __name__ == "__main__":
    main()
