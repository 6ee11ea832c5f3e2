"""The closed forms of sim/compute over arrays, for fitting; a test holds both against the same tables.

Constants come as a dict with the names of the `kernels` block of configs/chips/*.yaml: times in us, rates in GB/s, shares plain.
"""
import numpy as np

WIDE = 2.0
US, GB = 1e-6, 1e9


def partly_hidden(one, other, overlap):
    return np.maximum(one, other) + (1 - overlap) * np.minimum(one, other)


def waves(chip, c, peak, tiles, depth, block_rows, block_columns, rows, columns, activation, weight):
    arithmetic = 2 * depth * block_rows * block_columns / (c["tile_rate"] * peak / chip["cores"])
    operands = depth * (rows * activation + columns * weight) / (c["core_bandwidth"] * GB)
    return np.ceil(tiles / chip["cores"]) * (np.maximum(arithmetic, operands) + c["wave"] * US)


def gemm(chip, c, peak, t, activation, weight, quantised):
    m, n, k = t["m"], t["n"], t["k"]
    floor = np.maximum((m * k * activation + n * k * weight + m * n * WIDE) / (c["memory"] * chip["bandwidth"]),
                       2 * m * n * k / (c["sustained"] * peak))
    best = np.full(len(m), np.inf)
    for rows in (16, 32, 64, 128, 256):
        for columns in (32, 64, 128, 256):
            tiles = np.ceil(m / rows) * np.ceil(n / columns)
            most = np.maximum(1, np.floor(np.minimum(chip["cores"] / tiles, k / 256)))
            for split in (np.ones_like(m), most):
                depth = np.ceil(k / split / 64) * 64
                time = np.maximum(floor, waves(chip, c, peak, tiles * split, depth, rows, columns, np.minimum(rows, m),
                                               np.minimum(columns, n), activation, weight))
                partial = c["split"] * US + 8 * split * m * n / (c["split_memory"] * chip["bandwidth"])
                best = np.minimum(best, time + np.where(split > 1, partial, 0))
    if quantised:
        best = best + c["quantise"] * US + m * k * (WIDE + activation) / (c["quantise_memory"] * chip["bandwidth"])
    return c["start"] * US + best


def power_law(experts, tokens, top_k, alpha):
    copies = tokens * top_k
    ratio = max(0.8 * tokens, 1.0001) if copies > experts else 200.0
    u = (np.arange(experts)[::-1] + 0.5) / experts
    load = ((ratio ** (1 - alpha) - 1) * u + 1) ** (1 / (1 - alpha))
    out = np.full(experts, float(tokens))
    for full in range(experts):  # the heaviest experts get every token
        factor = (copies - tokens * full) / load[full:].sum()
        if load[full] * factor <= tokens:
            out[full:] = load[full:] * factor
            break
    return out


