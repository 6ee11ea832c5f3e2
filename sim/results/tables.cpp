#include "results/tables.hpp"

namespace podsim::results {
namespace {

using metrics::Outcome;

View seconds_or_empty(Seconds time) { return time >= Seconds(0) ? View(time.value()) : View(std::string_view()); }

View instance_or_empty(int instance) { return instance >= 0 ? View(std::int64_t{instance}) : View(std::string_view()); }

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::finished: return "finished";
    case Outcome::rejected: return "rejected";
    case Outcome::unfinished: break;
  }
  return "unfinished";
}

std::string_view refusal_name(metrics::Refusal refusal) {
  switch (refusal) {
    case metrics::Refusal::none: break;
    case metrics::Refusal::too_long: return "too_long";
    case metrics::Refusal::queue_full: return "queue_full";
    case metrics::Refusal::too_late: return "too_late";
  }
  return "";
}

// "" for the only one that a workload or a system without names has.
std::string_view name_in(const std::vector<std::string>& names, std::size_t index) {
  return index < names.size() ? std::string_view(names[index]) : std::string_view();
}

bool finished(const RequestRow& r) { return r.record.outcome == Outcome::finished; }

}  // namespace

const std::vector<RecordColumn<RequestRow>>& request_columns() {
  static const std::vector<RecordColumn<RequestRow>> columns = {
      {"system", "", "name of the system in the experiment", [](const RequestRow& r) { return View(r.system); }},
      {"request", "", "number of the request, by arrival, from 0", [](const RequestRow& r) { return View(r.id); }},
      {"outcome", "", "finished, rejected or unfinished (time limit)",
       [](const RequestRow& r) { return View(outcome_name(r.record.outcome)); }},
      {"rejected_for", "",
       "too_long (for the model's context or the cache), queue_full or too_late (admission control); empty: not rejected",
       [](const RequestRow& r) { return View(refusal_name(r.record.refusal)); }},
      {"input_tokens", "tokens", "length of the prompt", [](const RequestRow& r) { return View(r.record.input); }},
      {"output_tokens", "tokens", "tokens to generate", [](const RequestRow& r) { return View(r.record.output); }},
      {"arrival_s", "s", "when it arrived; empty for one that a closed loop did not come to send",
       [](const RequestRow& r) { return seconds_or_empty(r.record.arrival); }},
      {"admitted_s", "s", "when its first prompt token began to be computed",
       [](const RequestRow& r) { return seconds_or_empty(r.record.admitted); }},
      {"first_token_s", "s", "when its prompt was done and its first token came",
       [](const RequestRow& r) { return seconds_or_empty(r.record.first_token); }},
      {"decode_ready_s", "s", "when its KV cache was where it decodes",
       [](const RequestRow& r) { return seconds_or_empty(r.record.decode_ready); }},
      {"finished_s", "s", "when its last token came", [](const RequestRow& r) { return seconds_or_empty(r.record.finished); }},
      {"ttft_s", "s", "time to first token: first_token_s - arrival_s",
       [](const RequestRow& r) { return finished(r) ? View(metrics::ttft_of(r.record).value()) : View(std::string_view()); }},
      {"ttft_from_admission_s", "s", "the part of it in which its prompt is computed: first_token_s - admitted_s",
       [](const RequestRow& r) {
         return finished(r) ? View(metrics::ttft_from_admission_of(r.record).value()) : View(std::string_view());
       }},
      {"tpot_s", "s", "time per output token: (finished_s - first_token_s) / (output_tokens - 1); 0 for one token",
       [](const RequestRow& r) { return finished(r) ? View(metrics::tpot_of(r.record).value()) : View(std::string_view()); }},
      {"e2e_s", "s", "end-to-end latency: finished_s - arrival_s",
       [](const RequestRow& r) { return finished(r) ? View(metrics::e2e_of(r.record).value()) : View(std::string_view()); }},
      {"cached_tokens", "tokens", "of the prompt, found in the memory of the instance",
       [](const RequestRow& r) { return View(r.record.cached_tokens); }},
      {"loaded_tokens", "tokens", "of the prompt, brought from other memories",
       [](const RequestRow& r) { return View(r.record.loaded_tokens); }},
      {"longest_gap_s", "s", "longest time from one of its tokens to the next",
       [](const RequestRow& r) { return finished(r) ? View(r.record.longest_gap.value()) : View(std::string_view()); }},
      {"preemptions", "", "times that it lost its memory", [](const RequestRow& r) { return View(std::int64_t{r.record.preemptions}); }},
      {"swaps", "", "of those, times that its cache went to the host's memory; else it was computed again",
       [](const RequestRow& r) { return View(std::int64_t{r.record.swaps}); }},
      {"prefill_instance", "", "instance that computed the prompt",
       [](const RequestRow& r) { return instance_or_empty(r.record.prefill_instance); }},
      {"decode_instance", "", "instance that generated the tokens",
       [](const RequestRow& r) { return instance_or_empty(r.record.decode_instance); }},
      {"client", "", "client of the workload that asked; empty where there is but one",
       [](const RequestRow& r) { return View(name_in(r.log.clients, r.record.client)); }},
      {"model", "", "model that it asked, of several",
       [](const RequestRow& r) { return View(r.log.services.size() > 1 ? name_in(r.log.services, r.record.service) : ""); }},
  };
  return columns;
}

