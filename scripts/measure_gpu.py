#!/usr/bin/env python3
"""Measures kernel times, and power, of an Nvidia GPU with PyTorch: a table for the key `measured` of configs/chips/*.yaml.

measure_gpu.py --out CHIP.csv [--operators gemm grouped_gemm attention_prefill attention_decode vector] [--formats bf16 fp8 fp8_block]
               [--seconds 0.4] [--every N] [--dry-run]

Columns (sim/compute/measured_table.hpp reads them): operator, format, sequences, tokens, heads, kv_heads, width, window, cache_bytes,
m, n, k, experts, bytes, time_us; then power_w, clock_mhz and kernel, the library whose kernel it was. Cells that an operator has no use
for are empty; power_w and clock_mhz are empty where NVML and nvidia-smi are absent.
A time is the median over replays of a captured graph (no launch cost), operands rotated through more than the L2 cache. An FP8
product is the product alone, its activations already quantised; a grouped product has its token copies routed at random; attention is
the fastest of PyTorch's FlashAttention and cuDNN kernels. Power and clock are means over the second half of --seconds.
The first line on stderr says what was measured and what the board draws when idle. --dry-run prints the shapes and needs neither
PyTorch nor a GPU; --every N measures each Nth shape.

On an Ascend NPU: torch_npu with torch.npu.* for torch.cuda.*, torch_npu.npu_fusion_attention and
torch_npu.npu_incre_flash_attention for attention, torch_npu.npu_quant_matmul (int8) for fp8, torch_npu.npu_grouped_matmul, npu_rms_norm
and npu_swiglu for the Triton kernels, npu-smi for power.
"""
import argparse
import sys

import gpu_timing

COLUMNS = ["operator", "format", "sequences", "tokens", "heads", "kv_heads", "width", "window", "cache_bytes", "m", "n", "k", "experts",
           "bytes", "time_us", "power_w", "clock_mhz", "kernel"]
ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
# Fused QKV, output, gate and up, down, head of Llama 3.1 8B; the same of Llama 3.1 70B over four GPUs; a large square.
WEIGHTS = [(6144, 4096), (4096, 4096), (28672, 4096), (4096, 14336), (128256, 4096),
           (2560, 8192), (8192, 2048), (14336, 8192), (8192, 7168), (8192, 8192)]
# Experts of one GPU: Qwen3 30B-A3B, DeepSeek V3 over 8 GPUs, Mixtral 8x7B over 4.
EXPERTS = [(128, 1536, 2048), (128, 2048, 768), (32, 4096, 7168), (32, 7168, 2048), (8, 7168, 4096), (8, 4096, 3584)]
COPIES = [8, 32, 128, 512, 2048, 8192, 32768]
HEADS = [(32, 8, 128), (16, 2, 128), (64, 8, 128), (64, 64, 128)]  # query heads, key-value heads, head width
SEQUENCES = [1, 4, 16, 64, 256]
PROMPTS = [128, 512, 1024, 2048, 4096, 8192, 16384]
CONTEXTS = [128, 512, 2048, 8192, 32768]
MOST_TOKENS = {"attention_prefill": 32768, "attention_decode": 1 << 19}  # sequences x tokens that are still measured
VECTORS = {"norm": [(rows, 8192) for rows in (1, 16, 64, 256, 1024, 4096, 16384)],
           "activation": [(rows, 14336) for rows in (1, 16, 64, 256, 1024, 4096, 16384)],
           "quantise": [(rows, 8192) for rows in (1, 16, 64, 256, 1024, 4096, 16384)]}
OPERATORS = ["gemm", "grouped_gemm", "attention_prefill", "attention_decode", "vector"]


def shapes(operators, formats):
    """Every shape to measure, as a row without results."""
    for operator in operators:
        if operator == "gemm":
            for fmt in formats:
                for n, k in WEIGHTS:
                    for m in ROWS:
                        yield {"operator": operator, "format": fmt, "m": m, "n": n, "k": k}
        elif operator == "grouped_gemm":
            for fmt in formats:
                if fmt != "fp8_block":  # PyTorch has no such kernel
                    for experts, n, k in EXPERTS:
                        for m in COPIES:
                            yield {"operator": operator, "format": fmt, "m": m, "n": n, "k": k, "experts": experts}
        elif operator == "vector":
            for kernel, sizes in VECTORS.items():
                for rows, width in sizes:
                    moved = {"norm": 8, "activation": 6, "quantise": 3}[kernel] * rows * width
                    yield {"operator": operator, "format": "bf16", "bytes": moved, "kernel": f"triton {kernel}", "m": rows, "n": width}
        else:
            for heads, kv_heads, width in HEADS:
                for sequences in SEQUENCES:
                    for tokens in PROMPTS if operator == "attention_prefill" else CONTEXTS:
                        if sequences * tokens <= MOST_TOKENS[operator]:
                            yield {"operator": operator, "format": "bf16", "sequences": sequences, "tokens": tokens, "heads": heads,
                                   "kv_heads": kv_heads, "width": width, "window": 0, "cache_bytes": 2}


def random(*size, dtype=None):
    import torch
    x = torch.randn(*size, device="cuda", dtype=torch.bfloat16)
    return x if dtype is None else x.to(dtype)


