// The HTML page: one template for plan and run reports, everything inline, escaped by the engine.
#include "base/json.hpp"
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
.verdict{font-size:1.1em;padding:.6em .8em;background:#eef3f7;border-left:4px solid #4a7ba6}
.good{fill:#4f9d69}.bad{fill:#c0504d}svg text{font:12px system-ui,sans-serif}details{margin:.3em 0}
</style></head><body>
<h1>{{#isRun}}Run {{run}}{{/isRun}}{{^isRun}}Plan{{/isRun}}: {{plan.name}}</h1>
<p class="verdict">{{verdict}}</p>
<table>
<tr><td class="k">plan</td><td>{{plan.kind}}, compiled {{plan.createdAt}} by pfnvme {{plan.toolVersion}}<br><code>sha256 {{plan.sha256}}</code></td></tr>
<tr><td class="k">vCenter</td><td>{{plan.vcenter}}</td></tr>
<tr><td class="k">PowerFlex</td><td>{{plan.powerflex}} (system {{plan.systemId}})</td></tr>
{{#isRun}}<tr><td class="k">time</td><td>{{started}} – {{ended}} ({{duration}})</td></tr>
<tr><td class="k">journal</td><td>{{journalRecords}} records<br><code>last hash {{journalHash}}</code></td></tr>{{/isRun}}
<tr><td class="k">support</td><td>{{plan.support}}</td></tr>
</table>
{{#isRun}}<h2>Timeline</h2>
<svg width="920" height="{{chartHeight}}" viewBox="0 0 920 {{chartHeight}}" role="img" aria-label="timeline of units">
{{#bars}}<rect class="{{class}}" x="{{x}}" y="{{y}}" width="{{width}}" height="20" rx="2"/><text x="6" y="{{textY}}">{{label}}</text>
{{/bars}}</svg>{{/isRun}}
<h2>Checks</h2>
<table><tr><th>check</th><th>object</th><th>finding</th><th>fix</th></tr>
{{#findings}}<tr><td class="{{severity}}">{{check}}<br>{{severity}}</td><td>{{object}}</td><td>{{message}}</td><td>{{fix}}</td></tr>
{{/findings}}{{^findings}}<tr><td colspan="4">no findings</td></tr>{{/findings}}</table>
{{#hasLeftBehind}}<h2>Left behind</h2><ul>{{#leftBehind}}<li>{{.}}</li>{{/leftBehind}}</ul>{{/hasLeftBehind}}
{{#units}}<h2>{{id}}: {{strategy}} {{datastore}} – {{status}}</h2>
{{#error}}<p class="blocker">{{error}}</p>{{/error}}
<p class="k">hosts: {{#hosts}}{{.}} {{/hosts}}{{#hasVms}}· VMs: {{#vms}}{{.}} {{/vms}}{{/hasVms}}{{#duration}}· {{duration}}{{/duration}}</p>
{{#hasDowntime}}<table><tr><th>VM</th><th>down time</th></tr>{{#downtime}}<tr><td>{{vm}}</td><td>{{down}}</td></tr>{{/downtime}}</table>{{/hasDowntime}}
{{#hasIdentities}}<table><tr><th>object</th><th>old id</th><th>new id</th></tr>{{#identities}}<tr><td>{{object}}</td><td><code>{{old}}</code></td><td><code>{{new}}</code></td></tr>{{/identities}}</table>{{/hasIdentities}}
<details open><summary>steps</summary>
<table><tr><th>step</th><th>what</th><th>state</th></tr>
{{#steps}}<tr><td><code>{{id}}</code></td><td>{{title}}{{#commitPoint}} ◆{{/commitPoint}}{{#commands}}<br><code>{{.}}</code>{{/commands}}</td><td>{{#deferred}}later: run cleanup{{/deferred}}{{^deferred}}{{status}}{{/deferred}}{{#seen}}<br><span class="k">{{seen}}</span>{{/seen}}</td></tr>
{{/steps}}</table></details>
{{/units}}
</body></html>
)html";

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

} // namespace

Result<std::string> report_html(const std::string& report_json) {
    PF_TRY(const json::value report, parse_json(report_json));
    mustache::mustache page(kTemplate);
    if (!page.is_valid()) {
        return fail(Errc::Internal, "the report template is broken: {}", page.error_message());
    }
    return page.render(to_data(report));
}

} // namespace pf::nvmetool
