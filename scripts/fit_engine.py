#!/usr/bin/env python3
"""Fits the host constants of an engine profile to measured serving runs, through podsim itself.

usage: fit_engine.py CASES.csv ENGINE [--podsim build/release/podsim] [--rounds 2] [--keys KEY ...] [--sample N]

CASES.csv has the columns that `podsim validate --cases` reads, with ttft_ms and tpot_ms. Every second case is fitted, or of those a sample
of N that is spread over the file; all others are held out. One constant at a time is varied and kept where the mean of |log(predicted / measured)|, cut at a factor of 2, is least; TPOT
counts twice as much as TTFT. Prints the fit on both halves and the lines for configs/engines/ENGINE.yaml.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

ROOT = pathlib.Path(__file__).resolve().parent.parent
STEPS = {  # key: unit and the values that are tried
    "step_overhead": ("ms", [0.05, 0.2, 0.4, 0.7, 1.0, 1.4, 2.0, 3.0]),
    "sequence_overhead": ("us", [0, 1, 2, 5, 10, 20, 30]),
    "prompt_overhead": ("ms", [0, 2, 5, 8, 12, 16, 24]),
    "host_call": ("us", [0, 5, 10, 15, 20, 30, 40, 60]),
    "request_overhead": ("ms", [0, 3, 6, 10, 15, 20, 30, 45]),
}


def with_values(text, values):
    for key, value in values.items():
        pattern = re.compile(rf"^{key}:.*$", re.M)
        line = f"{key}: {value:g} {STEPS[key][0]}"
        text = pattern.sub(line, text) if pattern.search(text) else f"{text}{line}\n"
    return text


class Engine:
    def __init__(self, name, podsim, rows):
        self.name, self.podsim, self.rows = name, podsim, rows
        self.text = (ROOT / "configs" / "engines" / f"{name}.yaml").read_text()
        self.folder = tempfile.TemporaryDirectory()
        self.work = pathlib.Path(self.folder.name)
        (self.work / "engines").mkdir()

    def predict(self, rows, values):
        (self.work / "engines" / f"{self.name}.yaml").write_text(with_values(self.text, values))
        rows.to_csv(self.work / "in.csv", index=False)
        command = [self.podsim, "validate", "--cases", self.work / "in.csv", "--out", self.work / "out.csv", "--config-dir", self.work]
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(done.stderr.strip())
        out = pd.read_csv(self.work / "out.csv")
        return out[out.predicted_tpot_ms.notna()]

    def current(self):
        values = {}
        for key, (unit, _) in STEPS.items():
            found = re.search(rf"^{key}:.*?([0-9.]+) {unit}", self.text, re.M)
            values[key] = float(found.group(1)) if found else 0.0
        return values


def errors(out):
    return {m: np.log(out[f"predicted_{m}_ms"] / out[f"{m}_ms"]) for m in ("tpot", "ttft")}


def loss(out):
    e = errors(out)
    return 2 * e["tpot"].abs().clip(upper=np.log(2)).mean() + e["ttft"].abs().clip(upper=np.log(2)).mean()


def report(title, out):
    e = {m: np.expm1(v).abs() for m, v in errors(out).items()}
    print(f"{title}: {len(out)} cases, TPOT median {e['tpot'].median():.1%} mean {e['tpot'].mean():.1%}, TTFT median {e['ttft'].median():.1%}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("engine")
    parser.add_argument("--podsim", default=ROOT / "build" / "release" / "podsim")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--sample", type=int, help="fit so many cases only; the held-out half stays whole")
    parser.add_argument("--keys", nargs="+", default=list(STEPS), choices=list(STEPS))
    arguments = parser.parse_args()
    rows = pd.read_csv(arguments.cases)
    rows = rows[rows.engine == arguments.engine]
    if len(rows) < 4:
        sys.exit(f"fit_engine.py: {arguments.cases} has {len(rows)} runs of {arguments.engine}, at least 4 are needed")
    fitted, held_out = rows.iloc[::2], rows.iloc[1::2]
    if arguments.sample and arguments.sample < len(fitted):
        fitted = fitted.iloc[np.linspace(0, len(fitted) - 1, arguments.sample).astype(int)]
    engine = Engine(arguments.engine, arguments.podsim, rows)
    values = engine.current()
    report("before, fitted half", engine.predict(fitted, values))
    best = loss(engine.predict(fitted, values))
    for _ in range(arguments.rounds):
        for key in arguments.keys:
            for value in STEPS[key][1]:
                if value == values[key]:
                    continue
                trial = loss(engine.predict(fitted, {**values, key: value}))
                if trial < best - 1e-6:
                    best, values = trial, {**values, key: value}
            print(f"{key}: {values[key]:g} {STEPS[key][0]} (loss {best:.4f})", flush=True)
    report("after, fitted half", engine.predict(fitted, values))
    report("after, held out", engine.predict(held_out, values))
    for key in arguments.keys:
        print(f"{key}: {values[key]:g} {STEPS[key][0]}")


if __name__ == "__main__":
    main()
