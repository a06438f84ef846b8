import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openAdapters } from './conformance/adapters.ts';
import { conformancePage } from './conformance/page.ts';
import { runConformance } from './conformance/run.ts';
import { repository } from './repository.ts';

const { values } = parseArgs({
  options: {
    /** Print the results as JSON, in the last line. */
    json: { type: 'boolean', default: false },
    /** Write docs/conformance.md, if nothing fails. */
    write: { type: 'boolean', default: false },
    /** Only adapters whose name contains this. */
    only: { type: 'string', default: '' },
  },
});
if (values.write && values.only !== '')
  throw new Error('The page tells of all adapters: --write goes without --only.');

const { subjects: all, close } = await openAdapters();
const subjects = all.filter(({ name }) => name.includes(values.only));
if (subjects.length === 0)
  throw new Error(
    `No adapter has "${values.only}" in its name. There are: ${all.map(({ name }) => name).join('; ')}.`,
  );

const { results, failures } = await runConformance(subjects);
await close();

for (const failure of failures) console.log(`${failure}\n`);
for (const { name } of subjects) {
  const of = results.filter(({ adapter }) => adapter === name);
  const count = (result: string) => of.filter((it) => it.result === result).length;
  console.log(`${name}: ${count('pass')} pass, ${count('skip')} skipped, ${count('fail')} fail`);
  for (const { property, result, reason } of of)
    if (reason !== undefined) console.log(`  ${property} ${result}: ${reason}`);
}
if (failures.length > 0) process.exitCode = 1;
else if (values.write)
  writeFileSync(join(repository, 'docs/conformance.md'), conformancePage(subjects, results));
if (values.json) console.log(JSON.stringify(results));
