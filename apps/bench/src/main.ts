import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { dispatchSuites } from './dispatch/suites.ts';

import type { Samples } from './measure/rounds.ts';
import { measureRounds } from './measure/rounds.ts';
import { readOptions } from './options.ts';
import { environment } from './report/environment.ts';
import type { Result } from './report/result.ts';
import { toResult } from './report/result.ts';
import { toTable } from './report/table.ts';
import { sqsSuite } from './sqs/suite.ts';
import type { Suite } from './suite.ts';

const options = readOptions(process.argv.slice(2));
const wanted = ({ id }: { readonly id: string }) => id.startsWith(options.prefix);
const suites = [...dispatchSuites, sqsSuite].filter(({ quantities }) => quantities.some(wanted));
if (suites.length === 0) throw new Error(`No result has an id that starts with "${options.prefix}".`);

const before = environment();
const results: Result[] = [];
const raw: object[] = [];
for (const suite of suites) {
  const messages = options.messages ?? suite.messages;
  const samples = await run(suite, messages);
  raw.push({ suite: suite.name, messages, samples: Object.fromEntries(samples) });
  results.push(...suite.quantities.filter(wanted).map((quantity) => toResult(quantity, samples, messages)));
}
const after = environment();

if (options.raw !== undefined) {
  mkdirSync(dirname(options.raw), { recursive: true });
  writeFileSync(options.raw, JSON.stringify({ before, after, results, raw }, undefined, 1));
}
const { node, platform, cpu, cores } = before;
console.log(`${toTable(results)}\n`);
console.log(
  `Node ${node} on ${platform}, ${cores} × ${cpu}; load ${before.load[0]} before, ${after.load[0]} after.`,
);
if (options.json) console.log(JSON.stringify(results));

async function run(suite: Suite, messages: number): Promise<Samples> {
  const { contenders, close } = await suite.open();
  try {
    return await measureRounds(contenders, {
      messages,
      warmUps: suite.warmUps,
      samples: options.samples ?? suite.samples,
      progress: (text) => process.stderr.write(`${suite.name}: ${text}\n`),
    });
  } finally {
    for (const contender of contenders) await contender.close();
    await close?.();
  }
}
