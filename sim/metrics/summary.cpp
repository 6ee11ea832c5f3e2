#include "metrics/summary.hpp"

#include <algorithm>

#include "metrics/population.hpp"
#include "metrics/token_gaps.hpp"

namespace podsim::metrics {
namespace {

void add_requests(const RunLog& log, const ServiceLevel& of_others, const Window& window, Summary& summary) {
  std::vector<double> queue, ttft, tpot, e2e, kv_wait;
  summary.requests = static_cast<std::int64_t>(log.requests.size());
  for (const RequestRecord& request : log.requests) {
    summary.preemptions += request.preemptions;
    summary.swaps += request.swaps;
    if (request.outcome == Outcome::rejected) ++summary.rejected;
    if (request.refusal == Refusal::queue_full || request.refusal == Refusal::too_late) ++summary.turned_away;
    if (request.outcome == Outcome::unfinished) ++summary.unfinished;
    if (request.outcome == Outcome::finished) ++summary.finished;
    if (arrived(request, log) && request.arrival >= window.from && request.arrival <= window.to) {
      ++summary.arrived;
      summary.arriving = std::max(summary.arriving, request.arrival - window.from);
    }
    if (request.first_token >= window.from && request.first_token <= window.to) summary.output_tokens += 1;
    if (request.outcome != Outcome::finished || window.to <= window.from || request.finished < window.from || request.finished > window.to)
      continue;
    ++summary.completed;
    queue.push_back(queue_of(request).value());
    ttft.push_back(ttft_of(request).value());
    e2e.push_back(e2e_of(request).value());
    if (request.output > 1) {
      tpot.push_back(tpot_of(request).value());
      kv_wait.push_back((request.decode_ready - request.first_token).value());
    }
    const ServiceLevel& level = log.level_of(request, of_others);
    if (ttft_of(request) <= level.ttft && tpot_of(request) <= level.tpot) ++summary.attained;
  }
  summary.queue = distribution_of(std::move(queue));
  summary.ttft = distribution_of(std::move(ttft));
  summary.tpot = distribution_of(std::move(tpot));
  summary.e2e = distribution_of(std::move(e2e));
  summary.kv_wait = distribution_of(std::move(kv_wait));
}

void add_reuse(const RunLog& log, Summary& summary) {
  double tokens = 0;
  for (const RequestRecord& request : log.requests) {
    if (request.admitted < Seconds(0)) continue;
    tokens += static_cast<double>(request.input);
    summary.cached += static_cast<double>(request.cached_tokens);
    summary.loaded += static_cast<double>(request.loaded_tokens);
  }
  if (tokens == 0) return;
  summary.cached /= tokens;
  summary.loaded /= tokens;
}

void add_sources(const RunLog& log, Summary& summary) {
  Seconds all;
  for (const Seconds part : log.operator_time) all += part;
  if (all == Seconds(0)) return;
  for (std::size_t i = 0; i < summary.time_sources.size(); ++i) summary.time_sources[i] = log.operator_time[i] / all;
}

void add_use(const RunLog& log, const Window& window, Summary& summary) {
  double prefill_on = 0, decode_on = 0;  // package seconds
  const std::vector<Seconds> off = time_off(log, window);
  for (std::size_t i = 0; i < off.size(); ++i) {
    const InstanceInfo& instance = log.instances[i];
    (instance.prefill ? prefill_on : decode_on) += instance.packages * (summary.duration - off[i]).value();
  }
  double prefill_busy = 0, decode_busy = 0, compute = 0, memory = 0;  // package seconds
  for (const StepRecord& step : log.steps) {
    const InstanceInfo& instance = log.instances[static_cast<std::size_t>(step.instance)];
    const double share = share_within(step, window);
    if (share == 0) continue;
    summary.input_tokens += step.prefill_tokens * share;
    summary.output_tokens += step.output_tokens * share;
    const double time = step.duration.value() * share * instance.packages;
    (instance.prefill ? prefill_busy : decode_busy) += time;
    compute += time * step.use.compute;
    memory += time * step.use.memory;
  }
  if (prefill_on > 0) summary.prefill_busy = prefill_busy / prefill_on;
  if (decode_on > 0) summary.decode_busy = decode_busy / decode_on;
  const double all = prefill_on + decode_on;
  if (all <= 0) return;
  summary.busy = (prefill_busy + decode_busy) / all;
  summary.mfu = compute / all;
  summary.mbu = memory / all;
}

// Idle power that comes and goes as instances are switched off and on.
void add_switching(const RunLog& log, std::vector<std::pair<double, double>>& changes) {
  const auto add = [&](std::span<const int> instances, Watts idle) {
    for (const auto& [time, off] : switchings(log, instances)) changes.emplace_back(time.value(), off ? -idle.value() : idle.value());
  };
  for (int i = 0; i < static_cast<int>(log.instances.size()); ++i)
    add({&i, 1}, package_power(log, i).idle * log.instances[static_cast<std::size_t>(i)].packages);
  for (const ScalingNodes& hosts : log.scaling_nodes) add(hosts.instances, log.power.parts[hosts.part].node * hosts.nodes);
}

Watts peak_power(const RunLog& log) {
  std::vector<std::pair<double, double>> changes;  // time, watts added above idle
  for (const StepRecord& step : log.steps) {
    const double added =
        (power_of(step, log) - package_power(log, step.instance).idle * log.instances[static_cast<std::size_t>(step.instance)].packages)
            .value();
    changes.emplace_back(step.start.value(), added);
    changes.emplace_back((step.start + step.duration).value(), -added);
  }
  if (!log.power.spare_on) add_switching(log, changes);
  std::sort(changes.begin(), changes.end());  // at equal times what ends goes first
  double now = 0, peak = 0;
  for (const auto& [time, change] : changes) peak = std::max(peak, now += change);
  return idle_power(log.power) + Watts(peak) * log.power.pue;
}

}  // namespace

Seconds queue_of(const RequestRecord& request) { return request.admitted - request.arrival; }

Seconds ttft_from_admission_of(const RequestRecord& request) { return request.first_token - request.admitted; }

Seconds ttft_of(const RequestRecord& request) { return request.first_token - request.arrival; }

Seconds tpot_of(const RequestRecord& request) {
  return request.output > 1 ? (request.finished - request.first_token) / static_cast<double>(request.output - 1) : Seconds(0);
}

Seconds e2e_of(const RequestRecord& request) { return request.finished - request.arrival; }

Summary summarise_requests(const RunLog& log, const ServiceLevel& level, Window window) {
  window.to = std::min(window.to, log.end);
  window.from = std::min(window.from, window.to);
  Summary summary;
  summary.duration = window.to - window.from;
  add_reuse(log, summary);
  add_requests(log, level, window, summary);
  return summary;
}

Summary summarise(const RunLog& log, const ServiceLevel& level, Window window) {
  window.to = std::min(window.to, log.end);
  window.from = std::min(window.from, window.to);
  Summary summary = summarise_requests(log, level, window);
  summary.packages = log.power.packages();
  summary.used_packages = log.power.used_packages();
  summary.kv_moved = log.kv_moved;
  summary.kv_swapped = log.kv_swapped;
  summary.itl = inter_token_latency(log, window);
  add_sources(log, summary);
  summary.pace = pace_of(log);
  summary.in_system = mean_in_system(log, window);
  add_use(log, window, summary);
  summary.energy = energy_of(log, window);
  summary.peak_power = peak_power(log);
  return summary;
}

std::vector<TierSummary> summarise_tiers(const RunLog& log) {
  double tokens = 0;
  TierUse own{"instance", 0, Bytes(0), Seconds(0)};
  for (const RequestRecord& request : log.requests) {
    if (request.admitted < Seconds(0)) continue;
    tokens += static_cast<double>(request.input);
    own.tokens += static_cast<double>(request.cached_tokens);
  }
  const auto share = [&](const TierUse& use) { return tokens > 0 ? use.tokens / tokens : 0; };
  std::vector<TierSummary> tiers = {{own, share(own)}};
  for (const TierUse& use : log.tiers) tiers.push_back({use, share(use)});
  return tiers;
}

}  // namespace podsim::metrics