def scales_of(fmt, m, n, k):
    """Scale factors of activations and weights as torch._scaled_mm takes them: one a row, or one for 128 columns of a row and for 128 x 128."""
    import torch
    if fmt == "fp8":
        return torch.ones(m, 1, device="cuda"), torch.ones(1, n, device="cuda")
    return torch.ones(k // 128, m, device="cuda").t(), torch.ones(n // 128, k // 128, device="cuda").t()


def gemm_calls(s):
    import torch
    m, n, k = s["m"], s["n"], s["k"]
    x = random(m, k)
    w = [random(n, k) for _ in range(gpu_timing.rotation(n * k * (2 if s["format"] == "bf16" else 1)))]
    if s["format"] == "bf16":
        return {"cublas": [lambda w=w_: torch.nn.functional.linear(x, w) for w_ in w]}
    x, w = x.to(torch.float8_e4m3fn), [w_.to(torch.float8_e4m3fn).t() for w_ in w]
    a, b = scales_of(s["format"], m, n, k)
    return {"cublas": [lambda w=w_: torch._scaled_mm(x, w, scale_a=a, scale_b=b, out_dtype=torch.bfloat16) for w_ in w]}


def grouped_gemm_calls(s):
    import torch
    m, n, k, experts = s["m"], s["n"], s["k"], s["experts"]
    routed = torch.bincount(torch.randint(experts, (m,), device="cuda"), minlength=experts)
    ends = routed.cumsum(0).to(torch.int32)
    x = random(m, k)
    w = [random(experts, n, k) for _ in range(gpu_timing.rotation(min(m, experts) * n * k * (2 if s["format"] == "bf16" else 1), most=4))]
    if s["format"] == "bf16":
        return {"cutlass": [lambda w=w_: torch._grouped_mm(x, w.transpose(1, 2), offs=ends) for w_ in w]}
    x, w = x.to(torch.float8_e4m3fn), [w_.to(torch.float8_e4m3fn) for w_ in w]
    a, b = torch.ones(m, device="cuda"), torch.ones(experts, n, device="cuda")
    return {"cutlass": [lambda w=w_: torch._scaled_grouped_mm(x, w.transpose(1, 2), a, b, offs=ends, out_dtype=torch.bfloat16) for w_ in w]}


def attention_calls(s):
    import torch
    queries = s["tokens"] if s["operator"] == "attention_prefill" else 1
    size = (s["sequences"], s["kv_heads"], s["tokens"], s["width"])
    copies = gpu_timing.rotation(2 * 2 * size[0] * size[1] * size[2] * size[3], most=8 if queries > 1 else 64)
    operands = [(random(s["sequences"], s["heads"], queries, s["width"]), random(*size), random(*size)) for _ in range(copies)]

    def call(q, k, v):
        torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=queries > 1, enable_gqa=s["heads"] != s["kv_heads"])

    return gpu_timing.by_attention_library([lambda o=o: call(*o) for o in operands])


def vector_calls(s):
    import torch
    import gpu_vector_kernels as kernels
    rows, width = s["m"], s["n"]
    copies = range(gpu_timing.rotation(s["bytes"], most=16))
    if s["kernel"] == "triton norm":
        weight = random(width)
        return {s["kernel"]: [lambda x=random(rows, width), r=random(rows, width), o=random(rows, width): kernels.add_norm(x, r, weight, o) for _ in copies]}
    if s["kernel"] == "triton activation":
        return {s["kernel"]: [lambda x=random(rows, 2 * width), o=random(rows, width): kernels.silu_mul(x, o) for _ in copies]}
    scale = torch.empty(rows, device="cuda")
    return {s["kernel"]: [lambda x=random(rows, width), o=random(rows, width, dtype=torch.float8_e4m3fn): kernels.quantise(x, o, scale) for _ in copies]}


def measure(shape, seconds):
    """The columns of the results."""
    import torch
    make = {"gemm": gemm_calls, "grouped_gemm": grouped_gemm_calls, "vector": vector_calls}.get(shape["operator"], attention_calls)
    kernel, calls = gpu_timing.fastest(torch, make(shape))
    micros, watts, megahertz = gpu_timing.replayed(torch, calls, seconds)
    return {**gpu_timing.results(micros, watts, megahertz), "kernel": kernel}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    gpu_timing.add_arguments(parser, seconds=0.4)
    parser.add_argument("--operators", nargs="+", choices=OPERATORS, default=OPERATORS)
    parser.add_argument("--formats", nargs="+", choices=["bf16", "fp8", "fp8_block"], default=["bf16", "fp8", "fp8_block"], help="of products")
    a = parser.parse_args()
    if not a.dry_run and not a.out:
        parser.error("--out is missing (or --dry-run)")
    if not a.dry_run:
        import torch
        torch.manual_seed(1)
        watts, _ = gpu_timing.idle_power()
        print(f"{gpu_timing.machine(torch)}, idle {'unknown' if watts is None else f'{watts:.0f} W'}, {gpu_timing.host_copies(torch)}", file=sys.stderr)
    gpu_timing.write_table(a, COLUMNS, shapes(a.operators, a.formats), lambda shape: measure(shape, a.seconds))


if __name__ == "__main__":
    main()
