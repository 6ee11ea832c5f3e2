#!/usr/bin/env python3
"""Draws predictions against published figures, and the errors by chip, model and engine.

usage: plot_validation.py FILE.csv   (of `podsim validate --out`)
"""
import argparse
import pathlib

import numpy as np

from plot_style import colours, plt, read, save


def scatter(axis, table, colour):
    for name, part in table.groupby("set", sort=True):
        axis.scatter(part.published, part.predicted, s=12, alpha=0.6, color=colour[name], label=f"{name} ({len(part)})", linewidths=0)
    line = np.array([table.published.min() * 0.7, table.published.max() * 1.4])
    axis.plot(line, line, color="black", linewidth=0.8)
    axis.fill_between(line, line * 0.8, line * 1.2, color="black", alpha=0.08, linewidth=0)
    axis.set(xscale="log", yscale="log", xlim=line, ylim=line, xlabel="published (each in its unit)", ylabel="predicted")
    axis.set_title(f"{len(table)} figures, median error {100 * table.error.abs().median():.1f} %; band: 20 %")
    axis.legend()


SHOWN = 60  # %; what lies beyond stands at the edge with its figure


def by_group(axis, table, colour):
    parts = [p.fillna("") for p in (table.chip, table.model, table.engine)]
    label = np.where(parts[0] == "", table.system, parts[0] + "  " + parts[1] + "  " + parts[2])
    groups = sorted(table.assign(label=label, percent=100 * table.error).groupby(["set", "label"]), reverse=True)
    for y, ((name, _), part) in enumerate(groups):
        low, middle, high = np.percentile(part.percent, [0, 50, 100])
        axis.plot([low, high], [y, y], color=colour[name], linewidth=3, alpha=0.5, solid_capstyle="butt")
        if abs(middle) <= SHOWN:
            axis.plot(middle, y, "o", color=colour[name], markersize=4)
        if high > SHOWN:
            axis.plot(SHOWN, y, ">", color=colour[name], markersize=5, clip_on=False)
            axis.text(SHOWN * 1.03, y, f"{high:+.0f}", ha="left", va="center", fontsize=7, color=colour[name])
        if low < -SHOWN:
            axis.plot(-SHOWN, y, "<", color=colour[name], markersize=5, clip_on=False)
            axis.text(-SHOWN * 0.97, y, f"{low:+.0f}", ha="left", va="center", fontsize=7, color=colour[name])
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set(yticks=range(len(groups)), ylim=(-1, len(groups)), xlim=(-SHOWN, SHOWN), xlabel="error, % (range and median)")
    axis.set_yticklabels([f"{label}  ({len(part)})" for (_, label), part in groups], fontsize=7)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=pathlib.Path)
    file = parser.parse_args().file
    table = read(file)
    colour = colours(sorted(table.set.unique()))
    groups = table.groupby(["set", table.chip.fillna(table.system), table.model.fillna(""), table.engine.fillna("")]).ngroups
    figure, axes = plt.subplots(1, 2, figsize=(15, max(6, 0.17 * groups)), gridspec_kw={"width_ratios": [1, 0.8]})
    scatter(axes[0], table, colour)
    by_group(axes[1], table, colour)
    save(figure, file.with_suffix(""))


if __name__ == "__main__":
    main()
