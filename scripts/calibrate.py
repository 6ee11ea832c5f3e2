#!/usr/bin/env python3
"""Fits the kernel constants of a chip to tables of measured kernel times and prints the fit by group.

calibrate.py CHIP --cores N --bandwidth GB/s --peak bf16=TFLOPS ... --kind gemm|grouped_gemm|attention_prefill|attention_decode
             --table FILE.csv[.gz] [--format NAME] [--rows N] [--seed N] [--write FILE.yaml]

Half of the rows, drawn by --seed, are fitted (least mean absolute log error, each row's error capped at 1); the other half
is reported. Constants keep a weak pull towards their starting values, so one that the data do not determine stays where physics put
it. The range of a constant is where the mean error of the fitted rows grows by a tenth. The formulas are those of sim/compute.
"""
import argparse
import datetime
import pathlib
import sys

import numpy as np
import pandas as pd
from scipy.optimize import differential_evolution, minimize

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import kernel_formulas as formulas  # noqa: E402

TILE = {"start": (5, .5, 100), "wave": (.5, .01, 5), "tile_rate": (.8, .2, 1.5), "core_bandwidth": (80, 10, 1000), "memory": (.85, .3, 1),
        "sustained": (.75, .3, 1)}
# kind -> constant: start, lowest, highest (us, GB/s, shares; score in ns)
CONSTANTS = {
    "gemm": {**TILE, "split": (1.5, .1, 30), "split_memory": (1.5, .2, 20), "quantise": (5, .1, 100), "quantise_memory": (.5, .05, 5)},
    "grouped_gemm": {**TILE, "start": (20, 2, 300), "wave": (.5, .01, 30), "overlap": (.7, .01, 1), "vector_memory": (.5, .05, 5), "elsewhere": (.5, .01, 1)},
    "attention_prefill": {"start": (8, 1, 40), "item": (2, .05, 20), "tile_rate": (.8, .2, 1.5), "narrow_rate": (1.5, 1, 2), "score": (.02, .0001, .2),
                          "item_width": (.2, .01, 1), "lone": (.9, .2, 3), "memory": (.85, .4, 1), "overlap": (.7, .01, 1), "sustained": (.7, .3, 1)},
    "attention_decode": {"start_single": (8, 1, 30), "start_grouped": (6, 1, 30), "item_single": (1.5, .1, 10), "item_grouped": (4, .1, 10), "lone_item": (.6, .1, 1),
                         "item_width": (.2, .01, 1), "item_rows": (.3, .01, 1), "covered": (64, 4, 512), "core_bandwidth_single": (35, 8, 500), "core_bandwidth_grouped": (35, 8, 500),
                         "memory": (.88, .4, 1), "overlap": (.7, .01, 1), "combine": (2, .1, 15), "tile_rate": (.5, .03, 1.5), "smallest_part": (256, 32, 4096), "most_parts": (64, 2, 512),
                         "resident": (1.3, 1, 8)},
}
UNITS = {"start": "us", "start_single": "us", "start_grouped": "us", "wave": "us", "split": "us", "quantise": "us", "item": "us", "item_single": "us", "item_grouped": "us", "combine": "us",
         "core_bandwidth": "GB/s", "core_bandwidth_single": "GB/s", "core_bandwidth_grouped": "GB/s", "score": "ns"}
# format name of a table -> arithmetic, bytes of an activation, of a weight, whether a kernel quantises activations first, key in the YAML
FORMATS = {"bfloat16": ("bf16", 2, 2, False, "bf16"), "fp8": ("fp8", 1, 1, True, "fp8"), "fp8_block": ("fp8", 1, 1, True, "fp8_block"),
           "nvfp4": ("fp4", .5625, .5625, True, "fp4"), "sq": ("int8", 1, 1, True, "int8"), "int8_wo": ("bf16", 2, 1, False, "int8 x bf16"),
           "int4_wo": ("bf16", 2, .515625, False, "int4 x bf16"), "w4a16_mxfp4": ("bf16", 2, .53125, False, "mxfp4 x bf16")}


def columns(table, names):
    return {new: table[old].to_numpy(float) for new, old in names.items()}


