"""Times and power of GPU kernels: replays of captured graphs, operands rotated through more than the L2 cache. Needs PyTorch."""
import csv
import os
import statistics
import subprocess
import sys
import threading
import time

ROTATED_BYTES = 4e8  # several times the L2 cache of any Nvidia GPU so far


def rotation(bytes_of_one, most=64):
    """How many copies of operands of this size replays go round, so that none is found in the L2 cache."""
    return max(1, min(most, int(-(-ROTATED_BYTES // bytes_of_one))))


def instant_power():
    """A function that reads the board's power in W and the clock in MHz: NVML's instantaneous field where there is one (the plain
    reading is a mean over the last second from Ampere on), else nvidia-smi without a clock."""
    try:
        import pynvml
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByIndex(0)
        field = getattr(pynvml, "NVML_FI_DEV_POWER_INSTANT", None)

        def read():
            value = pynvml.nvmlDeviceGetFieldValues(handle, [field])[0] if field is not None else None
            ok = value is not None and value.nvmlReturn == pynvml.NVML_SUCCESS
            milliwatts = value.value.uiVal if ok else pynvml.nvmlDeviceGetPowerUsage(handle)
            return milliwatts / 1e3, pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM)

        read()
        return read
    except Exception:  # no pynvml, or no driver for it
        command = ["nvidia-smi", "-i", "0", "--query-gpu=power.draw.instant,clocks.sm", "--format=csv,noheader,nounits"]
        return lambda: tuple(float(x) for x in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(","))


class PowerMeter(threading.Thread):
    """Samples power and clock while it runs; no samples where neither NVML nor nvidia-smi answers."""

    def __init__(self):
        super().__init__(daemon=True)
        self.samples, self.stopped, self.read = [], threading.Event(), instant_power()

    def run(self):
        while not self.stopped.wait(0.02):
            try:
                self.samples.append(self.read())
            except (OSError, ValueError, subprocess.CalledProcessError):
                return

    def means(self):
        """(W, MHz), or (None, None). The first half is left out: the board's sensor and clock still follow what ran before."""
        self.stopped.set()
        self.join()
        late = self.samples[len(self.samples) // 2:]
        return tuple(statistics.fmean(x) for x in zip(*late)) if late else (None, None)


def idle_power(seconds=2.0):
    meter = PowerMeter()
    meter.start()
    time.sleep(seconds)
    return meter.means()


def replayed(torch, calls, seconds):
    """(time in us, power in W, clock in MHz) of one call, the mean over the calls; power and clock None where nothing reads them."""
    for call in calls:
        call()
    torch.cuda.synchronize()
    start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for call in calls:
        call()
    stop.record()
    stop.synchronize()
    once = start.elapsed_time(stop) / len(calls)  # ms, launches included
    rounds = max(1, min(-(-64 // len(calls)), int(4 / (once * len(calls))) or 1))
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(rounds):
            for call in calls:
                call()
    kernels = rounds * len(calls)
    in_flight = max(1, min(50, int(10 / (once * kernels))))  # replays that are queued, so that the GPU does not wait for the host
    times = []
    meter = PowerMeter()
    meter.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(times) < 3:
        start.record()
        for _ in range(in_flight):
            graph.replay()
        stop.record()
        stop.synchronize()
        times.append(start.elapsed_time(stop) * 1e3 / (kernels * in_flight))
    return (statistics.median(times), *meter.means())


def fastest(torch, calls_of):
    """The name and calls of the kernel that takes the least time, of those that take this shape."""
    times, failures = {}, []
    for name, calls in calls_of.items():
        try:
            times[name] = replayed(torch, calls, 0.02)[0] if len(calls_of) > 1 else 0
        except RuntimeError as e:
            failures.append(f"{name}: {str(e).splitlines()[0]}")
    if not times:
        raise RuntimeError("; ".join(failures))
    name = min(times, key=times.get)
    return name, calls_of[name]


def by_attention_library(calls):
    """The same calls once with each of PyTorch's attention libraries, by its name."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    def within(call, backend):
        with sdpa_kernel(backend):
            call()

    return {name: [lambda c=c, b=backend: within(c, b) for c in calls]
            for name, backend in (("flash", SDPBackend.FLASH_ATTENTION), ("cudnn", SDPBackend.CUDNN_ATTENTION))}


def machine(torch):
    """One line on what is measured."""
    return f"{torch.cuda.get_device_name()}, torch {torch.__version__}, CUDA {torch.version.cuda}, {os.cpu_count()} processors"


def host_copies(torch, size=1 << 28):
    """What copies of pinned memory reach, in words."""
    host, device = torch.empty(size, dtype=torch.uint8, pin_memory=True), torch.empty(size, dtype=torch.uint8, device="cuda")
    rates = []
    for target, source in ((device, host), (host, device)):
        times = []
        for _ in range(9):
            start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            target.copy_(source, non_blocking=True)
            stop.record()
            stop.synchronize()
            times.append(start.elapsed_time(stop))
        rates.append(size / statistics.median(times) * 1e-6)
    return "host to device {:.1f} GB/s, device to host {:.1f} GB/s".format(*rates)


def results(micros, watts, megahertz):
    """The columns that every table of measurements has, as text."""
    return {"time_us": f"{micros:.3f}", "power_w": "" if watts is None else f"{watts:.0f}", "clock_mhz": "" if megahertz is None else f"{megahertz:.0f}"}


def add_arguments(parser, seconds):
    parser.add_argument("--out", help="the CSV to write")
    parser.add_argument("--seconds", type=float, default=seconds, help="of measurement a shape")
    parser.add_argument("--every", type=int, default=1, help="measure each Nth shape")
    parser.add_argument("--dry-run", action="store_true", help="print the shapes and stop")


def write_table(a, columns, shapes, measure):
    """Each of the shapes that the arguments `a` ask for as a row, with what measure(shape) adds to it; those that it cannot measure are left out."""
    with sys.stdout if a.dry_run else open(a.out, "w", newline="", buffering=1) as out:
        writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
        writer.writeheader()
        for shape in list(shapes)[::a.every]:
            try:
                writer.writerow(shape if a.dry_run else {**shape, **measure(shape)})
            except RuntimeError as e:  # out of memory too
                print(f"skipped {shape}: {str(e).splitlines()[0]}", file=sys.stderr)
