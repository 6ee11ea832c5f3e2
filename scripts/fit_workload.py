#!/usr/bin/env python3
"""Fits podsim's synthetic workload (gamma arrivals, lognormal lengths) to a public trace and prints it as YAML.

usage: fit_workload.py TRACE
TRACE is an Azure 2023 CSV, a Mooncake JSON-lines file, or a ServeGen folder of chunk-*-trace.csv and
chunk-*-dataset.json. Lengths: mean and standard deviation of the logarithm (maximum likelihood). Arrivals: mean rate and
coefficient of variation of the gaps.
"""
import ast
import csv
import datetime
import json
import math
import pathlib
import sys


def moments(weighted):
    """Median and sigma of the lognormal, minimum and maximum, of (value, weight) pairs."""
    total = sum(w for _, w in weighted)
    mean = sum(w * math.log(v) for v, w in weighted) / total
    variance = sum(w * (math.log(v) - mean) ** 2 for v, w in weighted) / total
    values = [v for v, _ in weighted]
    return math.exp(mean), math.sqrt(variance), min(values), max(values)


def from_requests(times, inputs, outputs):
    gaps = [b - a for a, b in zip(times, times[1:])]
    mean = sum(gaps) / len(gaps)
    cv = math.sqrt(sum((g - mean) ** 2 for g in gaps) / len(gaps)) / mean
    return 1 / mean, cv, [(v, 1) for v in inputs], [(v, 1) for v in outputs]


def azure(path):
    with open(path) as file:
        rows = list(csv.DictReader(file))
    times = [datetime.datetime.fromisoformat(r["TIMESTAMP"][:26]).timestamp() for r in rows]
    return from_requests(times, [int(r["ContextTokens"]) for r in rows], [int(r["GeneratedTokens"]) for r in rows])


def mooncake(path):
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    times = [r["timestamp"] / 1000 for r in rows]
    return from_requests(times, [r["input_length"] for r in rows], [r["output_length"] for r in rows])


def servegen(folder):
    """Clients mixed in proportion to their request rates; the clients' own burstiness averages out in the mix."""
    lengths = ({}, {})
    rate_sum, windows = 0.0, set()
    for trace in sorted(folder.glob("chunk-*-trace.csv")):
        data = json.loads(trace.with_name(trace.name.replace("-trace.csv", "-dataset.json")).read_text())
        starts = sorted(int(key) for key in data)
        with open(trace) as file:
            for row in csv.reader(file):
                start, rate = int(float(row[0])), float(row[1])
                windows.add(start)
                known = [s for s in starts if s <= start]
                if rate <= 0 or not known:
                    continue
                rate_sum += rate
                window = data[str(known[-1])]
                for into, key in zip(lengths, ("input_tokens", "output_tokens")):
                    for value, probability in ast.literal_eval(window[key]).items():
                        into[value] = into.get(value, 0) + rate * probability
    inputs, outputs = ([(v, w) for v, w in table.items() if v > 0] for table in lengths)
    return rate_sum / len(windows), 1.0, inputs, outputs


def main():
    path = pathlib.Path(sys.argv[1])
    read = servegen if path.is_dir() else mooncake if path.suffix == ".jsonl" else azure
    rate, cv, inputs, outputs = read(path)
    print(f"arrivals: {{process: gamma, rate: {rate:.3g} /s, cv: {cv:.3g}}}")
    for name, sample in (("input", inputs), ("output", outputs)):
        median, sigma, low, high = moments(sample)
        mean = sum(v * w for v, w in sample) / sum(w for _, w in sample)
        print(f"{name}: {{distribution: lognormal, median: {median:.0f}, sigma: {sigma:.3f}, min: {low}, max: {high}}}   # sample mean {mean:.0f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
