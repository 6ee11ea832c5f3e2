#!/usr/bin/env python3
"""Fits overhead, cost per destination and efficiency of a library to the `fitted: true` cases of configs/validation/fabric.yaml.

usage: fit_cases.py LIBRARY [--podsim BINARY]

podsim itself tells what the wire takes: the cases are evaluated with trial constants, in which their times are linear. Prints the
constants of each profile and the median and worst error of its cases, fitted and not. Residuals are logarithms of predicted /
published. What a profile does not name (per_destination, say) stays away, and what has a source of its own stays as it is.
"""
import argparse
import csv
import pathlib
import subprocess
import tempfile

import numpy as np
import yaml
from scipy.optimize import least_squares

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONSTANTS = ("overhead", "per_destination", "barriers", "efficiency")
TRIALS = {  # constants, and what the time's difference from the first trial is the coefficient of
    "base": {"overhead": "0 us", "efficiency": 1.0, "per_destination": "0 us", "barriers": 0},
    "wire": {"overhead": "0 us", "efficiency": 0.5, "per_destination": "0 us", "barriers": 0},
    "destinations": {"overhead": "0 us", "efficiency": 1.0, "per_destination": "1 us", "barriers": 0},
    "barriers": {"overhead": "0 us", "efficiency": 1.0, "per_destination": "0 us", "barriers": 1},
}


def evaluate(podsim, library, cases, profiles, trial):
    """Microseconds of each case with `trial` constants in every profile."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "libraries").mkdir()
        changed = {op: [{**{k: v for k, v in p.items() if k in ("algorithm", "scope")}, **trial} for p in rows] for op, rows in profiles.items()}
        (folder / "libraries" / f"{library}.yaml").write_text(yaml.safe_dump({"name": library, "operations": changed}))
        (folder / "cases.yaml").write_text(yaml.safe_dump({"cases": cases}))
        subprocess.run([podsim, "validate", folder / "cases.yaml", "--config-dir", folder, "--out", folder / "out.csv"], check=True,
                       cwd=ROOT, stdout=subprocess.DEVNULL)
        return np.array([float(row["predicted"]) for row in csv.DictReader(open(folder / "out.csv"))])


def in_one_node(case):
    cluster = case["cluster"] if isinstance(case["cluster"], dict) else {"use": case["cluster"]}
    shape = {**yaml.safe_load((ROOT / "topologies" / f"{cluster['use']}.yaml").read_text()), **cluster}
    chip = yaml.safe_load((ROOT / "configs/chips" / f"{shape['chip']}.yaml").read_text())
    ranks = len(case["ranks"]) if isinstance(case["ranks"], list) else case["ranks"]
    return ranks <= shape["packages_per_node"] * chip.get("endpoints_per_package", 1)


def microseconds(text):
    value, unit = text.split()
    return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def fit(profile, time, published, fitted):
    """Constants in the order overhead, per_destination, barriers, efficiency, and the error of every case."""
    wire = time["wire"] - time["base"]
    columns = [np.ones_like(wire)] + [time[k] - time["base"] for k in ("destinations", "barriers")]
    first, low, high = [20, 0.05, 1, 0.8], [0, 0, 0, 0.05], [5000, 100, 20, 1]
    for i, key in enumerate(CONSTANTS):
        given = profile.get(key, 0)
        if isinstance(given, dict) or not given:  # a constant with a source of its own, or none
            value = float(str(given["value"] if given else 0).split()[0])
            first[i], low[i], high[i] = value, value - 1e-9, value + 1e-9
    predict = lambda x: time["base"] - wire + sum(c * v for c, v in zip(columns, x)) + wire / x[3]
    residual = lambda x: np.log(predict(x)[fitted] / published[fitted])
    x = least_squares(residual, first, bounds=(low, high), loss="soft_l1", f_scale=0.1).x
    x = np.array([float(f"{v:.3g}") for v in np.maximum(x, 0)])
    return x, np.abs(predict(x) / published - 1) * 100


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--podsim", default=str(ROOT / "build/release/podsim"))
    args = parser.parse_args()
    file = yaml.safe_load((ROOT / "configs/libraries" / f"{args.library}.yaml").read_text())
    profiles = {op: rows if isinstance(rows, list) else [rows] for op, rows in file["operations"].items()}
    groups = yaml.safe_load((ROOT / "configs/validation/fabric.yaml").read_text())["groups"]
    cases = [c for group in groups for c in group["cases"] if c["channel"]["library"] == args.library]
    times = {name: evaluate(args.podsim, args.library, cases, profiles, trial) for name, trial in TRIALS.items()}
    for op, rows in profiles.items():
        for profile in rows:
            scope = profile.get("scope", "several_nodes" if len(rows) > 1 else "any")
            mine = np.array([c["operation"] == op and (scope == "any" or in_one_node(c) == (scope == "one_node")) for c in cases])
            chosen = [c for c, m in zip(cases, mine) if m]
            fitted = np.array([c.get("fitted", False) for c in chosen])
            published = np.array([microseconds(c["published"]) for c in chosen])
            x, error = fit(profile, {k: t[mine] for k, t in times.items()}, published, fitted)
            parts = [f"{key}: {v:g}{unit}" for key, unit, v in zip(CONSTANTS, (" us", " us", "", ""), x) if key in profile]
            show = lambda rows: f"median {np.median(error[rows]):.1f} %, worst {error[rows].max():.1f} %" if rows.any() else "none"
            print(f"{op} {scope}: {', '.join(parts)}  # fitted {show(fitted)}; not fitted {show(~fitted)}")


if __name__ == "__main__":
    main()
