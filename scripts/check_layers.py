#!/usr/bin/env python3
"""Checks that every folder of sim/ includes only what stands in the include table of sim/README.md, without circles, and
that Boost.Graph and SimGrid stay in their rooms."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = {"topology": "boost/graph/", "flows": "simgrid/"}  # only this folder may include that library


def table():
    """folder -> folders it may include, from the fenced table that follows the heading 'Include table'."""
    text = (ROOT / "sim/README.md").read_text()
    block = re.search(r"## Include table.*?```\n(.*?)```", text, re.S)
    if not block:
        sys.exit("sim/README.md: no include table")
    allowed = {}
    for line in block.group(1).strip().splitlines():
        folder, *others = line.split()
        allowed[folder] = set() if others == ["-"] else set(others)
    return allowed


def main():
    allowed = table()
    errors = []
    for folder in sorted(p.name for p in (ROOT / "sim").iterdir() if p.is_dir()):
        if folder not in allowed:
            errors.append(f"sim/{folder}: not in the include table of sim/README.md")
            continue
        for source in sorted((ROOT / "sim" / folder).glob("*.?pp")):
            for number, line in enumerate(source.read_text().splitlines(), 1):
                include = re.match(r'\s*#include\s+[<"]([^>"]+)[>"]', line)
                if not include:
                    continue
                path, where = include.group(1), f"{source.relative_to(ROOT)}:{number}"
                target = path.split("/")[0]
                if target in allowed and target != folder and target not in allowed[folder]:
                    errors.append(f"{where}: {folder} may not include {target}")
                for room, library in ROOMS.items():
                    if path.startswith(library) and folder != room:
                        errors.append(f"{where}: only sim/{room} may include <{library}...>")
    order = []
    left = dict(allowed)
    while left:
        ground = [f for f, needs in left.items() if needs <= set(order)]
        if not ground:
            errors.append(f"sim/README.md: the include table has a circle among {', '.join(sorted(left))}")
            break
        order += ground
        for f in ground:
            del left[f]
    print("\n".join(errors) if errors else f"{len(allowed)} folders, no arrow up, no circle")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
