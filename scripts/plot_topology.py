#!/usr/bin/env python3
"""Draws a cluster's network: one panel a plane, a row of switches for every tier, racks of nodes of chips below.

usage: plot_topology.py FILE.json OUTPUT   (of `podsim topology --export json=FILE.json`; writes OUTPUT.png and OUTPUT.svg)
"""
import argparse
import collections
import json
import pathlib
import sys

from matplotlib.collections import LineCollection
from matplotlib.patches import FancyBboxPatch, Rectangle

from plot_style import plt, save

TIER_COLOURS = ["#e69f00", "#1f5fa8", "#7b4ea3", "#c8102e"]
SUB_PLANE_COLOURS = ["#1f5fa8", "#e69f00", "#009e73", "#cc79a7", "#7b4ea3", "#56b4e9", "#8b5a2b", "#c8102e"]
NODES_SHOWN = 24   # of all, as whole racks or as the first and last nodes of one rack
PLURAL = {"switch": "switches", "leaf": "leaves"}
GAP = 0.9          # width of the dots that stand for what is left out


def load(path):
    try:
        return json.loads(pathlib.Path(path).read_text())
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: cannot be read: {error}")


def rate(bytes_per_s):
    return f"{bytes_per_s / 1e12:.3g} TB/s" if bytes_per_s >= 1e12 else f"{bytes_per_s / 1e9:.3g} GB/s"


def thin(items, limit):
    """All items, or the first and the last of them with None between."""
    if len(items) <= limit:
        return list(items)
    head = (limit * 2) // 3
    return list(items[:head]) + [None] + list(items[-(limit - head):])


