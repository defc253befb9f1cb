import fs from 'node:fs';
import { loadKusto, buildGlobals, check } from './check-kql.mjs';

const kusto = loadKusto();
const schemas = JSON.parse(fs.readFileSync('entra-log-schemas.json', 'utf8'));
const { queries, missing } = JSON.parse(fs.readFileSync(0, 'utf8'));
for (const query of queries) {
  for (const without of missing) {
    const globals = buildGlobals(kusto.Kusto, schemas, (table) => !without.includes(table));
    const { diags, kind } = check(kusto, globals, query);
    const problems = diags.filter((d) => d.severity === 'Error' || !without.length);
    for (const d of problems) console.log(`${d.message} without ${without} in ${query}`);
    if (kind !== 'Query') console.log(`not a query: ${query}`);
  }
}