def local_loads(tokens, top_k, experts, ep, distribution):
    """Whole copies of the experts of the measured rank: the first (balanced), the busiest of one drawn placement (power law)."""
    here = experts // ep
    if distribution == "balanced":  # token t goes to experts t + i * ceil(experts / top_k), cyclically
        stride = -(-experts // top_k)
        period = np.arange(min(tokens, experts))
        times = np.full(len(period), tokens // experts) + (period < tokens % experts) if tokens > experts else np.ones(len(period))
        chosen = (period[:, None] + stride * np.arange(top_k)) % experts
        load = np.bincount(chosen.ravel(), weights=np.repeat(times, top_k), minlength=experts)[:here]
    else:
        load = power_law(experts, tokens, top_k, float(distribution.split("_")[-1]))
        if ep > 1:
            groups = np.random.default_rng(7).permutation(load).reshape(ep, here)
            load = groups[np.argmax(groups.sum(1))]
    load = np.round(load)
    load = load[load > 0]
    return load if len(load) else np.ones(1)


def load_statistics(t):
    """Per row: copies, touched experts, and tiles of rows for each tile height."""
    cache, out = {}, {"copies": [], "touched": [], 16: [], 32: [], 64: [], 128: []}
    for key in zip(t["num_tokens"], t["topk"], t["num_experts"], t["moe_ep_size"], t["distribution"]):
        if key not in cache:
            load = local_loads(*key)
            cache[key] = {"copies": load.sum(), "touched": len(load), **{b: np.ceil(load / b).sum() for b in (16, 32, 64, 128)}}
        for name, value in cache[key].items():
            out[name].append(value)
    return {name: np.array(v, float) for name, v in out.items()}


def grouped_gemm(chip, c, peak, s, n, k, activation, weight):
    memory = (s["touched"] * n * k * weight + s["copies"] * (k * activation + n * WIDE)) / (c["memory"] * chip["bandwidth"])
    best = np.full(len(n), np.inf)
    for rows in (16, 32, 64, 128):
        for columns in (64, 128, 256):
            best = np.minimum(best, waves(chip, c, peak, s[rows] * np.ceil(n / columns), k, rows, columns,
                                          np.minimum(rows, s["copies"] / s["touched"]), np.minimum(columns, n), activation, weight))
    return partly_hidden(np.maximum(best, 2 * s["copies"] * n * k / (c["sustained"] * peak)), memory, c["overlap"])


def experts(chip, c, peak, t, activation, weight):
    width, hidden, halves = t["width"], t["hidden"], t["halves"]
    copies = t["copies"] + c["elsewhere"] * (t["tokens"] * t["top_k"] - t["copies"])
    vector = copies * (hidden * (2 * WIDE + activation) + width * (halves * WIDE + activation)) + t["tokens"] * hidden * WIDE
    return c["start"] * US + grouped_gemm(chip, c, peak, t, halves * width, hidden, activation, weight) \
        + grouped_gemm(chip, c, peak, t, hidden, width, activation, weight) + vector / (c["vector_memory"] * chip["bandwidth"])


def prefill(chip, c, t):
    b, h, kv, d, q, w = (t[x] for x in ("batch", "heads", "kv_heads", "width", "tokens", "window"))
    peak = chip["bf16"] * np.where(t["narrow"] > 0, c["narrow_rate"], 1.0)
    rows = np.minimum(128, np.ceil(q / 16) * 16)
    tiles = np.ceil(q / rows)
    cut = (w > 0) & (w < q)
    ramp, full = np.minimum(tiles, np.ceil(w / rows)), np.ceil(w / rows) + 1
    keys = np.where(cut, ramp * (ramp + 1) / 2 + (tiles - ramp) * full, tiles * (tiles + 1) / 2) * rows
    longest = np.where(cut, np.minimum(full, tiles), tiles) * rows
    key = rows * (4 * d / (c["tile_rate"] * peak / chip["cores"]) + c["score"] * 1e-9)  # score in ns
    item = c["item"] * US * (1 - c["item_width"] + c["item_width"] * d / 128)
    core = np.maximum(b * h * keys / chip["cores"], longest * c["lone"]) * key + np.maximum(1, b * h * tiles / chip["cores"]) * item
    pairs = np.where(cut, w * (w + 1) / 2 + (q - w) * w, q * (q + 1) / 2)
    memory = 2 * b * q * (h + kv) * d * WIDE / (c["memory"] * chip["bandwidth"])
    return c["start"] * US + partly_hidden(np.maximum(core, 4 * b * h * d * pairs / (c["sustained"] * peak)), memory, c["overlap"])


def decode(chip, c, t):
    b, h, kv, d, s, w, e = (t[x] for x in ("batch", "heads", "kv_heads", "width", "context", "window", "cache_bytes"))
    s = np.where(w > 0, np.minimum(s, w), s)
    groups = np.where(h / kv > c["largest_group"], h, kv)
    group = h / groups
    single = group <= 1
    items = b * groups
    tiles = np.ceil(group / c["group_rows"])
    rows = np.where(single & (not c["single_in_tiles"]), 1, c["group_rows"] * tiles)
    start = np.where(single, c["start_single"], c["start_grouped"]) * US
    item = np.where(single, c["item_single"], c["item_grouped"]) * US * (1 - c["item_width"] + c["item_width"] * d / 128) \
        * (1 - c["item_rows"] + c["item_rows"] * tiles)
    token = 2 * d * e / (np.where(single, c["core_bandwidth_single"], c["core_bandwidth_grouped"]) * GB) \
        + 4 * d * rows / (c["tile_rate"] * chip["bf16"] / chip["cores"])
    parts = np.clip(np.floor(c["resident"] * chip["cores"] / items), 1, c["most_parts"])
    shared = np.maximum(1, parts * items / chip["cores"])
    full = items >= chip["cores"]
    wave = np.where(full, np.ceil(items / chip["cores"]), c["lone_item"] + (1 - c["lone_item"]) * items / chip["cores"])
    part = np.where(full, s, np.maximum(np.minimum(s, c["smallest_part"]), s / parts))
    tokens = np.maximum(0, part - c["covered"]) * np.where(full, wave, shared)
    moved = b * groups * s * 2 * d * e + b * h * d * 2 * WIDE
    split = np.clip(np.minimum(parts, s / c["smallest_part"]) - 1, 0, 1)
    return start + partly_hidden(wave * item + tokens * token + c["combine"] * US * split, moved / (c["memory"] * chip["bandwidth"]), c["overlap"])
