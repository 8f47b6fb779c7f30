// The HTML page: one template for plan and run reports, everything inline, escaped by the engine.
#include "base/json.hpp"
#include "tools/pfnvme/report/charts.hpp"
#include "tools/pfnvme/report/report.hpp"

#include <kainjow/mustache.hpp>

namespace pf::nvmetool {

namespace {

constexpr const char* kTemplate = R"html(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>pfnvme {{report}} report: {{plan.name}}</title>
<style>
body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:1000px;padding:0 1em;color:#1c2733;background:#fff}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em;border-bottom:1px solid #cfd8e0}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:3px 8px;border-bottom:1px solid #e6ebef;vertical-align:top}
code{font-size:12px;color:#33506b;word-break:break-all}.k{color:#667}.blocker{color:#a11}.warning{color:#9a6200}
.verdict{font-size:1.1em;padding:.6em .8em;background:#eef3f7;border-left:4px solid #4f9d69}.verdict.no{border-color:#c0504d}
.numbers{display:flex;gap:2em;flex-wrap:wrap}.numbers b{display:block;font-size:1.5em}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#1c2733}
.good{fill:#8fcfa4}.bad{fill:#e29a98}.busy{fill:#9cc3e6}.plan{fill:#c9d6e2}.none{fill:#eef1f4}.window{fill:#f5efd8}
.box{fill:#f4f7fa;stroke:#9fb3c5}line.sdc{stroke:#c98a2b;stroke-dasharray:5 3}line.nvme{stroke:#2d7fc4}details{margin:.3em 0}
</style></head><body>
<h1>{{#isRun}}Run {{run}}{{/isRun}}{{^isRun}}Plan{{/isRun}}: {{plan.name}}</h1>
<p class="verdict{{^good}} no{{/good}}">{{verdict}}</p>
<div class="numbers"><span><b>{{summary.units}}</b>units</span><span><b>{{summary.datastores}}</b>datastores</span><span><b>{{summary.vms}}</b>VMs</span><span><b>{{summary.hosts}}</b>hosts</span><span><b>{{summary.steps}}</b>steps</span>{{#summary.longestDown}}<span><b>{{summary.longestDown}}</b>longest down time</span>{{/summary.longestDown}}</div>
<table>
<tr><td class="k">plan</td><td>{{plan.kind}}, compiled {{plan.createdAt}} by pfnvme {{plan.toolVersion}}<br><code>sha256 {{plan.sha256}}</code></td></tr>
<tr><td class="k">vCenter</td><td>{{plan.vcenter}}</td></tr>
<tr><td class="k">PowerFlex</td><td>{{plan.powerflex}} (system {{plan.systemId}})</td></tr>
{{#isRun}}<tr><td class="k">time</td><td>{{started}} – {{ended}} ({{duration}})</td></tr>
<tr><td class="k">journal</td><td>{{journalRecords}} records<br><code>last hash {{journalHash}}</code></td></tr>{{/isRun}}
{{#plan.ticket}}<tr><td class="k">ticket</td><td>{{plan.ticket}} {{plan.owner}}</td></tr>{{/plan.ticket}}
{{#estimate}}<tr><td class="k">estimate</td><td>P50 {{p50}}, P90 {{p90}} (basis: {{basis}}, confidence: {{confidence}}; critical: {{critical}})</td></tr>{{/estimate}}
{{#hasWindows}}<tr><td class="k">windows</td><td>{{#windows}}{{start}} – {{end}}<br>{{/windows}}</td></tr>{{/hasWindows}}
{{#plan.support}}<tr><td class="k">support</td><td>{{plan.support}}</td></tr>{{/plan.support}}
</table>
<h2>Units</h2>
{{{ganttSvg}}}
<table><tr><th>unit</th><th>strategy</th><th>datastore</th><th>VMs</th><th>state</th><th>took</th><th>estimated</th></tr>
{{#units}}<tr><td><a href="#{{id}}">{{id}}</a></td><td>{{strategy}}</td><td>{{datastore}}</td><td>{{vmCount}}</td><td>{{status}}{{#error}}<br><span class="blocker">{{error}}</span>{{/error}}</td><td>{{duration}}</td><td>{{estimated}}</td></tr>
{{/units}}</table>
<h2>Checks and waivers</h2>
<table><tr><th>check</th><th>object</th><th>finding</th><th>fix</th></tr>
{{#findings}}<tr><td class="{{severity}}">{{check}}<br>{{severity}}</td><td>{{object}}</td><td>{{message}}{{#waiver}}<br>waived: {{waiver}}{{/waiver}}</td><td>{{fix}}</td></tr>
{{/findings}}{{^findings}}<tr><td colspan="4">no findings</td></tr>{{/findings}}</table>
{{#hasNotRestored}}<h2>Not restored</h2>
<p>What vCenter kept about these VMs before they were unregistered, and does not now:</p>
<table><tr><th>unit</th><th>what, and why</th></tr>{{#notRestored}}<tr><td>{{unit}}</td><td class="warning">{{what}}</td></tr>
{{/notRestored}}</table>{{/hasNotRestored}}
{{#hasSdcRetirement}}<h2>SDC retirement</h2>
<table><tr><th>host</th><th>volumes on its SDC</th><th>advice</th></tr>{{#sdcRetirement}}<tr><td>{{host}}</td><td>{{volumes}}</td><td>{{advice}}</td></tr>
{{/sdcRetirement}}</table>{{/hasSdcRetirement}}
{{#hasLeftBehind}}<h2>Left behind</h2><ul>{{#leftBehind}}<li>{{.}}</li>{{/leftBehind}}</ul>{{/hasLeftBehind}}
{{#hasTopology}}<h2>Topology before</h2>
{{{beforeSvg}}}
<h2>Topology {{#isRun}}after{{/isRun}}{{^isRun}}planned{{/isRun}}</h2>
{{{afterSvg}}}{{/hasTopology}}
{{#hasPaths}}<h2>Paths of each host</h2>
{{{pathsSvg}}}{{/hasPaths}}
{{#hasDowntime}}<h2>Down time of each VM</h2>
<table><tr><th>unit</th><th>VM</th><th>from</th><th>to</th><th>down</th></tr>{{#downtime}}<tr><td>{{unit}}</td><td>{{vm}}</td><td>{{from}}</td><td>{{to}}</td><td>{{down}}</td></tr>
{{/downtime}}</table>{{/hasDowntime}}
{{#hasIdentities}}<h2>Old and new identities</h2>
<table><tr><th>unit</th><th>kind</th><th>object</th><th>old</th><th>new</th></tr>{{#identities}}<tr><td>{{unit}}</td><td>{{kind}}</td><td>{{object}}</td><td><code>{{old}}</code></td><td><code>{{new}}</code></td></tr>
{{/identities}}</table>{{/hasIdentities}}
{{#hasEvidence}}<h2>Verification</h2>
<table><tr><th>unit</th><th>what</th><th>read back</th></tr>{{#evidence}}<tr><td>{{unit}}</td><td>{{what}}</td><td>{{#passed}}✔{{/passed}}{{^passed}}✘{{/passed}} {{result}}</td></tr>
{{/evidence}}</table>{{/hasEvidence}}
<h2>Commands {{#isRun}}executed{{/isRun}}{{^isRun}}to be executed{{/isRun}}</h2>
{{#note}}<p class="k">{{note}}</p>{{/note}}
<details><summary>{{commandCount}} calls</summary><table><tr><th>time</th><th>unit</th><th>call</th><th>result</th></tr>
{{#commands}}<tr><td>{{time}}</td><td>{{unit}}</td><td>{{what}}{{#commands}}<br><code>{{.}}</code>{{/commands}}</td><td>{{result}}</td></tr>
{{/commands}}</table></details>
{{#units}}<h2 id="{{id}}">{{id}}: {{strategy}} {{datastore}} – {{status}}</h2>
{{#error}}<p class="blocker">{{error}}</p>{{/error}}
<p class="k">hosts: {{#hosts}}{{.}} {{/hosts}}{{#hasVms}}· VMs: {{#vms}}{{.}} {{/vms}}{{/hasVms}}{{#duration}}· {{duration}}{{/duration}}</p>
{{#hasSteps}}<details><summary>steps</summary>
<table><tr><th>step</th><th>what</th><th>state</th></tr>
{{#steps}}<tr><td><code>{{id}}</code></td><td>{{title}}{{#commitPoint}} ◆{{/commitPoint}}{{#commands}}<br><code>{{.}}</code>{{/commands}}</td><td>{{#deferred}}later: run cleanup{{/deferred}}{{^deferred}}{{status}}{{/deferred}}{{#seen}}<br><span class="k">{{seen}}</span>{{/seen}}</td></tr>
{{/steps}}</table></details>{{/hasSteps}}
{{/units}}
</body></html>
)html";

// Above this many steps the page leaves out what nobody reads there; the JSON document has it.
constexpr std::int64_t kMostSteps = 6000;

namespace mustache = kainjow::mustache;

// Lists get a companion "has<Name>", because a section over a list repeats instead of asking.
mustache::data to_data(const json::value& value) {
    if (value.is_object()) {
        mustache::data out(mustache::data::type::object);
        for (const auto& member : value.get_object()) {
            std::string name(member.key());
            if (member.value().is_array() && !name.empty()) {
                std::string flag = name;
                flag.front() = static_cast<char>(flag.front() - 'a' + 'A');
                out.set("has" + flag, mustache::data(!member.value().get_array().empty()));
            }
            if (member.value().is_string() && member.value().get_string().empty()) {
                out.set(name, mustache::data(false));
                continue;
            }
            out.set(name, to_data(member.value()));
        }
        return out;
    }
    if (value.is_array()) {
        mustache::data out(mustache::data::type::list);
        for (const json::value& item : value.get_array()) {
            out.push_back(to_data(item));
        }
        return out;
    }
    if (value.is_bool()) {
        return mustache::data(value.get_bool());
    }
    if (value.is_string()) {
        return mustache::data(std::string(value.get_string()));
    }
    return mustache::data(canonical_json(value));
}

// What only the page needs: drawings, counts, and less of what would make it too large.
void prepare_page(json::object& report) {
    report["ganttSvg"] = gantt_svg(report);
    report["beforeSvg"] = topology_svg(report, "before");
    report["afterSvg"] = topology_svg(report, "after");
    report["pathsSvg"] = path_matrix_svg(report);
    report["commandCount"] = static_cast<std::int64_t>(report["commands"].as_array().size());
    const std::int64_t steps = json_int_or(report["summary"].as_object(), "steps", 0);
    const bool large = steps > kMostSteps;
    if (large) {
        report["note"] = "left out here because of the size of the plan; they are in the JSON "
                         "report, and so are the steps of the units that went well";
        report["commands"] = json::array();
    }
    for (json::value& value : report["units"].as_array()) {
        json::object& unit = value.as_object();
        unit["vmCount"] = static_cast<std::int64_t>(unit["vms"].as_array().size());
        const std::string status = json_str_or(unit, "status", "");
        if (large && (status == "done" || status == "planned" || status == "pending")) {
            unit["steps"] = json::array();
        }
        // The page has its own tables of these.
        unit.erase("downtime");
        unit.erase("identities");
        for (json::value& step : unit["steps"].as_array()) {
            step.as_object().erase("evidence");
        }
    }
}

} // namespace

Result<std::string> report_html(const std::string& report_json) {
    PF_TRY(json::value report, parse_json(report_json));
    if (!report.is_object()) {
        return fail(Errc::InvalidArgument, "a report is a JSON object");
    }
    prepare_page(report.get_object());
    mustache::mustache page(kTemplate);
    if (!page.is_valid()) {
        return fail(Errc::Internal, "the report template is broken: {}", page.error_message());
    }
    return page.render(to_data(report));
}

} // namespace pf::nvmetool
