// The report of a plan and of a run, in every form, from a real run of the engine.
#include "base/json.hpp"
#include "tests/unit/pfnvme/lab_fixture.hpp"
#include "tools/pfnvme/report/report.hpp"

#include <gtest/gtest.h>

namespace pf::nvmetool::test {
namespace {

std::string run_report(Lab& lab) {
    const Result<JournalText> journal = read_journal(lab.journal_path());
    EXPECT_TRUE(journal);
    return run_report_json(lab.plan, "run-1", journal->records);
}

json::object object_of(const std::string& text) {
    Result<json::value> parsed = parse_json(text);
    EXPECT_TRUE(parsed);
    return parsed->as_object();
}

// Every tag is closed in the right order: enough to say that nothing unescaped slipped in.
std::string markup_fault(const std::string& text) {
    std::vector<std::string> open;
    for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
        const std::size_t end = text.find('>', at);
        if (end == std::string::npos) {
            return "an open tag at the end";
        }
        std::string tag = text.substr(at + 1, end - at - 1);
        if (tag.starts_with("!") || tag.starts_with("?") || tag.ends_with("/") ||
            tag.starts_with("meta") || tag == "br") {
            continue;
        }
        const bool closing = tag.starts_with("/");
        tag = tag.substr(closing ? 1 : 0, tag.find_first_of(" ", 1) - (closing ? 1 : 0));
        if (!closing) {
            open.push_back(tag);
        } else if (open.empty() || open.back() != tag) {
            return "</" + tag + "> without its beginning";
        } else {
            open.pop_back();
        }
    }
    return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

TEST(Report, RunTellsDownTimeIdentitiesCommandsAndTheJournal) {
    Lab lab;
    lab.compile(kOfflineIntent);
    ASSERT_EQ(lab.run()->outcome, RunOutcome::Done);
    const std::string text = run_report(lab);
    const json::object report = object_of(text);
    EXPECT_TRUE(report.at("good").as_bool());
    EXPECT_EQ(report.at("verdict").as_string(), "done");
    EXPECT_EQ(report.at("journalHash").as_string().size(), 64U);
    std::set<std::string> down;
    for (const json::value& span : report.at("downtime").as_array()) {
        down.emplace(span.at("vm").as_string());
    }
    EXPECT_TRUE(down.contains("app1"));
    std::map<std::string, int> kinds;
    for (const json::value& item : report.at("identities").as_array()) {
        EXPECT_NE(item.at("old").as_string(), item.at("new").as_string());
        EXPECT_FALSE(item.at("new").as_string().empty());
        ++kinds[std::string(item.at("kind").as_string())];
    }
    EXPECT_EQ(kinds["vmfs-uuid"], 1);
    EXPECT_EQ(kinds["device"], 1);
    EXPECT_EQ(kinds["moref"], 2);
    // One entry for each call of the journal, in its order.
    const Result<JournalText> journal = read_journal(lab.journal_path());
    std::size_t calls = 0;
    for (const Record& record : journal->records) {
        if (record.phase == Phase::Intent) {
            const Step* step = lab.plan.find_unit(record.unit)->find_step(record.step);
            calls += find_op(step->action.op)->kind == OpKind::Check ? 0U : 1U;
        }
    }
    EXPECT_EQ(report.at("commands").as_array().size(), calls);
    for (const json::value& entry : report.at("topology").as_array()) {
        EXPECT_EQ(entry.at("before").as_string(), "SDC");
        EXPECT_EQ(entry.at("after").as_string(), "NVMe/TCP");
    }
    EXPECT_FALSE(report.at("paths").as_array().empty());
    for (const json::value& path : report.at("paths").as_array()) {
        EXPECT_EQ(path.at("after").as_string(), "online");
    }
}

TEST(Report, EveryFormIsWellFormedBeforeAndAfter) {
    Lab lab;
    lab.compile(kOfflineIntent);
    lab.plan.name = "a <b> & \"c\" | d"; // names are the users'
    seal(lab.plan);
    const std::string before = plan_report_json(lab.plan, {});
    ASSERT_EQ(lab.run()->outcome, RunOutcome::Done);
    for (const std::string& document : {before, run_report(lab)}) {
        const Result<std::string> html = report_html(document);
        ASSERT_TRUE(html) << html.error().what;
        EXPECT_EQ(markup_fault(*html), "");
        EXPECT_EQ(html->find("<b> &"), std::string::npos);
        for (const char* word : {"http://", "src=", "<script", "@import", "{{"}) {
            EXPECT_EQ(html->find(word), std::string::npos) << word; // self-contained, all filled in
        }
        const Result<std::string> junit = report_junit(document);
        ASSERT_TRUE(junit);
        EXPECT_EQ(markup_fault(*junit), "");
        const Result<std::string> markdown = report_markdown(document);
        ASSERT_TRUE(markdown);
        EXPECT_NE(markdown->find("## Units"), std::string::npos);
        for (const std::string_view table : report_tables()) {
            EXPECT_TRUE(report_csv(document, table)) << table;
        }
    }
    EXPECT_EQ(report_csv(before, "nothing").error().code, Errc::InvalidArgument);
}

TEST(Report, RolledBackUnitIsAFailureInJunitAndKeepsItsIdentities) {
    Lab lab;
    lab.compile(kOfflineIntent);
    lab.crash_at("off-01", "12-resignature-esx01", "after-done");
    ASSERT_FALSE(lab.run());
    lab.no_crash();
    ASSERT_EQ(lab.rollback()->outcome, RunOutcome::RolledBack);
    const std::string text = run_report(lab);
    const json::object report = object_of(text);
    EXPECT_TRUE(report.at("identities").as_array().empty()); // taken back
    const Result<std::string> junit = report_junit(text);
    EXPECT_NE(junit->find("failures=\"1\""), std::string::npos);
    int back = 0;
    for (const json::value& item : report.at("commands").as_array()) {
        back += item.at("direction").as_string() == "back" ? 1 : 0;
    }
    EXPECT_GT(back, 5);
    for (const json::value& span : report.at("downtime").as_array()) {
        EXPECT_NE(span.at("down").as_string(), "still down");
    }
}

TEST(Report, CsvQuotesAndDefusesFormulas) {
    const char* document = R"({"schemaVersion":1,"plan":{"name":"x"},"units":[
        {"id":"=1+1","strategy":"a,b","datastore":"say \"hi\"","steps":[]}]})";
    const Result<std::string> csv = report_csv(document, "units");
    ASSERT_TRUE(csv);
    EXPECT_NE(csv->find("'=1+1,\"a,b\",\"say \"\"hi\"\"\","), std::string::npos) << *csv;
}

} // namespace
} // namespace pf::nvmetool::test
