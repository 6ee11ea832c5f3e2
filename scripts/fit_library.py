#!/usr/bin/env python3
"""Fits the constants of a communication library to measured tables and prints its YAML for configs/libraries.

usage: fit_library.py --name NAME --fit TABLE.csv.gz... [--test TABLE.csv.gz...] [--source SOURCE] [--includes LIBRARY]

The tables are those of NVIDIA's aiconfigurator: *nccl_perf* (op_name, num_gpus, message_size, latency) and *custom_allreduce_perf*
(message_size, latency of an engine's all-reduce kernels in a CUDA graph). message_size counts elements of two bytes of the whole
output; latency is in ms; the name of a file begins with its chip. One set of constants serves all chips and rank counts: what differs
between them are the rate and latency of the links (configs/links) and the steps and bytes of the schedule, as in
sim/collective/operation_cost.cpp:

  time = overhead + barriers * path + steps * (path + per_step) + wire bytes / (rate * efficiency) + copied bytes / copy_rate

and the fastest of the listed profiles. nccl-ring.yaml holds what is printed for NCCL but NVLS, which stands in nccl.yaml. Residuals are logarithms of predicted / measured under a loss that forgives outliers.
"""
import argparse
import pathlib
import re

import numpy as np
import pandas as pd
import yaml
from scipy.optimize import least_squares

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINKS = {"h100": "nvlink4", "h200": "nvlink4", "b200": "nvlink5"}  # of each chip 18 links, to switches: a path is two links
LINKS_PER_CHIP = 18

# By (operation, algorithm), for n ranks and a vector of one byte: steps, bytes on the busiest link, bytes copied in memory.
MECHANISM = {
    ("all_reduce", "ring"): (lambda n: 2 * (n - 1), lambda n: 2 * (n - 1) / n, lambda n: 1 / n),
    ("all_reduce", "nvls"): (lambda n: 2, lambda n: (n + 1) / n, lambda n: 1),
    ("all_reduce", "one_shot"): (lambda n: 1, lambda n: n - 1, lambda n: 0),
    ("all_reduce", "two_shot"): (lambda n: 2, lambda n: 2 * (n - 1) / n, lambda n: 1 / n),
    ("all_gather", "ring"): (lambda n: n - 1, lambda n: (n - 1) / n, lambda n: 1 / n),
    ("reduce_scatter", "ring"): (lambda n: n - 1, lambda n: (n - 1) / n, lambda n: 1 / n),
    ("all_to_all", "direct"): (lambda n: 1, lambda n: (n - 1) / n, lambda n: 1 / n),
}
# Profiles to fit, with first guesses of (overhead us, barriers, per_step us, efficiency, copy_rate TB/s).
PROTOCOLS = {"LL": (5, 1, 0.1, 0.25, None), "Simple": (15, 1, 1, 0.8, 1)}
NCCL = {op: [(algorithm, p, PROTOCOLS[p]) for p in PROTOCOLS] for op, algorithm in
        [("all_reduce", "ring"), ("all_gather", "ring"), ("reduce_scatter", "ring"), ("all_to_all", "direct")]}
NCCL["all_to_all"].insert(1, ("direct", "Simple (few channels)", PROTOCOLS["Simple"]))  # small messages leave channels idle
NCCL["all_reduce"].append(("nvls", "", (40, 1, 0.5, 0.8, 1.2)))
KERNELS = {"all_reduce": [("one_shot", "", (0.5, 2, 0.1, 0.6, None)), ("two_shot", "", (2, 2, 0.5, 0.6, None))]}
LOW = np.array([0, 0, 0, 0.01, 0.3])
HIGH = np.array([100, 6, 5, 1, 3])


def link(chip):
    spec = yaml.safe_load((ROOT / "configs/links" / f"{LINKS[chip]}.yaml").read_text())
    number = lambda key: float(str(spec[key]["value"]).split()[0])
    return number("bandwidth") * 1e9 * LINKS_PER_CHIP, 2 * number("latency")  # bytes/s of a chip, us of a path


def read(paths):
    frames = []
    for path in paths:
        table = pd.read_csv(path)
        chip = re.match(r"([a-z]+\d+)", pathlib.Path(path).name).group(1)
        if "op_name" in table:
            table = table[table.nccl_dtype == "half"].assign(op=table.op_name.str.replace("alltoall", "all_to_all"))
        else:
            table = table[~table.kernel_source.str.contains("eager")].assign(op="all_reduce")
        rate, latency = link(chip)
        frames.append(table.assign(chip=chip, rate=rate, path=latency, bytes=table.message_size * 2.0, us=table.latency * 1e3, n=table.num_gpus))
    return pd.concat(f.groupby(["op", "chip", "rate", "path", "n", "bytes"], as_index=False).us.median() for f in frames)


