#!/usr/bin/env python3
"""Checks that every number with a unit in configs/ and topologies/ has a source: its own, or one of a map around it."""
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ["configs/chips", "configs/kernels", "configs/links", "configs/switches", "configs/engines", "configs/libraries", "configs/workloads", "topologies"]
NUMBER = re.compile(r"^[-+0-9.e]+( ?[A-Za-z/]+)?$")
COUNTS = {"endpoints_per_package", "nodes", "nodes_per_rack", "packages_per_node", "requests"}  # chosen, not measured


def unsourced(value, key, path, covered):
    if isinstance(value, dict):
        covered = covered or "source" in value
        for name, child in value.items():
            if name not in ("source", "note", "range", "name", "model_type"):
                yield from unsourced(child, name, f"{path}.{name}" if path else name, covered)
    elif isinstance(value, list):
        return
    elif not covered and key not in COUNTS and not isinstance(value, bool) and NUMBER.match(str(value)):
        yield path


def main():
    errors = []
    files = [f for folder in FOLDERS for f in sorted((ROOT / folder).glob("*.yaml"))]
    for file in files:
        for path in unsourced(yaml.safe_load(file.read_text()), "", "", False):
            errors.append(f"{file.relative_to(ROOT)}: {path} has no source")
    print("\n".join(errors) if errors else f"{len(files)} files, every constant has a source")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
