#!/usr/bin/env python3
"""Draws predicted against measured TPOT and TTFT of serving runs, and the errors by group.

usage: plot_cases.py OUT.csv PICTURE   (OUT.csv as `podsim validate --cases FILE.csv --out OUT.csv` writes it; PICTURE without ending)
"""
import argparse
import pathlib

import numpy as np

from plot_style import colours, plt, read, save


def scatter(axis, rows, metric, title, colour):
    for engine, part in rows.groupby("engine", sort=True):
        axis.scatter(part[metric], part["predicted_" + metric], s=7, alpha=0.5, color=colour[engine], label=engine, linewidths=0)
    low, high = rows[metric].min() * 0.8, rows[metric].max() * 1.2
    line = np.array([low, high])
    axis.plot(line, line, color="black", linewidth=0.8)
    axis.fill_between(line, line * 0.8, line * 1.2, color="black", alpha=0.08, linewidth=0)
    axis.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), xlabel=f"measured {title}, ms", ylabel=f"predicted {title}, ms")
    error = (rows["predicted_" + metric] / rows[metric] - 1).abs()
    axis.set_title(f"{title}: {len(rows)} runs, median error {100 * error.median():.1f} %")


def by_group(axis, rows, colour):
    rows = rows.assign(group=rows.chip + "  " + rows.model, error=100 * (rows.predicted_tpot_ms / rows.tpot_ms - 1))
    groups = sorted(rows.groupby(["group", "engine"]), reverse=True)
    for y, ((group, engine), part) in enumerate(groups):
        low, middle, high = np.percentile(part.error, [25, 50, 75])
        axis.plot([low, high], [y, y], color=colour[engine], linewidth=4, alpha=0.5, solid_capstyle="butt")
        axis.plot(middle, y, "o", color=colour[engine], markersize=4)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set(yticks=range(len(groups)), xlabel="TPOT error, % (quartiles)", xlim=(-60, 60))
    axis.set_yticklabels([f"{group}  {engine}  ({len(part)})" for (group, engine), part in groups], fontsize=7)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=pathlib.Path)
    parser.add_argument("picture", type=pathlib.Path)
    arguments = parser.parse_args()
    rows = read(arguments.table)
    needed = {"chip", "model", "engine", "ttft_ms", "tpot_ms", "predicted_ttft_ms", "predicted_tpot_ms"}
    if not needed <= set(rows.columns):
        raise SystemExit(f"plot_cases.py: {arguments.table} lacks {', '.join(sorted(needed - set(rows.columns)))}")
    rows = rows.dropna(subset=["predicted_tpot_ms", "tpot_ms", "ttft_ms"])
    colour = colours(sorted(rows.engine.unique()))
    figure, axes = plt.subplots(1, 3, figsize=(15, 5), gridspec_kw={"width_ratios": [1, 1, 0.8]})
    scatter(axes[0], rows, "tpot_ms", "TPOT", colour)
    scatter(axes[1], rows, "ttft_ms", "TTFT", colour)
    by_group(axes[2], rows, colour)
    axes[0].legend()
    save(figure, arguments.picture)


if __name__ == "__main__":
    main()