def prepare(kind, table):
    if kind == "gemm":
        return columns(table, {"m": "m", "n": "n", "k": "k"})
    if kind == "grouped_gemm":
        t = columns(table, {"hidden": "hidden_size", "tokens": "num_tokens", "top_k": "topk"})
        t["width"] = (table.inter_size / table.moe_tp_size).to_numpy(float)
        t["halves"] = np.where(table.kernel_source.str.contains("nongated"), 1.0, 2.0)
        return {**t, **formulas.load_statistics(table)}
    t = columns(table, {"batch": "batch_size", "heads": "num_heads", "kv_heads": "num_key_value_heads", "width": "head_dim", "window": "window_size"})
    t["cache_bytes"] = np.where(table.kv_cache_dtype == "fp8", 1.0, 2.0)
    t["narrow"] = np.where(table.attn_dtype == "fp8", 1.0, 0.0)
    t["tokens"] = table.isl.to_numpy(float)
    t["context"] = table.step.to_numpy(float) + 1
    return t


def predict(kind, chip, c, t, fmt, fixed):
    c = {**c, **fixed}
    if kind.startswith("attention"):
        return (formulas.prefill if kind == "attention_prefill" else formulas.decode)(chip, c, t)
    number, activation, weight, quantised, _ = FORMATS[fmt]
    if kind == "gemm":
        return formulas.gemm(chip, c, chip[number], t, activation, weight, quantised)
    return formulas.experts(chip, c, chip[number], t, activation, weight)


def possible(chip, t, seconds):
    """Rows that do not read a cache faster than the data sheet's bandwidth (a table that does has wrapped its cache)."""
    context = np.where(t["window"] > 0, np.minimum(t["window"], t["context"]), t["context"])
    return t["batch"] * t["kv_heads"] * context * 2 * t["width"] * t["cache_bytes"] < seconds * chip["bandwidth"]


def fit(kind, chip, t, seconds, fmt, fixed, floor, generations, rounds=4):
    spec = CONSTANTS[kind]
    names = [n for n in spec if n not in fixed]
    first, low, high = (np.log([spec[n][i] for n in names]) for i in range(3))
    target = np.log(seconds)

    def loss(x):
        inside = np.clip(x, low, high)
        error = np.log(np.maximum(predict(kind, chip, dict(zip(names, np.exp(inside))), t, fmt, fixed), floor)) - target
        return np.mean(np.minimum(np.abs(error), 1)) + .0005 * np.mean((inside - first) ** 2) + np.mean((x - inside) ** 2)

    x = np.clip(first, low, high)
    if generations:  # a search of the whole box, where the descent alone ends in a valley beside the best
        x = differential_evolution(loss, list(zip(low, high)), maxiter=generations, popsize=6, seed=1, polish=False, x0=x).x
    for r in range(rounds):
        size = (.35 if r < rounds - 1 else .1) * (-1) ** r
        jitter = np.random.default_rng(r).normal(size=(len(x), len(x))) * .1 * abs(size)
        found = minimize(loss, x, method="Nelder-Mead", options={"maxfev": 600, "initial_simplex": np.vstack([x, x + size * np.eye(len(x)) + jitter])})
        x = np.clip(found.x, low, high)
    ranges = {}
    best = loss(x)
    for i, name in enumerate(names):
        ends = []
        for sign in (-1, 1):
            step = x.copy()
            while low[i] < step[i] - 1e-9 or sign > 0:
                step[i] += sign * .1
                if step[i] <= low[i] or step[i] >= high[i] or loss(step) > 1.1 * best:
                    break
            ends.append(float(np.exp(np.clip(step[i], low[i], high[i]))))
        ranges[name] = ends
    return dict(zip(names, np.exp(x))), ranges


def report(kind, table, error):
    print(f"  held-out rows {len(error)}: median {np.median(np.abs(error)):.3f}  mean {np.mean(np.abs(error)):.3f}  bias {np.median(error):+.3f}")
    groups = {"gemm": ["m", "n", "k"], "grouped_gemm": ["num_tokens", "num_experts", "moe_ep_size", "distribution"],
              "attention_prefill": ["batch_size", "isl", "head_dim", "window_size", "kv_cache_dtype"],
              "attention_decode": ["batch_size", "step", "head_dim", "window_size", "kv_cache_dtype"]}[kind]
    for name in groups:
        key = table[name]
        if key.dtype != object and key.nunique() > 8:
            key = pd.cut(key, [-1, 16, 64, 256, 1024, 4096, 16384, 1e9])
        by = pd.Series(np.abs(error), index=table.index).groupby(key, observed=True).median()
        print(f"    {name}: " + "  ".join(f"{k} {v:.2f}" for k, v in by.items()))


