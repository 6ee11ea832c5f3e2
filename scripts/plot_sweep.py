#!/usr/bin/env python3
"""Draws a sweep: throughput, TPOT and energy per token of every system against one axis.

usage: plot_sweep.py FOLDER --x COLUMN [--panels N]   (the output folder of `podsim sweep`; several rows at one x are averaged)
"""
import argparse
import pathlib
import sys

from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from plot_style import colours, plt, read, save

PANELS = [("output_tokens_per_s", "output tokens/s", "log"), ("output_tokens_per_s_per_package", "output tokens/s per package", "linear"),
          ("tpot_p50_s", "TPOT p50, ms", "linear"), ("j_per_output_token", "J per output token", "log"),
          ("ttft_p50_s", "TTFT p50, s", "log"), ("slo_attainment", "share within SLO", "linear")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--x", required=True, help="column of the horizontal axis")
    parser.add_argument("--panels", type=int, default=len(PANELS), help="how many panels, in order: throughput, per package, TPOT, J, TTFT, SLO")
    arguments = parser.parse_args()
    table = read(arguments.folder / "sweep.csv")
    if arguments.x not in table:
        sys.exit(f"{arguments.folder}/sweep.csv: no column {arguments.x}")
    failed = table[table.error.notna()]
    for _, row in failed.iterrows():
        print(f"not drawn: {row.system} at {arguments.x} = {row[arguments.x]}: {row.error}")
    table = table[table.error.isna()]
    colour = colours(table.system)
    columns = 2 if arguments.panels <= 4 else 3
    rows_of_panels = -(-arguments.panels // columns)
    figure, axes = plt.subplots(rows_of_panels, columns, figsize=(4 * columns + 1, 3 * rows_of_panels + 0.4), squeeze=False)
    for axis, (column, title, scale) in zip(axes.flat, PANELS[: arguments.panels]):
        for system, rows in table.groupby("system", sort=False):
            rows = rows.groupby(arguments.x, as_index=False)[column].mean()
            factor = 1e3 if title.endswith("ms") else 1
            axis.plot(rows[arguments.x], rows[column] * factor, marker="o", markersize=4, color=colour[system], label=system)
        axis.set_xscale("log", base=2)
        axis.set_yscale(scale)
        axis.set_xticks(sorted(table[arguments.x].unique()))
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.xaxis.set_minor_locator(NullLocator())
        axis.tick_params(axis="x", labelrotation=45)
        if scale == "log":
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}" if value < 1000 else EngFormatter(sep="")(value))
            axis.yaxis.set_minor_locator(NullLocator())
        axis.set_title(title)
        if scale == "linear":
            axis.set_ylim(bottom=0)
    for axis in axes[-1]:
        axis.set_xlabel(arguments.x)
    axes[0][0].legend()
    save(figure, arguments.folder / "sweep")


if __name__ == "__main__":
    main()