def time(op, algorithm, values, d):
    overhead, barriers, per_step, efficiency, copy_rate = values
    steps, wire, local = (f(d.n.values) for f in MECHANISM[op, algorithm])
    us = overhead + barriers * d.path.values + steps * (d.path.values + per_step) + wire * d.bytes.values / (d.rate.values * efficiency) * 1e6
    return us if copy_rate is None else us + local * d.bytes.values / (copy_rate * 1e12) * 1e6


def predict(op, profiles, d):
    return np.min([time(op, algorithm, values, d) for algorithm, _, values in profiles], axis=0)


def fit(op, guesses, fixed, d, starts=24):
    free = [[i for i in range(5) if guess[i] is not None] for _, _, guess in guesses]
    pick = lambda rows: np.concatenate([[row[i] for i in cols] for row, cols in zip(rows, free)])
    first, low, high = pick([g for _, _, g in guesses]), pick([LOW] * len(free)), pick([HIGH] * len(free))

    def profiles(x):
        made, at = [], 0
        for (algorithm, protocol, guess), cols in zip(guesses, free):
            values = list(guess)
            for i in cols:
                values[i], at = float(x[at]), at + 1
            made.append((algorithm, protocol, values))
        return made

    random = np.random.default_rng(0)
    residual = lambda x: np.log(predict(op, profiles(x) + fixed, d) / d.us.values)
    tries = [least_squares(residual, np.clip(first * np.exp(random.normal(0, 0.3 * (i > 0), len(first))), low + 1e-3, high - 1e-3),
                           bounds=(low, high), loss="soft_l1", f_scale=0.1) for i in range(starts)]
    rounded = lambda value: None if value is None else float(f"{value:.3g}") if value >= 0.01 else 0.0
    return [(a, p, [rounded(v) for v in values]) for a, p, values in profiles(min(tries, key=lambda t: t.cost).x)]


def errors(op, profiles, d):
    error = np.abs(predict(op, profiles, d) / d.us.values - 1) * 100
    median = lambda rows: f"{np.median(error[rows]):.1f} %" if rows.any() else "-"
    return f"median {median(d.bytes.values >= 2**20)} from 1 MiB on, {median(d.bytes.values < 2**20)} below"


def entry(algorithm, protocol, values):
    overhead, barriers, per_step, efficiency, copy_rate = values
    parts = [f"algorithm: {algorithm}"] + ([f"protocol: {protocol}"] if protocol else []) + [f"overhead: {overhead:g} us"]
    parts += [f"{key}: {value:g}{unit}" for key, value, unit in
              [("barriers", barriers, ""), ("per_step", per_step, " us"), ("efficiency", efficiency, ""), ("copy_rate", copy_rate, " TB/s")] if value]
    return "{" + ", ".join(parts) + "}"


def included(name):
    """The profiles of a shipped library by operation, those that it includes as well."""
    if not name:
        return {}
    numbers = lambda item, key: float(str(item[key]).split()[0]) if key in item else (None if key == "copy_rate" else 0.0)
    keys = ["overhead", "barriers", "per_step", "efficiency", "copy_rate"]
    library = yaml.safe_load((ROOT / "configs/libraries" / f"{name}.yaml").read_text())
    known = included(library.get("includes"))
    for op, items in library.get("operations", {}).items():
        known.setdefault(op, []).extend((i["algorithm"], i.get("protocol", ""), [numbers(i, k) for k in keys])
                                        for i in items if (op, i.get("algorithm")) in MECHANISM)
    return known


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True)
    parser.add_argument("--fit", nargs="+", required=True, help="tables to fit to")
    parser.add_argument("--test", nargs="*", default=[], help="tables that only measure the error")
    parser.add_argument("--source", default="measured tables of NVIDIA aiconfigurator")
    parser.add_argument("--includes", help="library of configs/libraries whose algorithms the engine also has at hand")
    args = parser.parse_args()
    train, test = read(args.fit), read(args.test) if args.test else None
    names = lambda paths: ", ".join(pathlib.Path(p).name.removesuffix(".csv.gz") for p in paths)
    print(f"name: {args.name}\nsource: \"scripts/fit_library.py on {args.source}: {names(args.fit)}\"")
    if args.includes:
        print(f"includes: {args.includes}")
    print("operations:")
    for op, guesses in (NCCL if "nccl_perf" in args.fit[0] else KERNELS).items():
        fixed = included(args.includes).get(op, [])
        data = train[train.op == op]
        profiles = fit(op, guesses, fixed, data)
        print(f"  {op}:  # fitted: {errors(op, profiles + fixed, data)}")
        for chip, rows in (test[test.op == op].groupby("chip") if test is not None else []):
            print(f"    # not fitted, {chip}: {errors(op, profiles + fixed, rows)}")
        for profile in profiles:
            print(f"    - {entry(*profile)}")


if __name__ == "__main__":
    main()