def yaml_block(constants, ranges, fixed):
    lines = []
    for name, value in constants.items():
        unit = f" {UNITS[name]}" if name in UNITS else ""
        low, high = (min(ranges[name] + [value]), max(ranges[name] + [value]))
        lines.append(f"{name}: {{value: {value:.4g}{unit}, range: [{low:.4g}{unit}, {high:.4g}{unit}]}}")
    lines += [f"{name}: {str(value).lower() if isinstance(value, bool) else f'{value:g} {UNITS.get(name, str())}'.strip()}" for name, value in fixed.items()]
    return lines


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chip")
    parser.add_argument("--cores", type=float, required=True)
    parser.add_argument("--bandwidth", type=float, required=True, help="GB/s, data sheet")
    parser.add_argument("--peak", nargs="+", required=True, help="bf16=989.4 fp8=1978.9 ..., TFLOPS, data sheet")
    parser.add_argument("--kind", choices=CONSTANTS, required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--format", default="bfloat16", choices=FORMATS)
    parser.add_argument("--cache", choices=["bfloat16", "fp8"], help="only the rows of this KV cache format")
    parser.add_argument("--tokens", nargs=2, type=int, default=[0, 10**9], help="only the rows of more tokens than the first and at most the second")
    parser.add_argument("--fix", nargs="*", default=[], help="NAME=VALUE that the kernel library prescribes")
    parser.add_argument("--floor", type=float, default=0, help="us below which the table shows the host's launches, not the kernel")
    parser.add_argument("--search", type=int, default=0, help="generations of a global search before the descent")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", help="append the YAML block to this file")
    return parser.parse_args()


def chosen_rows(a, chip):
    """The rows of the table that the arguments ask for, without those that cannot be."""
    table = pd.read_csv(a.table)
    column = {"gemm": "gemm_dtype", "grouped_gemm": "moe_dtype"}.get(a.kind)
    if column:
        table = table[table[column] == a.format]
    if a.kind == "gemm":
        table = table[table.m > 0]
    if a.kind == "grouped_gemm":
        table = table[(table.num_tokens > a.tokens[0]) & (table.num_tokens <= a.tokens[1])]
    if a.cache:
        table = table[table.kv_cache_dtype == a.cache]
    keep = possible(chip, prepare(a.kind, table), table.latency.to_numpy() * 1e-3) if a.kind == "attention_decode" else np.full(len(table), True)
    if not keep.all():
        print(f"  {np.mean(~keep):.1%} of the rows exceed the memory bandwidth and are left out")
    return table[keep]


def main():
    a = arguments()
    chip = {"cores": a.cores, "bandwidth": a.bandwidth * 1e9, **{k: float(v) * 1e12 for k, v in (p.split("=") for p in a.peak)}}
    fixed = {k: (v == "true") if v in ("true", "false") else float(v) for k, v in (f.split("=") for f in a.fix)}
    if a.kind == "attention_decode":
        fixed = {"group_rows": 16.0, "single_in_tiles": False, "largest_group": 1e9, **fixed}
    by_format = a.kind in ("gemm", "grouped_gemm")
    table = chosen_rows(a, chip)
    half = np.random.default_rng(a.seed).random(len(table)) < .5
    train = table[half].sample(min(a.rows, half.sum()), random_state=a.seed)
    test = table[~half].sample(min(15000, (~half).sum()), random_state=a.seed)
    floor = a.floor * 1e-6
    constants, ranges = fit(a.kind, chip, prepare(a.kind, train), train.latency.to_numpy() * 1e-3, a.format, fixed, floor, a.search)
    print(f"{a.chip} {a.kind} {a.format if by_format else a.cache or ''} from {pathlib.Path(a.table).name}")
    error = np.log(np.maximum(predict(a.kind, chip, constants, prepare(a.kind, test), a.format, fixed), floor) / (test.latency.to_numpy() * 1e-3))
    report(a.kind, test, error)
    if not FORMATS[a.format][3]:
        for name in ("quantise", "quantise_memory"):
            constants.pop(name, None)
    version = pathlib.Path(a.table).name.split("_perf_")[-1].removesuffix(".csv.gz")
    block = ['source: "fitted to aiconfigurator kernel tables (Apache-2.0), see scripts/calibrate.py"',
             f'note: "{datetime.date.today()}, {version}, held-out median error {np.median(np.abs(error)):.1%}"']
    block += yaml_block(constants, ranges, fixed)
    if a.write:
        part = FORMATS[a.format][4] if by_format else FORMATS[a.cache][4] if a.cache else ""
        with open(a.write, "a") as out:
            out.write(f"{a.kind}{'.' if part else ''}{part}:\n" + "".join(f"  {line}\n" for line in block))


if __name__ == "__main__":
    main()