def place_nodes(net):
    """x and width of each shown node, the racks' extents, and where dots go."""
    per_rack = net["nodes_per_rack"]
    shown = thin(range(net["nodes"]), NODES_SHOWN)
    if net["nodes"] > NODES_SHOWN and per_rack < NODES_SHOWN:  # whole racks, a few nodes of each
        racks = thin(range(-(-net["nodes"] // per_rack)), 4)
        shown = []
        for rack in racks:
            nodes = range(rack * per_rack, min(net["nodes"], (rack + 1) * per_rack)) if rack is not None else []
            shown += [None] if rack is None else thin(nodes, max(2, NODES_SHOWN // len(racks)))
    places, dots, racks, x = {}, [], collections.OrderedDict(), 0.0
    previous = None
    for node in shown:
        if node is None:
            dots.append(x + GAP / 2)
            x += GAP
            continue
        rack = node // per_rack
        if previous is not None and rack != previous:
            x += 0.5
        places[node] = x
        first, _ = racks.get(rack, (x, x))
        racks[rack] = (first, x + 1)
        x += 1.12
        previous = rack
    return places, dots, racks, x


def place_switches(switches, centre, width):
    """x of each shown switch of a tier, where dots go, and the width of a box.

    Switches that serve the same nodes stand together above them; those of one sub-plane stand side by side."""
    order = sorted(switches, key=lambda s: (round(centre.get(s, width / 2), 6), s))
    clusters = [[order[0]]]
    for before, switch in zip(order, order[1:]):
        if centre.get(switch, width / 2) - centre.get(before, width / 2) > 0.6:
            clusters.append([])
        clusters[-1].append(switch)
    middles = [sum(centre.get(s, width / 2) for s in c) / len(c) for c in clusters] if len(clusters) > 1 else [width / 2]
    slots = []
    for i, middle in enumerate(middles):
        room = [middle + 0.1, width - middle + 0.1] + [abs(middle - m) / 2 for m in middles[max(0, i - 1):i] + middles[i + 1:i + 2]]
        slots.append(2 * min(room) * (0.86 if len(middles) > 1 else 1))
    at, dots, box = {}, [], width
    for cluster, middle, slot in zip(clusters, middles, slots):
        shown = thin(cluster, max(3, int(slot / 0.11)))
        groups = len({round(centre.get(s, 0), 6) for s in cluster})
        gap = 1.2 if 1 < groups <= 12 and len(cluster) > 2 * groups else 0  # boxes left free between sub-planes
        step = slot / (len(shown) + gap * (groups - 1 if gap else 0))
        x, previous = middle - slot / 2 + step / 2, None
        for switch in shown:
            if gap and switch is not None and previous is not None and abs(centre.get(switch, 0) - previous) > 1e-6:
                x += gap * step
            if switch is None:
                dots.append(x)
            else:
                at[switch] = x
                previous = centre.get(switch, 0)
            x += step
        box = min(box, 0.78 * step)
    return at, dots, min(box, 0.9)


def draw_chips(axis, net, places, endpoint_at):
    """Nodes as boxes of packages; remembers where each endpoint's cable starts."""
    packages, dies = net["packages_per_node"], net["endpoints_per_package"]
    rows = 1 if packages <= 4 else 2
    columns = -(-packages // rows)
    for node, x in places.items():
        axis.add_patch(FancyBboxPatch((x, -1.0), 1.0, 0.95, boxstyle="round,pad=0,rounding_size=0.08", fc="#f4f4f4", ec="#777777", lw=0.8))
        for package in range(packages):
            w, h = 0.88 / columns, 0.8 / rows
            px, py = x + 0.06 + (package % columns) * w, -0.94 + (rows - 1 - package // columns) * h
            for die in range(dies):
                dw = (w - 0.04) / dies
                axis.add_patch(Rectangle((px + die * dw, py + 0.03), dw * 0.86, h - 0.06, fc="#76b900" if dies == 1 else "#c8102e", ec="none", alpha=0.85, snap=False))
                endpoint_at[(node * packages + package) * dies + die] = (x + 0.06 + (package % columns) * w + (die + 0.5) * dw, -0.05)


def sub_plane_colours(tiers, neighbours):
    """A colour for each switch where the switches of a plane fall into a few networks side by side, of several tiers each."""
    switches = [s for tier in sorted(tiers) for s in tiers[tier]]
    known, part = set(switches), {}
    for start in switches:
        if start in part:
            continue
        part[start], reached = start, [start]
        for switch in reached:
            for other in neighbours[switch]:
                if other in known and other not in part:
                    part[other] = start
                    reached.append(other)
    names = list(dict.fromkeys(part[s] for s in switches))
    if len(tiers) < 2 or not 2 <= len(names) <= len(SUB_PLANE_COLOURS):
        return {}
    return {s: SUB_PLANE_COLOURS[names.index(part[s])] for s in switches}


def draw_plane(axis, net, plane, neighbours):
    places, dots, racks, width = place_nodes(net)
    endpoint_at = {}
    draw_chips(axis, net, places, endpoint_at)
    for x in dots:
        axis.text(x, -0.5, "···", ha="center", va="center", fontsize=13, color="#555555")
    for rack, (first, last) in racks.items():
        axis.add_patch(FancyBboxPatch((first - 0.1, -1.12), last - first + 0.2, 1.2, boxstyle="round,pad=0,rounding_size=0.12", fc="none", ec="#bbbbbb", lw=1))
        total = -(-net["nodes"] // net["nodes_per_rack"])
        nodes = min(net["nodes_per_rack"], net["nodes"] - rack * net["nodes_per_rack"])
        what = f"rack {rack + 1} of {total}: " if total > 1 else ""
        axis.text((first + last) / 2, -1.2, f"{what}{nodes} nodes", ha="center", va="top", fontsize=9, color="#444444")

    tiers = collections.defaultdict(list)
    for vertex in net["vertices"]:
        if vertex.get("plane") == plane["name"] and not vertex["device"]:
            tiers[vertex["tier"]].append(vertex["id"])
    role = {v["id"]: v["role"] for v in net["vertices"]}
    sub_plane = sub_plane_colours(tiers, neighbours)
    positions = dict(endpoint_at)
    for tier in sorted(tiers):
        y = 2.0 * tier
        centre = {}
        for switch in tiers[tier]:
            below = [positions[n][0] for n in neighbours[switch] if n in positions and positions[n][1] < y - 0.2]
            if below:
                centre[switch] = sum(below) / len(below)
        # Switches of islands that are not drawn are not drawn either.
        drawn = [s for s in tiers[tier] if s in centre] or tiers[tier]
        at, gaps, w = place_switches(drawn, centre, width)
        colour = TIER_COLOURS[(tier - 1) % len(TIER_COLOURS)]
        for switch, x in at.items():
            positions[switch] = (x, y)
            axis.add_patch(FancyBboxPatch((x - w / 2, y - 0.17), w, 0.34, boxstyle=f"round,pad=0,rounding_size={min(0.06, w / 3):.3f}", fc=sub_plane.get(switch, colour), ec="none", zorder=3))
        for x in gaps:
            axis.text(x, y, "···", ha="center", va="center", fontsize=13, color=colour, zorder=3)
        name = role[tiers[tier][0]]
        axis.text(-0.35, y, f"{len(tiers[tier])}\n{PLURAL.get(name, name + 's')}", ha="right", va="center", fontsize=10, color=colour, weight="bold")

    cables, between = collections.Counter(), collections.defaultdict(list)
    for link in net["links"]:
        a, b = link["from"], link["to"]
        if link["plane"] != plane["name"] or any(net["vertices"][end].get("device") for end in (a, b)):
            continue
        between[tuple(sorted((level(net, a), level(net, b))))].append(link["bandwidth_bytes_per_s"])
        if a in positions and b in positions:
            cables[(a, b)] += 1
    alpha = max(0.06, min(0.6, 160 / max(1, len(cables))))
    lines, colours = [], []
    for a, b in cables:
        colours.append(sub_plane.get(a, sub_plane.get(b, "#333333")))
        (xa, ya), (xb, yb) = sorted((positions[a], positions[b]), key=lambda p: p[1])
        lines.append([(xa, ya + (0.17 if ya > 0 else 0)), (xb, yb - 0.17 if yb > 0 else yb)])
    axis.add_collection(LineCollection(lines, colors=colours or "#333333", alpha=alpha, linewidths=0.7, zorder=1, rasterized=len(lines) > 500))  # keeps the SVG small
    for (lower, upper), rates in sorted(between.items()):
        axis.text(width + 0.25, lower + upper if upper != lower else 0.4, f"{len(rates):,} links\nof {rate(max(rates))}", ha="left", va="center", fontsize=9.5, color="#333333")
    axis.text(-0.35, -0.5, f"{net['nodes'] * net['packages_per_node']}\npackages", ha="right", va="center", fontsize=10, weight="bold", color="#444444")
    if sub_plane:
        axis.text(width + 0.25, 2.0 * max(tiers) + 0.05, f"{len(set(sub_plane.values()))} sub-planes,\none colour each", ha="left", va="center", fontsize=9.5, color="#333333")
    title = f"{plane['name']}: {plane['switches']:,} switches, {plane['links']:,} links, {plane['power_w'] / 1e3:,.1f} kW; {plane['routing'].replace('_', ' ')} paths"
    title += ", sprayed over all" if plane["spread"] == "spray" else ", one a pair by hash"
    title += f"; carries {', '.join(plane['carries'])}" if plane["carries"] else ""
    title += "".join(f"; {d['count']} {d['name']}s attached" for d in plane["attached"])
    axis.set_title(title, fontsize=10.5, loc="left")
    axis.set_xlim(-2.6, width + 2.9)
    axis.set_ylim(-1.75, 2.0 * max(tiers, default=0) + 0.5)
    axis.axis("off")


def level(net, vertex):
    return net["vertices"][vertex]["tier"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="JSON of `podsim topology --export json=FILE.json`")
    parser.add_argument("output", type=pathlib.Path, help="path of the picture, without ending")
    arguments = parser.parse_args()
    net = load(arguments.file)
    tiers = {p["name"]: max([v["tier"] for v in net["vertices"] if v.get("plane") == p["name"]], default=0) for p in net["planes"]}
    heights = [2.2 + 2.0 * tiers[p["name"]] for p in net["planes"]]
    figure, axes = plt.subplots(len(heights), 1, figsize=(14, 0.62 * sum(heights) + 0.6), height_ratios=heights, squeeze=False)
    neighbours = {p["name"]: collections.defaultdict(set) for p in net["planes"]}
    for link in net["links"]:
        neighbours[link["plane"]][link["from"]].add(link["to"])
        neighbours[link["plane"]][link["to"]].add(link["from"])
    for axis, plane in zip(axes.flat, net["planes"]):
        draw_plane(axis, net, plane, neighbours[plane["name"]])
    dies = net["endpoints_per_package"]
    each = f" of {dies} dies" if dies > 1 else ""
    figure.suptitle(f"{net['name']}: {net['nodes']} nodes of {net['packages_per_node']} {net['chip']}{each}", fontsize=14, weight="bold")
    save(figure, arguments.output)


if __name__ == "__main__":
    main()
