"""What all plots share: one colour a system, PNG and SVG side by side."""
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import pandas as pd  # noqa: E402

COLOURS = ["#c8102e", "#76b900", "#1f5fa8", "#e69f00", "#7b4ea3", "#444444"]
plt.rcParams.update({
    "figure.constrained_layout.use": True, "axes.grid": True, "grid.alpha": 0.3, "axes.spines.top": False,
    "axes.spines.right": False, "font.size": 10, "legend.frameon": False, "svg.hashsalt": "podsim",
})


def colours(systems):
    """A colour for each system, in order of appearance."""
    return {system: COLOURS[i % len(COLOURS)] for i, system in enumerate(dict.fromkeys(systems))}


def read(path):
    """A CSV of podsim; ends with one clear line when it is not there."""
    try:
        return pd.read_csv(path)
    except (OSError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        sys.exit(f"{path}: cannot be read: {error}")


def save(figure, path):
    """Writes path.png and path.svg."""
    path = pathlib.Path(path)
    figure.savefig(path.with_suffix(".png"), dpi=130)
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    plt.close(figure)
    print(path.with_suffix(".png"))