const std::vector<RecordColumn<StepRow>>& step_columns() {
  static const std::vector<RecordColumn<StepRow>> columns = {
      {"system", "", "name of the system in the experiment", [](const StepRow& s) { return View(s.system); }},
      {"instance", "", "number of the instance, pool by pool, from 0",
       [](const StepRow& s) { return View(std::int64_t{s.record.instance}); }},
      {"pool", "", "prefill, decode or colocated",
       [](const StepRow& s) { return View(std::string_view(s.log.instances[static_cast<std::size_t>(s.record.instance)].pool)); }},
      {"start_s", "s", "when the step, or the run of equal decode steps, began",
       [](const StepRow& s) { return View(s.record.start.value()); }},
      {"duration_s", "s", "how long it took", [](const StepRow& s) { return View(s.record.duration.value()); }},
      {"steps", "", "decode steps in the run; 1 for a step with prompts", [](const StepRow& s) { return View(s.record.steps); }},
      {"prefill_tokens", "tokens", "prompt tokens computed", [](const StepRow& s) { return View(s.record.prefill_tokens); }},
      {"decode_sequences", "", "sequences decoding, all attention groups",
       [](const StepRow& s) { return View(s.record.decode_sequences); }},
      {"output_tokens", "tokens", "tokens that decoding emitted (expected accepted drafts included)",
       [](const StepRow& s) { return View(s.record.output_tokens); }},
      {"context_tokens", "tokens", "mean context of the decoding sequences at the end",
       [](const StepRow& s) { return View(s.record.context); }},
      {"compute_use", "", "arithmetic rate / data-sheet peak, mean over the instance",
       [](const StepRow& s) { return View(s.record.use.compute); }},
      {"memory_use", "", "memory bandwidth / data-sheet peak, mean over the instance",
       [](const StepRow& s) { return View(s.record.use.memory); }},
      {"link_use", "", "share of the time in which collectives are on the network",
       [](const StepRow& s) { return View(s.record.use.link); }},
      {"power_w", "W", "draw of the instance's packages",
       [](const StepRow& s) { return View(metrics::power_of(s.record, s.log).value()); }},
  };
  return columns;
}

