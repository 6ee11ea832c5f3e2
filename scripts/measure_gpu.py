#!/usr/bin/env python3
"""Measures kernel times, and power, of an Nvidia GPU with PyTorch: a table for the key `measured` of configs/chips/*.yaml.

measure_gpu.py --out CHIP.csv [--operators gemm attention_prefill attention_decode] [--formats bf16 fp8] [--seconds 0.3] [--dry-run]

Columns (sim/compute/measured_table.hpp reads them): operator, format, sequences, tokens, heads, kv_heads, width, window, cache_bytes,
m, n, k, experts, time_us, power_w. Cells that an operator has no use for are empty; power_w is empty where NVML and nvidia-smi are absent.
A time is the median over replays of a captured graph (no launch cost), with operands larger than the L2 cache rotated between
replays. Power is the mean over --seconds of back-to-back replays. --dry-run prints the shapes and needs neither PyTorch nor a GPU.

On an Ascend NPU: torch_npu with torch.npu.* for torch.cuda.*, torch_npu.npu_fusion_attention and
torch_npu.npu_incre_flash_attention for attention, torch_npu.npu_quant_matmul (int8) for fp8, npu-smi for power.
"""
import argparse
import csv
import statistics
import subprocess
import sys
import threading
import time

COLUMNS = ["operator", "format", "sequences", "tokens", "heads", "kv_heads", "width", "window", "cache_bytes", "m", "n", "k", "experts",
           "time_us", "power_w"]
ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
WEIGHTS = [(1280, 8192), (8192, 1024), (7168, 8192), (8192, 3584), (4096, 4096), (6144, 4096), (28672, 4096), (4096, 14336), (128256, 4096)]
HEADS = [(8, 1, 128), (32, 8, 128), (64, 8, 128)]  # query heads, key-value heads, head dimension
SEQUENCES = [1, 4, 16, 64, 256]
PROMPTS = [128, 512, 1024, 2048, 4096, 8192]
CONTEXTS = [128, 512, 1024, 2048, 4096, 8192, 16384, 32768]
MOST_TOKENS = {"attention_prefill": 65536, "attention_decode": 1 << 20}  # sequences x tokens that are still measured


def shapes(operators, formats):
    """Every shape to measure, as a row without results."""
    for operator in operators:
        if operator == "gemm":
            for fmt in formats:
                for n, k in WEIGHTS:
                    for m in ROWS:
                        if fmt == "bf16" or m >= 16:  # torch._scaled_mm pads fewer rows
                            yield {"operator": operator, "format": fmt, "m": m, "n": n, "k": k}
            continue
        for heads, kv_heads, width in HEADS:
            for sequences in SEQUENCES:
                for tokens in PROMPTS if operator == "attention_prefill" else CONTEXTS:
                    if sequences * tokens <= MOST_TOKENS[operator]:
                        yield {"operator": operator, "format": "bf16", "sequences": sequences, "tokens": tokens, "heads": heads,
                               "kv_heads": kv_heads, "width": width, "window": 0, "cache_bytes": 2}


def make_gemm(torch, s):
    m, n, k = s["m"], s["n"], s["k"]
    copies = max(1, int(2e8 // (n * k)))  # weights rotate through more than the L2 cache
    x = torch.randn(m, k, device="cuda", dtype=torch.bfloat16)
    w = [torch.randn(n, k, device="cuda", dtype=torch.bfloat16) for _ in range(copies)]
    if s["format"] == "bf16":
        return [lambda w=w_: torch.nn.functional.linear(x, w) for w_ in w]
    one = torch.ones((), device="cuda", dtype=torch.float32)
    x8 = x.to(torch.float8_e4m3fn)
    w8 = [w_.to(torch.float8_e4m3fn).t() for w_ in w]
    return [lambda w=w_: torch._scaled_mm(x8, w, scale_a=one, scale_b=one, out_dtype=torch.bfloat16) for w_ in w8]


def make_attention(torch, s):
    queries = s["tokens"] if s["operator"] == "attention_prefill" else 1
    size = (s["sequences"], s["kv_heads"], s["tokens"], s["width"])
    q = torch.randn(s["sequences"], s["heads"], queries, s["width"], device="cuda", dtype=torch.bfloat16)
    k, v = (torch.randn(size, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    return [lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=queries > 1, enable_gqa=s["heads"] != s["kv_heads"])]


class PowerMeter(threading.Thread):
    """Samples the board's power while it runs: NVML where pynvml is installed, else nvidia-smi; no samples where neither is."""

    def __init__(self):
        super().__init__(daemon=True)
        self.samples, self.stopped = [], threading.Event()
        try:
            import pynvml
            pynvml.nvmlInit()
            handle = pynvml.nvmlDeviceGetHandleByIndex(0)
            self.read = lambda: pynvml.nvmlDeviceGetPowerUsage(handle) / 1e3
        except Exception:  # no pynvml, or no driver for it
            command = ["nvidia-smi", "-i", "0", "--query-gpu=power.draw", "--format=csv,noheader,nounits"]
            self.read = lambda: float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    def run(self):
        while not self.stopped.wait(0.02):
            try:
                self.samples.append(self.read())
            except (OSError, ValueError, subprocess.CalledProcessError):
                return

    def mean(self):
        self.stopped.set()
        self.join()
        late = self.samples[len(self.samples) // 3:]  # the first samples still average over what ran before
        return statistics.fmean(late) if late else None


def measure(torch, shape, seconds):
    """(time in us, power in W or None)."""
    calls = (make_gemm if shape["operator"] == "gemm" else make_attention)(torch, shape)
    for call in calls:
        call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    repeats = max(1, 20 // len(calls))
    with torch.cuda.graph(graph):
        for _ in range(repeats):
            for call in calls:
                call()
    kernels = repeats * len(calls)
    graph.replay()
    torch.cuda.synchronize()
    times = []
    meter = PowerMeter()
    meter.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(times) < 5:
        start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        graph.replay()
        stop.record()
        stop.synchronize()
        times.append(start.elapsed_time(stop) * 1e3 / kernels)
    return statistics.median(times), meter.mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", help="the CSV to write")
    parser.add_argument("--operators", nargs="+", choices=["gemm", "attention_prefill", "attention_decode"],
                        default=["gemm", "attention_prefill", "attention_decode"])
    parser.add_argument("--formats", nargs="+", choices=["bf16", "fp8"], default=["bf16", "fp8"], help="of matrix products")
    parser.add_argument("--seconds", type=float, default=0.3, help="of measurement a shape")
    parser.add_argument("--dry-run", action="store_true", help="print the shapes and stop")
    a = parser.parse_args()
    if not a.dry_run and not a.out:
        parser.error("--out is missing (or --dry-run)")
    writer = csv.DictWriter(sys.stdout if a.dry_run else open(a.out, "w", newline=""), COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    torch = None
    if not a.dry_run:
        import torch
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}", file=sys.stderr)
    for shape in shapes(a.operators, a.formats):
        if torch:
            try:
                micros, watts = measure(torch, shape, a.seconds)
            except torch.OutOfMemoryError:
                print(f"skipped, out of memory: {shape}", file=sys.stderr)
                continue
            shape = {**shape, "time_us": f"{micros:.3f}", "power_w": "" if watts is None else f"{watts:.0f}"}
        writer.writerow(shape)


if __name__ == "__main__":
    main()
