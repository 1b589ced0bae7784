#include "bench/methods/figures.hpp"

#include <exception>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace vela::bench {
namespace {

namespace json = boost::json;

json::object to_object(const Side& side) {
  return {{"cpu_seconds", side.cpu_seconds},
          {"private_mib", side.private_mib},
          {"peak_mib", side.peak_mib},
          {"written_bytes", side.written_bytes}};
}

Side read_side(const json::value& value) {
  const auto number = [&](const char* name) { return value.at(name).to_number<double>(); };
  return {number("cpu_seconds"), number("private_mib"), number("peak_mib"),
          number("written_bytes")};
}

json::object to_object(const Figures& figures) {
  json::array delays(figures.delays.begin(), figures.delays.end());
  return {{"method", figures.what.method},
          {"steps", figures.what.steps},
          {"writers", figures.what.writers == Writers::driver ? "driver" : "run-step"},
          {"followed", figures.what.followed == Followed::all ? "all" : "one"},
          {"chatty", figures.what.is_chatty},
          {"failure", figures.failure},
          {"seconds", figures.seconds},
          {"worker", to_object(figures.worker)},
          {"server", to_object(figures.server)},
          {"requests_per_second", figures.requests_per_second},
          {"packets_per_second", figures.packets_per_second},
          {"log_bytes", figures.log_bytes},
          {"wire_bytes", figures.wire_bytes},
          {"store_bytes", figures.store_bytes},
          {"delays_ms", std::move(delays)},
          {"delayed_lines", figures.delayed_lines}};
}

Figures read_figures(const json::value& value) {
  const auto text = [&](const char* name) { return std::string(value.at(name).as_string()); };
  const auto number = [&](const char* name) { return value.at(name).to_number<double>(); };
  Figures figures;
  figures.what.method = text("method");
  figures.what.steps = static_cast<int>(number("steps"));
  figures.what.writers = text("writers") == "driver" ? Writers::driver : Writers::run_step;
  figures.what.followed = text("followed") == "all" ? Followed::all : Followed::one;
  figures.what.is_chatty = value.at("chatty").as_bool();
  figures.failure = text("failure");
  figures.seconds = number("seconds");
  figures.worker = read_side(value.at("worker"));
  figures.server = read_side(value.at("server"));
  figures.requests_per_second = number("requests_per_second");
  figures.packets_per_second = number("packets_per_second");
  figures.log_bytes = number("log_bytes");
  figures.wire_bytes = number("wire_bytes");
  figures.store_bytes = number("store_bytes");
  for (const json::value& delay : value.at("delays_ms").as_array())
    figures.delays.push_back(delay.to_number<double>());
  figures.delayed_lines = number("delayed_lines");
  return figures;
}

}  // namespace

const Figures* Results::find(const Case& what) const {
  for (const Figures& one : figures)
    if (one.what == what && one.failure.empty()) return &one;
  return nullptr;
}

std::string to_json(const Results& results) {
  json::object notes;
  for (const auto& [name, text] : results.notes) notes[name] = text;
  json::array cases;
  for (const Figures& figures : results.figures) cases.push_back(to_object(figures));
  const json::object all{{"notes", std::move(notes)}, {"cases", std::move(cases)}};
  return json::serialize(all) + "\n";
}

Result<Results> parse_results(const std::string& text) try {
  const json::value all = json::parse(text);
  Results results;
  for (const auto& note : all.at("notes").as_object())
    results.notes.emplace_back(note.key(), note.value().as_string());
  for (const json::value& one : all.at("cases").as_array())
    results.figures.push_back(read_figures(one));
  return results;
} catch (const std::exception& error) {
  return Error(ErrorCode::invalid, std::string("not what bench_methods wrote: ") + error.what());
}

}  // namespace vela::bench
