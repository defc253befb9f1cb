# Reads the JSON of a plan (terraform show -json) and makes an object of it:
#   finding  what is wrong, in a few words, "" if nothing is
#   report   Markdown: unmanaged settings (or the output "report", which starts with them), drift, failed checks
#
# KNOWN_SETTINGS in the environment lists diagnostic settings to leave alone, as names separated by commas. If the
# configuration has an output "unmanaged", as the module for many tenants has, that output decides instead.

def resources: .. | objects | .resources? | arrays | .[];
def cell: if type == "string" then . else tojson end | gsub("[\r\n]+"; " ") | gsub("\\|"; "\\|");
def row: "| " + (map(cell) | join(" | ")) + " |";
def table($header): if length == 0 then empty else ($header | row), ("|" + "---|" * ($header | length)), (.[] | row) end;
def section($title): select(length > 0) | [$title, "", .[], ""] | join("\n");
def lower: ascii_downcase;

# Settings that the data sources sentinel_aad_connectors found and that no resource manages.
def known: (env.KNOWN_SETTINGS // "") | split(",") | map(gsub("^\\s+|\\s+$"; "") | lower);
def managed: [.planned_values | resources | select(.type == "sentinel_aad_connector") | .values];
def looked: [.prior_state | resources | select(.mode == "data" and .type == "sentinel_aad_connectors")];
def unmanaged:
  managed as $managed | known as $known
  | if .output_changes.unmanaged.after then
      [.output_changes.unmanaged.after | to_entries[] | {tenant: .key, name: .value[]}]
    else
      [looked[].values.connectors[] | . as $setting
        | select(any($known[]; . == ($setting.name | lower)) | not)
        | select(any($managed[]; (.name | lower) == ($setting.name | lower) and (.tenant_id // $setting.tenant_id) == $setting.tenant_id) | not)
        | {tenant: .tenant_id, name,
            to: ([.log_analytics_workspace_id, .storage_account_id, .eventhub_authorization_rule_id] | map(values | split("/") | .[8]) | join(", ")),
            categories: (.log_categories | join(", "))}] | unique
    end;

# What the plan would change: each attribute of this provider's resources, and the address of any other resource. "…" stands
# for the members of a set that do not change.
def difference($other):
  if type == "array" and ($other | type) == "array"
  then (if . - $other == . then . - $other else ["…"] + (. - $other) end) | join(", ")
  else . // "" end;
def changes:
  [.resource_changes[]? | select(.mode == "managed" and (.change.actions | any(. != "no-op" and . != "read")))
    | . as $resource | .change.before as $before | .change.after as $after | .change.after_unknown as $unknown
    | [.address, (.change.actions | join(" and "))]
      + if ($resource.type | startswith("sentinel_")) and $before != null and $after != null
        then $before + $after | keys[] | select(. != "tables" and ($before[.] != $after[.] or $unknown[.] == true))
          | [., ($before[.] as $b | $after[.] as $a | ($b | difference($a)), if $unknown[.] == true then "(known after apply)" else $a | difference($b) end)]
        else ["", "", ""] end];

def failed: [.checks[]? | select(.status == "fail" or .status == "error") | .address.to_display as $check | .instances[].problems[]?.message | [$check, .]];

unmanaged as $unmanaged | changes as $changes | failed as $failed
| {
    finding: ([
      if $unmanaged | length > 0 then "settings that nobody manages" else empty end,
      if $changes | length > 0 then "drift" else empty end,
      if $failed | length > 0 then "a check fails" else empty end
    ] | join(", ")),
    report: ([
      if .output_changes.report.after then .output_changes.report.after + "\n"
      elif looked | length == 0 then "The configuration has no data source `sentinel_aad_connectors`, so nothing looks for unmanaged settings.\n"
      else [$unmanaged | map([.tenant, .name, .to // "", .categories // ""]) | table(["tenant", "setting", "sends to", "log categories"])] | section("### Settings that nobody manages") end,
      ([$changes | table(["resource", "change", "attribute", "now", "planned"])] | section("### Drift")),
      ([$failed | table(["check", "problem"])] | section("### Failed checks"))
    ] | join("\n"))
  }
