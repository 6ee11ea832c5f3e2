#!/usr/bin/env python3
"""Draws a run: throughput per package, latency distributions, power over time.

usage: plot_run.py FOLDER   (the output folder of `podsim run`)
"""
import argparse
import pathlib

import numpy as np

from plot_style import colours, plt, read, save


def throughput(folder, summary, colour):
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.6))
    bars = [("output_tokens_per_s_per_package", "output tokens/s per package"), ("goodput_requests_per_s", "requests/s within SLO"),
            ("j_per_output_token", "J per output token")]
    for axis, (column, title) in zip(axes, bars):
        drawn = axis.bar(summary.system, summary[column], color=[colour[s] for s in summary.system])
        axis.bar_label(drawn, fmt="%.4g")
        axis.set_title(title)
        axis.tick_params(axis="x", rotation=15)
        axis.grid(False)
    save(figure, folder / "throughput")


def latency(folder, requests, colour):
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True)
    for axis, (column, title, factor) in zip(axes, [("ttft_s", "TTFT, s", 1), ("tpot_s", "TPOT, ms", 1e3), ("e2e_s", "end to end, s", 1)]):
        for system, rows in requests.groupby("system", sort=False):
            values = np.sort(rows[column].dropna().to_numpy()) * factor
            axis.plot(values, np.arange(1, len(values) + 1) / max(len(values), 1), color=colour[system], label=system)
        axis.set_xscale("log")
        axis.set_xlabel(title)
    axes[0].set_ylabel("share of finished requests")
    axes[0].legend()
    save(figure, folder / "latency")


def power(folder, steps, summary, colour):
    """Power of the serving packages while in steps, averaged over 300 intervals."""
    figure, axis = plt.subplots(figsize=(9, 3.6))
    for system, rows in steps.groupby("system", sort=False):
        start, end = rows.start_s.to_numpy(), (rows.start_s + rows.duration_s).to_numpy()
        edges = np.linspace(0, end.max(), 301)
        # Energy up to a time, from steps that have begun: exact integral of the sum of step functions.
        energy = np.zeros(len(edges))
        order_start, order_end = np.argsort(start), np.argsort(end)
        watts = rows.power_w.to_numpy()
        for times, order, sign in ((start, order_start, 1), (end, order_end, -1)):
            t, w = times[order], watts[order]
            sum_w, sum_wt = np.concatenate([[0], np.cumsum(w)]), np.concatenate([[0], np.cumsum(w * t)])
            before = np.searchsorted(t, edges)
            energy += sign * (edges * sum_w[before] - sum_wt[before])
        mean = np.diff(energy) / np.diff(edges) / 1e3
        axis.step(edges[:-1], mean, where="post", color=colour[system], label=system)
    axis.set_xlabel("time, s")
    axis.set_ylabel("serving packages in steps, kW")
    axis.set_ylim(bottom=0)
    axis.legend()
    save(figure, folder / "power")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    summary = read(folder / "summary.csv")
    colour = colours(summary.system)
    throughput(folder, summary, colour)
    latency(folder, read(folder / "requests.csv"), colour)
    power(folder, read(folder / "steps.csv"), summary, colour)


if __name__ == "__main__":
    main()
