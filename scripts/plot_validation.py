#!/usr/bin/env python3
"""Draws predictions against published figures, as ratios.

usage: plot_validation.py FILE.csv   (of `podsim validate --out`)
"""
import argparse
import pathlib

from plot_style import colours, plt, read, save


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=pathlib.Path)
    file = parser.parse_args().file
    table = read(file)
    colour = colours(table.system)
    figure, axis = plt.subplots(figsize=(9, 0.7 + 0.34 * len(table)))
    drawn = axis.barh(table.case, 100 * table.error, color=[colour[s] for s in table.system])
    axis.invert_yaxis()
    axis.bar_label(drawn, fmt="%+.1f %%", padding=3)
    for limit in (-20, 20):
        axis.axvline(limit, color="grey", linestyle=":")
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_xlim(-32, 32)
    axis.set_xlabel("predicted / published - 1, %")
    save(figure, file.with_suffix(""))


if __name__ == "__main__":
    main()
