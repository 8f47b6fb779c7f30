// pfnvme inventory export|import: the inventory as files for spreadsheets and other tools, and
// RVTools' files as an inventory.
#include "base/file.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/inventory_source.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/inventory/inventory_db.hpp"
#include "tools/pfnvme/inventory/rvtools.hpp"
#include "tools/pfnvme/inventory/views.hpp"
#include "tools/pfnvme/report/xlsx.hpp"

#include <cstdio>
#include <filesystem>

namespace pf::nvmetool {

namespace {

TableOut table_of(const View& view, const Inventory& inventory) {
    TableOut out{view.name, view.columns, {}, {}};
    view.each(inventory, [&out](const Row& row) { out.rows.push_back(row); });
    return out;
}

// One CSV file for each kind.
Result<std::size_t> export_csv(const Inventory& inventory, const std::string& folder) {
    PF_CHECK(make_dirs(folder, 0700));
    for (const View& view : inventory_views()) {
        PF_CHECK(write_file_atomic(folder + "/" + view.name + ".csv",
                                   render_table(table_of(view, inventory), Format::Csv, true),
                                   0600));
    }
    return inventory_views().size();
}

// One workbook with a sheet for each kind.
Result<void> export_xlsx(const Inventory& inventory, const std::string& path) {
    std::vector<Sheet> sheets;
    for (const View& view : inventory_views()) {
        const TableOut table = table_of(view, inventory);
        Sheet sheet{view.name, {{}}};
        for (const Column& column : table.columns) {
            sheet.rows.front().emplace_back(column.name);
        }
        for (const Row& row : table.rows) {
            sheet.rows.push_back(row);
            for (std::size_t i = 0; i < row.size(); ++i) { // lists as people read them
                if (std::holds_alternative<std::string>(row[i])) {
                    sheet.rows.back()[i] = field_text(row[i], table.columns[i].kind);
                }
            }
        }
        sheets.push_back(std::move(sheet));
    }
    PF_TRY(const std::string book, xlsx_workbook(sheets));
    return write_file_atomic(path, book, 0600);
}

Result<void> export_json(const Inventory& inventory, const std::string& path) {
    json::object tables;
    for (const Table& table : inventory_tables()) {
        json::array rows;
        table.each(inventory, [&](const Row& row) {
            json::object item;
            for (std::size_t i = 0; i < row.size(); ++i) {
                item[table.columns[i].name] = json_of(row[i], table.columns[i].kind);
            }
            rows.push_back(std::move(item));
        });
        tables[table.name] = std::move(rows);
    }
    json::array facts;
    for (const Fact fact : inventory.facts) {
        facts.emplace_back(std::string(to_string(fact)));
    }
    const json::object document{{"schemaVersion", kInventorySchemaVersion},
                                {"kind", "inventory"},
                                {"collectedAt", inventory.collected_at},
                                {"source", inventory.source},
                                {"digest", full_digest(inventory)},
                                {"facts", std::move(facts)},
                                {"tables", std::move(tables)}};
    return write_file_atomic(path, json::serialize(document) + "\n", 0600);
}

// The files themselves, and the CSV files of folders.
Result<std::vector<NamedText>> read_files(const std::vector<std::string>& names) {
    std::vector<NamedText> out;
    for (const std::string& name : names) {
        std::vector<std::string> paths{name};
        std::error_code error;
        if (std::filesystem::is_directory(name, error)) {
            paths.clear();
            for (const auto& item : std::filesystem::directory_iterator(name, error)) {
                const std::string file = item.path().filename().string();
                for (const char* tab : {"vInfo", "vDisk", "vDatastore", "vHost", "vSnapshot"}) {
                    if (file.ends_with(std::string(tab) + ".csv")) {
                        paths.push_back(item.path().string());
                    }
                }
            }
        }
        for (const std::string& path : paths) {
            PF_TRY(std::string text, read_file(path));
            out.push_back({path, std::move(text)});
        }
    }
    return out;
}

} // namespace

void inventory_export_options(OptionTable& table) {
    add_inventory_options(table);
    table.add({.name = "format",
               .default_value = "json",
               .help = "json (one file), csv (a folder with one file for each kind) or xlsx (one "
                       "workbook)",
               .value_name = "FORMAT"});
    table.add(
        {.name = "out", .help = "file or folder to write", .value_name = "PATH", .required = true});
}

int inventory_export(const OptionValues& values) {
    const std::string& format = values.text("format");
    if (format != "json" && format != "csv" && format != "xlsx") {
        return report_error(kExitUsage, "--format is json, csv or xlsx, not '" + format + "'");
    }
    const Result<Inventory> inventory = open_inventory_source(values);
    if (!inventory) {
        return report_error(inventory.error());
    }
    const std::string& out = values.text("out");
    if (format == "json") {
        if (const Result<void> written = export_json(*inventory, out); !written) {
            return report_error(written.error());
        }
    } else if (format == "xlsx") {
        if (const Result<void> written = export_xlsx(*inventory, out); !written) {
            return report_error(written.error());
        }
    } else if (const auto written = export_csv(*inventory, out); !written) {
        return report_error(written.error());
    }
    say(values, "written: " + out);
    return kExitOk;
}

void inventory_import_options(OptionTable& table) {
    table.add({.name = "inventory",
               .help = "file to write; else inventory.db in the state folder",
               .value_name = "FILE"});
}

int inventory_import(const OptionValues& values) {
    if (values.positionals().empty()) {
        return report_error(kExitUsage, "inventory import takes the CSV files of RVTools, or the "
                                        "folder they are in");
    }
    const auto files = read_files(values.positionals());
    if (!files) {
        return report_error(files.error());
    }
    const Result<Inventory> inventory = import_rvtools(*files);
    if (!inventory) {
        return report_error(kExitBadData, inventory.error().what);
    }
    const std::string path = inventory_path(values);
    if (const std::size_t slash = path.rfind('/'); slash != std::string::npos) {
        if (const auto made = make_dirs(path.substr(0, slash), 0700); !made) {
            return report_error(made.error());
        }
    }
    if (const auto saved = save_inventory(*inventory, path); !saved) {
        return report_error(saved.error());
    }
    if (format_of(values) != Format::Text) {
        json::array gaps;
        for (const std::string& gap : inventory->gaps) {
            gaps.emplace_back(gap);
        }
        print_document(json::object{{"schemaVersion", 1},
                                    {"kind", "inventory"},
                                    {"file", path},
                                    {"hosts", inventory->hosts.size()},
                                    {"datastores", inventory->datastores.size()},
                                    {"vms", inventory->vms.size()},
                                    {"gaps", std::move(gaps)}},
                       format_of(values));
        return kExitOk;
    }
    std::printf("%zu hosts, %zu datastores, %zu VMs in %s\n", inventory->hosts.size(),
                inventory->datastores.size(), inventory->vms.size(), path.c_str());
    for (const std::string& gap : inventory->gaps) {
        std::printf("not read: %s\n", gap.c_str());
    }
    return kExitOk;
}

} // namespace pf::nvmetool
