// The columns of tenants.csv.
#include "results/tables.hpp"

namespace podsim::results {

const std::vector<RecordColumn<TenantRow>>& tenant_columns() {
  using T = const TenantRow&;
  static const std::vector<RecordColumn<TenantRow>> columns = {
      {"system", "", "name of the system in the experiment", [](T t) { return View(t.system); }},
      {"client", "", "client of the workload",
       [](T t) { return View(t.tenant.client < t.log.clients.size() ? std::string_view(t.log.clients[t.tenant.client]) : ""); }},
      {"model", "", "model that it asks", [](T t) { return View(std::string_view(t.log.services[t.tenant.service])); }},
      {"slo_ttft_s", "s", "time to first token that it is promised", [](T t) { return View(t.tenant.level.ttft.value()); }},
      {"slo_tpot_s", "s", "time per output token that it is promised", [](T t) { return View(t.tenant.level.tpot.value()); }},
      {"requests", "", "its requests: finished + rejected + unfinished", [](T t) { return View(t.tenant.requests.requests); }},
      {"finished", "", "answered to the last token", [](T t) { return View(t.tenant.requests.finished); }},
      {"rejected", "", "longer than the model's or the cache's limit, or turned away",
       [](T t) { return View(t.tenant.requests.rejected); }},
      {"turned_away", "", "of those, by admission control", [](T t) { return View(t.tenant.requests.turned_away); }},
      {"unfinished", "", "open at the time limit", [](T t) { return View(t.tenant.requests.unfinished); }},
      {"offered_requests_per_s", "1/s", "requests that arrived in the window / its time until the last of them",
       [](T t) { return View(t.tenant.requests.offered_rate()); }},
      {"finished_requests_per_s", "1/s", "requests that finished in the window / duration",
       [](T t) { return View(t.tenant.requests.finished_rate()); }},
      {"output_tokens_per_s", "tokens/s", "output tokens of the requests that finished in the window / duration",
       [](T t) { return View(t.tenant.output_rate()); }},
      {"queue_mean_s", "s", "arrival until the first prompt token begins to be computed, mean",
       [](T t) { return View(t.tenant.requests.queue.mean); }},
      {"ttft_mean_s", "s", "time to first token, mean", [](T t) { return View(t.tenant.requests.ttft.mean); }},
      {"ttft_p50_s", "s", "the same, median", [](T t) { return View(t.tenant.requests.ttft.p50); }},
      {"ttft_p90_s", "s", "the same, 90th percentile", [](T t) { return View(t.tenant.requests.ttft.p90); }},
      {"ttft_p99_s", "s", "the same, 99th percentile", [](T t) { return View(t.tenant.requests.ttft.p99); }},
      {"tpot_mean_s", "s", "time per output token, mean", [](T t) { return View(t.tenant.requests.tpot.mean); }},
      {"tpot_p50_s", "s", "the same, median", [](T t) { return View(t.tenant.requests.tpot.p50); }},
      {"tpot_p90_s", "s", "the same, 90th percentile", [](T t) { return View(t.tenant.requests.tpot.p90); }},
      {"tpot_p99_s", "s", "the same, 99th percentile", [](T t) { return View(t.tenant.requests.tpot.p99); }},
      {"e2e_p50_s", "s", "end-to-end latency, median", [](T t) { return View(t.tenant.requests.e2e.p50); }},
      {"e2e_p99_s", "s", "the same, 99th percentile", [](T t) { return View(t.tenant.requests.e2e.p99); }},
      {"goodput_requests_per_s", "1/s", "requests that finished in the window within the service level / duration",
       [](T t) { return View(t.tenant.requests.goodput()); }},
      {"slo_attainment", "", "share of the requests that finished in the window within the service level",
       [](T t) { return View(t.tenant.requests.attainment()); }},
      {"preemptions", "", "times that a sequence lost its memory", [](T t) { return View(t.tenant.requests.preemptions); }},
  };
  return columns;
}

}  // namespace podsim::results