const std::vector<Column<SummaryRow>>& summary_columns() {
  using S = const SummaryRow&;
  static const std::vector<Column<SummaryRow>> columns = {
      {"system", "", "name of the system in the experiment", [](S s) { return Cell(s.system); }},
      {"packages", "", "chips (packages) of the cluster", [](S s) { return Cell(std::int64_t{s.summary.packages}); }},
      {"used_packages", "", "packages that serve; per-package columns divide by these",
       [](S s) { return Cell(std::int64_t{s.summary.used_packages}); }},
      {"requests", "", "requests that arrived or would have: finished + rejected + unfinished",
       [](S s) { return Cell(s.summary.requests); }},
      {"finished", "", "requests answered to the last token", [](S s) { return Cell(s.summary.finished); }},
      {"rejected", "", "requests longer than the model's or the cache's limit, or turned away",
       [](S s) { return Cell(s.summary.rejected); }},
      {"turned_away", "", "of those, by admission control: the queue full, or the deadline out of reach",
       [](S s) { return Cell(s.summary.turned_away); }},
      {"unfinished", "", "requests open at the time limit", [](S s) { return Cell(s.summary.unfinished); }},
      {"verdict", "",
       "STABLE, BACKLOGGED (no steady state: batches still fill, or a burst queued) or OVERLOADED (the queue grows); n/a: closed loop, "
       "batch, fewer than 100 arrivals",
       [](S s) { return Cell(std::string(metrics::name_of(s.summary.pace.verdict))); }},
      {"queue_growth", "", "requests that stay behind in the queue per arrival, second half of the arrivals",
       [](S s) { return Cell(s.summary.pace.growth); }},
      {"duration_s", "s", "length of the measured window (by default the whole run: first arrival to last token or time limit)",
       [](S s) { return Cell(s.summary.duration.value()); }},
      {"output_tokens_per_s", "tokens/s", "output tokens emitted in the window / duration",
       [](S s) { return Cell(s.summary.output_rate()); }},
      {"output_tokens_per_s_per_package", "tokens/s", "the same per serving package",
       [](S s) { return Cell(s.summary.output_rate() / s.summary.used_packages); }},
      {"input_tokens_per_s", "tokens/s", "prompt tokens computed in the window / duration",
       [](S s) { return Cell(s.summary.input_rate()); }},
      {"offered_requests_per_s", "1/s", "requests that arrived in the window / its time until the last of them; 0 for a batch",
       [](S s) { return Cell(s.summary.offered_rate()); }},
      {"finished_requests_per_s", "1/s", "requests that finished in the window / duration",
       [](S s) { return Cell(s.summary.finished_rate()); }},
      {"requests_in_system", "", "requests in the system, mean over the window", [](S s) { return Cell(s.summary.in_system); }},
      {"queue_mean_s", "s", "arrival until the first prompt token begins to be computed, mean",
       [](S s) { return Cell(s.summary.queue.mean); }},
      {"queue_p99_s", "s", "the same, 99th percentile", [](S s) { return Cell(s.summary.queue.p99); }},
      {"ttft_mean_s", "s", "time to first token of the requests that finished in the window, mean",
       [](S s) { return Cell(s.summary.ttft.mean); }},
      {"ttft_p50_s", "s", "time to first token, median", [](S s) { return Cell(s.summary.ttft.p50); }},
      {"ttft_p90_s", "s", "time to first token, 90th percentile", [](S s) { return Cell(s.summary.ttft.p90); }},
      {"ttft_p99_s", "s", "time to first token, 99th percentile", [](S s) { return Cell(s.summary.ttft.p99); }},
      {"tpot_mean_s", "s", "time per output token of those of at least 2 tokens, mean", [](S s) { return Cell(s.summary.tpot.mean); }},
      {"tpot_p50_s", "s", "time per output token, median", [](S s) { return Cell(s.summary.tpot.p50); }},
      {"tpot_p90_s", "s", "time per output token, 90th percentile", [](S s) { return Cell(s.summary.tpot.p90); }},
      {"tpot_p99_s", "s", "time per output token, 99th percentile", [](S s) { return Cell(s.summary.tpot.p99); }},
      {"itl_mean_s", "s", "inter-token latency: time from token to token, over all tokens after the first of a request, mean",
       [](S s) { return Cell(s.summary.itl.mean); }},
      {"itl_p50_s", "s", "inter-token latency, median", [](S s) { return Cell(s.summary.itl.p50); }},
      {"itl_p90_s", "s", "inter-token latency, 90th percentile", [](S s) { return Cell(s.summary.itl.p90); }},
      {"itl_p99_s", "s", "inter-token latency, 99th percentile", [](S s) { return Cell(s.summary.itl.p99); }},
      {"e2e_p50_s", "s", "end-to-end latency, median", [](S s) { return Cell(s.summary.e2e.p50); }},
      {"e2e_p99_s", "s", "end-to-end latency, 99th percentile", [](S s) { return Cell(s.summary.e2e.p99); }},
      {"kv_wait_p50_s", "s", "first token until the KV cache is where it decodes (queue for memory and transfer), median",
       [](S s) { return Cell(s.summary.kv_wait.p50); }},
      {"kv_wait_p99_s", "s", "the same, 99th percentile", [](S s) { return Cell(s.summary.kv_wait.p99); }},
      {"goodput_requests_per_s", "1/s", "requests that finished in the window within TTFT and TPOT of the service level / duration",
       [](S s) { return Cell(s.summary.goodput()); }},
      {"slo_attainment", "", "share of the requests that finished in the window within the service level",
       [](S s) { return Cell(s.summary.attainment()); }},
      {"utilisation", "", "share of the time that serving packages spend in steps", [](S s) { return Cell(s.summary.busy); }},
      {"prefill_utilisation", "", "the same for the prefill pool", [](S s) { return Cell(s.summary.prefill_busy); }},
      {"decode_utilisation", "", "the same for the decode or colocated pool", [](S s) { return Cell(s.summary.decode_busy); }},
      {"mfu", "", "model-flops utilisation: arithmetic done / data-sheet peak of the serving packages over the run",
       [](S s) { return Cell(s.summary.mfu); }},
      {"mbu", "", "memory-bandwidth utilisation, likewise", [](S s) { return Cell(s.summary.mbu); }},
      {"prefix_cached", "", "share of the prompts' tokens found in the memory of the instance (prefix cache)",
       [](S s) { return Cell(s.summary.cached); }},
      {"prefix_loaded", "", "share of the prompts' tokens brought from other memories (prefix tiers)",
       [](S s) { return Cell(s.summary.loaded); }},
      {"preemptions", "", "times that a sequence lost its memory", [](S s) { return Cell(s.summary.preemptions); }},
      {"swaps", "", "of those, times that the cache went to the host's memory; else it was computed again",
       [](S s) { return Cell(s.summary.swaps); }},
      {"kv_swapped_gb", "GB", "KV cache moved to the hosts' memory and back", [](S s) { return Cell(s.summary.kv_swapped / units::GB); }},
      {"time_measured", "", "share of the operators' time that comes from measured tables",
       [](S s) { return Cell(s.summary.time_sources[0]); }},
      {"time_fitted", "", "share that comes from fitted kernels", [](S s) { return Cell(s.summary.time_sources[1]); }},
      {"time_datasheet", "", "share that comes from the data sheet and its efficiencies",
       [](S s) { return Cell(s.summary.time_sources[2]); }},
      {"kv_moved_gb", "GB", "KV cache sent from prefill to decode", [](S s) { return Cell(s.summary.kv_moved / units::GB); }},
      {"average_power_w", "W", "energy / duration, cooling included", [](S s) { return Cell(s.summary.average_power().value()); }},
      {"peak_power_w", "W", "highest draw at any moment, cooling included", [](S s) { return Cell(s.summary.peak_power.value()); }},
      {"j_per_output_token", "J", "energy / output tokens", [](S s) { return Cell(s.summary.joules_per_output_token()); }},
      {"energy_j", "J", "all energy of the window: the sum of the columns below",
       [](S s) { return Cell(s.summary.energy.total().value()); }},
      {"energy_chip_idle_j", "J", "idle power of the serving packages over the whole run",
       [](S s) { return Cell(s.summary.energy.chip_idle.value()); }},
      {"energy_chip_active_j", "J", "added while kernels run", [](S s) { return Cell(s.summary.energy.chip_active.value()); }},
      {"energy_chip_compute_j", "J", "added by arithmetic", [](S s) { return Cell(s.summary.energy.chip_compute.value()); }},
      {"energy_chip_memory_j", "J", "added by memory traffic", [](S s) { return Cell(s.summary.energy.chip_memory.value()); }},
      {"energy_chip_link_j", "J", "added by communication", [](S s) { return Cell(s.summary.energy.chip_link.value()); }},
      {"energy_node_j", "J", "hosts of serving packages: CPUs, memory, NICs, fans",
       [](S s) { return Cell(s.summary.energy.node.value()); }},
      {"energy_network_j", "J", "switches and transceivers", [](S s) { return Cell(s.summary.energy.network.value()); }},
      {"energy_spare_j", "J", "packages and nodes without an instance", [](S s) { return Cell(s.summary.energy.spare.value()); }},
      {"energy_cooling_j", "J", "facility overhead, (PUE - 1) times the rest", [](S s) { return Cell(s.summary.energy.cooling.value()); }},
  };
  return columns;
}

}  // namespace podsim::results
