"""The element-wise kernels of a decoder layer, fused as serving engines fuse them. Needs PyTorch and Triton."""
import torch
import triton
import triton.language as tl


@triton.jit
def _add_norm(x, residual, weight, out, width, eps, BLOCK: tl.constexpr):
    at = tl.program_id(0) * width + tl.arange(0, BLOCK)
    inside = tl.arange(0, BLOCK) < width
    v = tl.load(x + at, inside, 0).to(tl.float32) + tl.load(residual + at, inside, 0).to(tl.float32)
    tl.store(residual + at, v.to(tl.bfloat16), inside)
    v = v * tl.rsqrt(tl.sum(v * v, 0) / width + eps)
    tl.store(out + at, (v * tl.load(weight + tl.arange(0, BLOCK), inside, 0).to(tl.float32)).to(tl.bfloat16), inside)


@triton.jit
def _silu_mul(x, out, width, BLOCK: tl.constexpr):
    row, column = tl.program_id(0), tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = column < width
    gate = tl.load(x + row * 2 * width + column, inside, 0).to(tl.float32)
    up = tl.load(x + row * 2 * width + width + column, inside, 0).to(tl.float32)
    tl.store(out + row * width + column, (gate / (1 + tl.exp(-gate)) * up).to(tl.bfloat16), inside)


@triton.jit
def _quantise(x, out, scale, width, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    inside = tl.arange(0, BLOCK) < width
    v = tl.load(x + row * width + tl.arange(0, BLOCK), inside, 0).to(tl.float32)
    s = tl.maximum(tl.max(tl.abs(v), 0) / 448.0, 1e-12)
    tl.store(out + row * width + tl.arange(0, BLOCK), (v / s).to(tl.float8e4nv), inside)
    tl.store(scale + row, s)


@triton.jit
def _rotate(qkv, keys, values, cosine, sine, first, tokens, heads, kv_heads, cache_stride, HALF: tl.constexpr):
    """Rotates one head of one token in place; key and value heads are also written to the cache of the token's sequence."""
    token, head = tl.program_id(0), tl.program_id(1)
    position = first + token % tokens
    lane = tl.arange(0, HALF)
    at = qkv + (token * (heads + 2 * kv_heads) + head) * 2 * HALF + lane
    low, high = tl.load(at).to(tl.float32), tl.load(at + HALF).to(tl.float32)
    c, s = tl.load(cosine + position * HALF + lane), tl.load(sine + position * HALF + lane)
    turned = head < heads + kv_heads
    front, back = tl.where(turned, low * c - high * s, low).to(tl.bfloat16), tl.where(turned, high * c + low * s, high).to(tl.bfloat16)
    tl.store(at, front)
    tl.store(at + HALF, back)
    if head >= heads:
        is_key = head < heads + kv_heads
        kv = tl.where(is_key, head - heads, head - heads - kv_heads)
        place = (token // tokens * kv_heads + kv).to(tl.int64) * cache_stride + position * 2 * HALF + lane
        tl.store(keys + place, front, mask=is_key)
        tl.store(keys + place + HALF, back, mask=is_key)
        tl.store(values + place, front, mask=(is_key == 0))
        tl.store(values + place + HALF, back, mask=(is_key == 0))


def add_norm(x, residual, weight, out):
    """out = RMS norm of x + residual, which replaces the residual; rows x width, bf16."""
    _add_norm[(x.shape[0],)](x, residual, weight, out, x.shape[1], 1e-5, BLOCK=triton.next_power_of_2(x.shape[1]), num_warps=8)


def silu_mul(x, out):
    """out = silu(left half of x) * right half; rows x 2 width to rows x width, bf16."""
    _silu_mul[(x.shape[0], triton.cdiv(out.shape[1], 2048))](x, out, out.shape[1], BLOCK=2048, num_warps=8)


def quantise(x, out, scale):
    """FP8 with one scale a row: rows x width, bf16 to e4m3, float32 scales."""
    _quantise[(x.shape[0],)](x, out, scale, x.shape[1], BLOCK=triton.next_power_of_2(x.shape[1]), num_warps=8)


def rotate(qkv, keys, values, cosine, sine, first, heads, kv_heads):
    """Rotary position embedding in place of each sequence's tokens, the first at position `first`, and their keys and values into the cache
    (sequences x kv_heads x room x head width)."""
    _rotate[(qkv.shape[0], heads + 2 * kv_heads)](qkv, keys, values, cosine, sine, first, qkv.shape[0] // keys.shape[0], heads, kv_heads, keys.stride(1),
                                                  HALF=keys.shape[3] // 2, num_warps=1)


def check():
    """Compares each with PyTorch in float32; raises AssertionError."""
    def near(got, wanted, limit):
        error = ((got.float() - wanted.float()).norm() / wanted.float().norm()).item()
        assert error < limit, f"relative error {error:.2g}"

    def random(*size):
        return torch.randn(*size, device="cuda", dtype=torch.bfloat16)

    x, r, w, out = random(5, 3000), random(5, 3000), random(3000), random(5, 3000)
    total = x.float() + r.float()
    add_norm(x, r, w, out)
    near(out, total * torch.rsqrt(total.pow(2).mean(1, keepdim=True) + 1e-5) * w.float(), 1e-2)
    near(r, total, 1e-2)
    x, out = random(5, 6000), random(5, 3000)
    silu_mul(x, out)
    near(out, torch.nn.functional.silu(x[:, :3000].float()) * x[:, 3000:].float(), 1e-2)
    x, out, scale = random(5, 3000), torch.empty(5, 3000, device="cuda", dtype=torch.float8_e4m3fn), torch.empty(5, device="cuda")
    quantise(x, out, scale)
    near(out.float() * scale[:, None], x, 5e-2)
    sequences, tokens, heads, kv_heads, width, first, room = 3, 2, 8, 2, 64, 3, 7
    qkv = random(sequences * tokens, (heads + 2 * kv_heads) * width)
    keys, values = (torch.zeros(sequences, kv_heads, room, width, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    angle = torch.arange(room, device="cuda")[:, None] / (10000 ** (torch.arange(width // 2, device="cuda") / (width // 2)))
    before = qkv.clone().view(sequences, tokens, -1, width).float()
    rotate(qkv, keys, values, angle.cos().contiguous(), angle.sin().contiguous(), first, heads, kv_heads)
    low, high = before[:, :, :heads + kv_heads].split(width // 2, 3)
    c, s = (f(angle[first:first + tokens])[None, :, None] for f in (torch.cos, torch.sin))
    wanted = torch.cat([low * c - high * s, high * c + low * s], 3)
    near(qkv.view(sequences, tokens, -1, width)[:, :, :heads + kv_heads], wanted, 1e-2)
    near(keys[:, :, first:first + tokens].transpose(1, 2), wanted[:, :, heads:], 1e-2)
    near(values[:, :, first:first + tokens].transpose(1, 2), before[:, :, heads + kv_heads:], 1e-6)
