#!/usr/bin/env python3
"""Measures whole steps of a dense decoder on an Nvidia GPU with PyTorch and Triton, to compare with the sum of its kernels.

measure_step.py --out STEPS.csv [--seconds 0.5] [--phases decode prefill] [--every N] [--dry-run]

A step is one captured graph: embedded tokens through all layers (norm, QKV, rotary position and cache, attention, output, norm, gate and
up, activation, down), head and greedy choice, with random weights and no host work inside. Shapes: Llama 3.1 8B, and one GPU's part of
Llama 3.1 70B over four without its all-reduces. Columns: model (of configs/models), gpus (that share it), format (of the products; FP8
quantises activations before each), sequences, tokens (of each in this step), context (positions that a token of a decoding step attends
to, itself included), time_us, power_w, clock_mhz, attention (the faster of PyTorch's libraries).
"""
import argparse
import sys

import gpu_timing

COLUMNS = ["model", "gpus", "format", "sequences", "tokens", "context", "time_us", "power_w", "clock_mhz", "attention"]
# model -> GPUs, layers, hidden, heads, kv_heads, head width, FFN width, vocabulary, each of one GPU
MODELS = {"llama-3.1-8b": (1, 32, 4096, 32, 8, 128, 14336, 128256), "llama-3.1-70b": (4, 80, 8192, 16, 2, 128, 7168, 32064)}
DECODE = [(1, 512), (1, 8192), (8, 2048), (32, 512), (32, 2048), (64, 1024), (128, 512), (128, 2048), (256, 1024)]
PROMPTS = [(1, 256), (1, 1024), (1, 4096), (4, 2048), (1, 16384)]


def shapes(phases):
    for model, (gpus, *_) in MODELS.items():
        for fmt in ("bf16", "fp8"):
            for sequences, context in DECODE if "decode" in phases else []:
                yield {"model": model, "gpus": gpus, "format": fmt, "sequences": sequences, "tokens": 1, "context": context}
            for sequences, tokens in PROMPTS if "prefill" in phases else []:
                yield {"model": model, "gpus": gpus, "format": fmt, "sequences": sequences, "tokens": tokens, "context": tokens}


class Decoder:
    """Weights of all layers, and a step over them."""

    def __init__(self, model, fmt):
        import torch
        self.gpus, self.layers, self.hidden, self.heads, self.kv_heads, self.width, self.ffn, self.vocabulary = MODELS[model]
        self.fp8 = fmt == "fp8"
        self.norm = torch.ones(self.hidden, device="cuda", dtype=torch.bfloat16)
        self.weights = [[self.weight(n, k) for n, k in ((self.qkv(), self.hidden), (self.hidden, self.heads * self.width),
                                                        (2 * self.ffn, self.hidden), (self.hidden, self.ffn))] for _ in range(self.layers)]
        self.head = torch.randn(self.vocabulary, self.hidden, device="cuda", dtype=torch.bfloat16)

    def qkv(self):
        return (self.heads + 2 * self.kv_heads) * self.width

    def weight(self, n, k):
        import torch
        w = torch.randn(n, k, device="cuda", dtype=torch.bfloat16)
        return (w.to(torch.float8_e4m3fn), torch.full((1, n), k ** -.5, device="cuda")) if self.fp8 else w.mul_(k ** -.5)

    def product(self, x, w):
        import torch
        import gpu_vector_kernels as kernels
        if not self.fp8:
            return torch.nn.functional.linear(x, w)
        w, scale_of_w = w
        narrow, scale = torch.empty_like(x, dtype=torch.float8_e4m3fn), torch.empty(x.shape[0], 1, device="cuda")
        kernels.quantise(x, narrow, scale)
        return torch._scaled_mm(narrow, w.t(), scale_a=scale, scale_b=scale_of_w, out_dtype=torch.bfloat16)

    def step(self, sequences, tokens, context):
        """A function that runs one step; the cache of each layer has its own room."""
        import torch
        import gpu_vector_kernels as kernels
        rows = sequences * tokens
        caches = [[torch.randn(sequences, self.kv_heads, context, self.width, device="cuda", dtype=torch.bfloat16) for _ in range(2)]
                  for _ in range(self.layers)]
        angle = torch.arange(context, device="cuda")[:, None] / (5e5 ** (torch.arange(self.width // 2, device="cuda") / (self.width // 2)))
        cosine, sine = angle.cos().contiguous(), angle.sin().contiguous()
        embedded = torch.randn(rows, self.hidden, device="cuda", dtype=torch.bfloat16)
        last = torch.arange(sequences, device="cuda") * tokens + tokens - 1

        def run():
            x, residual = embedded, torch.zeros_like(embedded)
            normed, activated = torch.empty_like(x), torch.empty(rows, self.ffn, device="cuda", dtype=torch.bfloat16)
            for (qkv, out, up, down), (keys, values) in zip(self.weights, caches):
                kernels.add_norm(x, residual, self.norm, normed)
                mixed = self.product(normed, qkv)
                kernels.rotate(mixed, keys, values, cosine, sine, context - tokens, self.heads, self.kv_heads)
                q = mixed.view(sequences, tokens, -1, self.width)[:, :, :self.heads].transpose(1, 2)
                attended = torch.nn.functional.scaled_dot_product_attention(q, keys, values, is_causal=tokens > 1, enable_gqa=True)
                x = self.product(attended.transpose(1, 2).reshape(rows, -1), out)
                kernels.add_norm(x, residual, self.norm, normed)
                kernels.silu_mul(self.product(normed, up), activated)
                x = self.product(activated, down)
            kernels.add_norm(x, residual, self.norm, normed)
            return torch.nn.functional.linear(normed[last], self.head).argmax(1)

        return run


class Bench:
    """Measures steps; the decoder of the last one is kept for the next."""

    def __init__(self, seconds):
        self.seconds, self.decoder, self.made_for = seconds, None, None

    def measure(self, shape):
        import torch
        if self.made_for != (shape["model"], shape["format"]):
            self.decoder = None
            torch.cuda.empty_cache()
            self.made_for = (shape["model"], shape["format"])
            self.decoder = Decoder(*self.made_for)
        torch.cuda.empty_cache()
        step = self.decoder.step(shape["sequences"], shape["tokens"], shape["context"])
        library, calls = gpu_timing.fastest(torch, gpu_timing.by_attention_library([step]))
        return {**gpu_timing.results(*gpu_timing.replayed(torch, calls, self.seconds)), "attention": library}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    gpu_timing.add_arguments(parser, seconds=0.5)
    parser.add_argument("--phases", nargs="+", choices=["decode", "prefill"], default=["decode", "prefill"])
    a = parser.parse_args()
    if not a.dry_run and not a.out:
        parser.error("--out is missing (or --dry-run)")
    if not a.dry_run:
        import torch
        import gpu_vector_kernels
        gpu_vector_kernels.check()
        print(gpu_timing.machine(torch), file=sys.stderr)
    gpu_timing.write_table(a, COLUMNS, shapes(a.phases), Bench(a.seconds).measure)


if __name__ == "__main__":
    main()
