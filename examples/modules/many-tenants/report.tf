# The Markdown report: unmanaged settings first, then a table of all tenants, the worst first.
locals {
  columns = distinct(sort(flatten([for arrivals in data.sentinel_aad_connector_status.entra : keys(arrivals.status)])))

  # Ages come from dates, because Terraform has no function for the difference of two times.
  days_ago = { for days in range(100) : substr(timeadd(plantimestamp(), "-${24 * days}h"), 0, 10) => days }
  hours_since = {
    for time in compact(distinct(flatten([
      for arrivals in data.sentinel_aad_connector_status.entra : values(arrivals.status)[*].last_record_time
    ]))) :
    time => floor(24 * lookup(local.days_ago, substr(time, 0, 10), 0) + sum([
      for place, hours in { 11 = 1, 14 = 1 / 60 } :
      hours * (tonumber(substr(plantimestamp(), place, 2)) - tonumber(substr(time, place, 2)))
    ]))
  }
  ages = {
    for time, hours in local.hours_since :
    time => hours < 1 ? "<1 h" : hours < 48 ? "${hours} h" : "${floor(hours / 24)} d"
  }

  marks = { receiving = "✅", silent = "❌", missing = "❌", not_queried = "❔", denied = "❔" }
  cells = {
    for tenant, arrivals in data.sentinel_aad_connector_status.entra : tenant => [
      for table in local.columns : !contains(keys(arrivals.status), table) ? "–" : join(" ", compact([
        local.marks[arrivals.status[table].state],
        arrivals.status[table].receiving ? "" : arrivals.status[table].state,
        try(local.ages[arrivals.status[table].last_record_time], ""),
      ]))
    ]
  }

  # How many tables of each tenant are silent, and how many could not be read.
  counts = {
    for tenant, cells in local.cells : tenant => {
      silent = length([for cell in cells : cell if startswith(cell, "❌")])
      unread = length([for cell in cells : cell if startswith(cell, "❔")])
    }
  }
  silent_tenants = length([for count in local.counts : count if count.silent > 0])
  unread_tenants = length([for count in local.counts : count if count.unread > 0])

  worst_first = [
    for key in sort([for tenant, count in local.counts : format("%03d %03d %s", 999 - count.silent, 999 - count.unread, tenant)]) :
    substr(key, 8, -1)
  ]

  unmanaged_rows = flatten([
    for tenant, settings in local.unmanaged : [
      for setting in settings : format("| %s | %s | %s | %s |", tenant, replace(setting.name, "|", "\\|"), join(", ", compact([
        try(basename(setting.log_analytics_workspace_id), ""),
        try(basename(setting.storage_account_id), ""),
        try("${split("/", setting.eventhub_authorization_rule_id)[8]} ${coalesce(setting.eventhub_name, "(default event hub)")}", ""),
      ])), join(", ", setting.log_categories))
    ]
  ])

  report = join("\n", concat(
    length(local.unmanaged_rows) == 0 ? [] : concat(
      ["### ⚠️ Settings that nobody manages: ${length(local.unmanaged_rows)}", "", "| tenant | setting | sends to | log categories |", "|---|---|---|---|"],
      local.unmanaged_rows, [""],
    ),
    [
      local.silent_tenants == 0 ? "### No tenant of ${length(local.counts)} has a silent table" : "### ${local.silent_tenants} of ${length(local.counts)} tenants ${local.silent_tenants == 1 ? "has" : "have"} a silent table",
      "",
    ],
    local.unread_tenants == 0 ? [] : ["Tenants with a table that could not be read (❔): ${local.unread_tenants}.", ""],
    ["| tenant | ${join(" | ", local.columns)} |", "|---|${join("", [for column in local.columns : "---|"])}"],
    [for tenant in local.worst_first : "| ${tenant} | ${join(" | ", local.cells[tenant])} |"],
  ))
}
