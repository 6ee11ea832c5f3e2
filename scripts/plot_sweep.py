#!/usr/bin/env python3
"""Draws a sweep: throughput, TPOT and energy per token of every system against one axis.

usage: plot_sweep.py FOLDER --x COLUMN   (the output folder of `podsim sweep`; other axes become panels of lines)
"""
import argparse
import pathlib
import sys

from plot_style import colours, plt, read, save

PANELS = [("output_tokens_per_s", "output tokens/s", "log"), ("output_tokens_per_s_per_package", "output tokens/s per package", "linear"),
          ("tpot_p50_s", "TPOT p50, ms", "linear"), ("j_per_output_token", "J per output token", "log"),
          ("ttft_p50_s", "TTFT p50, s", "log"), ("slo_attainment", "share within SLO", "linear")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--x", required=True, help="column of the horizontal axis")
    arguments = parser.parse_args()
    table = read(arguments.folder / "sweep.csv")
    if arguments.x not in table:
        sys.exit(f"{arguments.folder}/sweep.csv: no column {arguments.x}")
    failed = table[table.error.notna()]
    for _, row in failed.iterrows():
        print(f"not drawn: {row.system} at {arguments.x} = {row[arguments.x]}: {row.error}")
    table = table[table.error.isna()]
    colour = colours(table.system)
    figure, axes = plt.subplots(2, 3, figsize=(12, 6.4))
    for axis, (column, title, scale) in zip(axes.flat, PANELS):
        for system, rows in table.groupby("system", sort=False):
            rows = rows.groupby(arguments.x, as_index=False)[column].mean()
            factor = 1e3 if title.endswith("ms") else 1
            axis.plot(rows[arguments.x], rows[column] * factor, marker="o", markersize=4, color=colour[system], label=system)
        axis.set_xscale("log", base=2)
        axis.set_yscale(scale)
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_title(title)
        if scale == "linear":
            axis.set_ylim(bottom=0)
    for axis in axes[1]:
        axis.set_xlabel(arguments.x)
    axes[0][0].legend()
    save(figure, arguments.folder / "sweep")


if __name__ == "__main__":
    main()
