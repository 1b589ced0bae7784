#include "core/config/config_file.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include <toml++/toml.h>

#include "core/base/error.hpp"
#include "core/config/option_words.hpp"
#include "core/config/spelling.hpp"
#include "core/config/toml_text.hpp"

namespace vela::config {
namespace {

std::string place(const std::string& path, const toml::source_position& at) {
  return path + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return node.as_array()->empty() ? "an empty array" : "an array";
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "a number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "a truth value";
    default:
      return "a date or time";
  }
}

std::string expected(const OptionRow& row) {
  if (row.kind == ValueKind::flag) return "expected true or false";
  const std::string example = "\"" + std::string(row.example) + "\"";
  if (row.kind == ValueKind::many)
    return "expected text or an array of texts; write for example " + example + " or [" + example +
           "]";
  return "expected text; write for example " + example;
}

// The node's value as the command line would have it; nothing when it is of the wrong type.
std::optional<std::string> scalar_of(const OptionRow& row, const toml::node& node) {
  if (row.kind == ValueKind::flag) {
    const auto value = node.value_exact<bool>();
    if (!value) return std::nullopt;
    return *value ? "true" : "false";
  }
  // A duration has a unit, so it is text; these may go without.
  const bool takes_number = row.value == "SIZE" || row.value == "N";
  if (const auto number = node.value_exact<std::int64_t>(); number && takes_number)
    return std::to_string(*number);
  return node.value_exact<std::string>();
}

struct Values {
  std::vector<std::string> values;
  const toml::node* wrong = nullptr;  // what is not of the row's type
};

Values values_of(const OptionRow& row, const toml::node& node) {
  Values read;
  const auto take = [&](const toml::node& scalar) {
    auto value = scalar_of(row, scalar);
    if (value) {
      read.values.push_back(std::move(*value));
    } else if (read.wrong == nullptr) {
      read.wrong = &scalar;
    }
  };
  const toml::array* array = node.as_array();
  if (array == nullptr || row.kind != ValueKind::many || array->empty()) {
    take(node);
  } else {
    for (const toml::node& element : *array) take(element);
  }
  return read;
}

// "log.level" and "log.format" of "log."; of "" all keys.
std::vector<std::string_view> keys_below(std::span<const OptionRow> rows, std::string_view prefix) {
  std::vector<std::string_view> keys;
  for (const OptionRow& row : rows)
    if (!row.key.empty() && row.key.starts_with(prefix)) keys.push_back(row.key);
  return keys;
}

std::string list_keys(std::span<const OptionRow> rows, std::string_view prefix) {
  return list_words(keys_below(rows, prefix));
}

// Whether keys of ours stand in the table `key`: "log" of "log.level".
bool is_section(std::string_view key, std::span<const OptionRow> rows) {
  return !key.empty() && !keys_below(rows, std::string(key) + ".").empty();
}

std::string unknown_table(std::string_view key, std::span<const OptionRow> rows) {
  std::vector<std::string_view> sections;
  std::string list;
  for (const OptionRow& row : rows) {
    const std::string_view section = split_key(row.key).section;
    if (section.empty() || (!sections.empty() && sections.back() == section)) continue;
    sections.push_back(section);
    list += (list.empty() ? "[" : ", [") + std::string(section) + "]";
  }
  const std::string fault = "[" + std::string(key) + "]: there is no such table; ";
  auto similar = find_similar(key, sections);
  for (const std::string_view section : sections)
    if (!similar && key.starts_with(section)) similar = section;  // "logging"
  if (similar) return fault + "did you mean [" + std::string(*similar) + "]?";
  return fault + "known are " + list;
}

// The key that `key` was meant to be: by its spelling, or by its name alone in another table.
std::optional<std::string_view> find_similar_key(std::string_view key,
                                                 std::span<const OptionRow> rows) {
  std::vector<std::string_view> keys;
  for (const OptionRow& row : rows)
    if (!row.key.empty()) keys.push_back(row.key);
  if (const auto similar = find_similar(key, keys)) return similar;
  for (const std::string_view known : keys)
    if (find_similar(split_key(key).name, {split_key(known).name})) return known;
  return std::nullopt;
}

std::string unknown_key(std::string_view key, const toml::node& node,
                        std::span<const OptionRow> rows) {
  if (is_section(key, rows))
    return std::string(key) + ": is " + std::string(type_name(node)) + ", expected a table of " +
           list_keys(rows, std::string(key) + ".");
  if (node.is_table()) return unknown_table(key, rows);
  const std::string fault = std::string(key) + ": there is no such key; ";
  if (const auto similar = find_similar_key(key, rows))
    return fault + "did you mean " + std::string(*similar) + "?";
  const std::string_view section = split_key(key).section;
  return fault + "known are " +
         list_keys(rows, is_section(section, rows) ? std::string(section) + "." : "");
}

const OptionRow* find_row(std::span<const OptionRow> rows, std::string_view key) {
  for (const OptionRow& row : rows)
    if (!row.key.empty() && row.key == key) return &row;
  return nullptr;
}

FileEntry make_fault(std::string text) {
  FileEntry entry;
  entry.fault = std::move(text);
  return entry;
}

FileEntry read_entry(std::string_view key, const toml::source_position& key_at,
                     const toml::node& node, const std::string& path,
                     std::span<const OptionRow> rows) {
  const OptionRow* row = find_row(rows, key);
  if (row == nullptr) return make_fault(place(path, key_at) + ": " + unknown_key(key, node, rows));
  Values read = values_of(*row, node);
  if (read.wrong != nullptr)
    return make_fault(place(path, read.wrong->source().begin) + ": " + std::string(key) + ": is " +
                      std::string(type_name(*read.wrong)) + ", " + expected(*row));
  return {row, std::move(read.values), place(path, node.source().begin), {}};
}

// The tables are sorted by key; people read a file by line.
using EntriesByPlace = std::multimap<std::pair<std::uint32_t, std::uint32_t>, FileEntry>;

void read_table(const toml::table& table, const std::string& prefix, const std::string& path,
                std::span<const OptionRow> rows, EntriesByPlace& entries) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    const toml::table* inner = node.as_table();
    if (inner != nullptr && is_section(key, rows)) {
      read_table(*inner, key + ".", path, rows, entries);
      continue;
    }
    const toml::source_position at = name.source().begin;
    entries.emplace(std::pair(at.line, at.column), read_entry(key, at, node, path, rows));
  }
}

}  // namespace

std::vector<FileEntry> read_config_file(const std::string& path, std::span<const OptionRow> rows) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 4096> block{};
  while (file.read(block.data(), block.size()) || file.gcount() != 0)
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
  if (file.is_open() && !file.bad()) return read_config_text(text, path, rows);
  const Error error =
      errno_error(ErrorCode::invalid, "cannot read the configuration " + path, errno);
  return {
      make_fault(error.text() + "; `vela-logs serve --sample-config` prints a file to begin with")};
}

std::vector<FileEntry> read_config_text(std::string_view text, const std::string& path,
                                        std::span<const OptionRow> rows) {
  toml::table table;
  try {
    table = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return {
        make_fault(place(path, error.source().begin) + ": " + std::string(error.description()))};
  }
  EntriesByPlace by_place;
  read_table(table, "", path, rows, by_place);
  std::vector<FileEntry> entries;
  for (auto& [at, entry] : by_place) entries.push_back(std::move(entry));
  return entries;
}

}  // namespace vela::config
