import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import zlib from 'node:zlib';
import { parseCLI, startVitest } from 'vitest/node';
import type { SkippedSuite } from './test-summary.ts';
import { summarize, totalsLine } from './test-summary.ts';

/** Suites that CI may skip, with the reason why that is no loss. Keep it empty on the Node that the repository brings. */
const skipsAllowedInCi: ReadonlyMap<string, string> = new Map(
  typeof zlib.zstdCompress === 'function'
    ? []
    : [
        'zstd.test.ts > where Node has zstd',
        'zstd.test.ts > where Node has zstd with dictionaries',
        'zstd-attacks.test.ts > where Node has zstd',
      ].map((suite) => [
        `packages/http-pubsub/test/websocket/${suite}`,
        'Newer Nodes run them: this one has no Zstandard.',
      ]),
);

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
// Minutes of waiting for real leases to run out: its own command, `test:faults`.
options.project ??= ['!faults'];
const vitest = await startVitest(filter, options);
const summary = summarize(vitest.state.getTestModules(), vitest.state.getUnhandledErrors());

// Such as a filter that no file matches, or a setup that threw.
const broken = Boolean(process.exitCode) && summary.failed === 0;
if (broken) console.log('The run itself failed: counted as one failed.');
const totals = { ...summary, failed: summary.failed + (broken ? 1 : 0) };
if (totals.failed > 0) process.exitCode = 1;

// With a filter by name, the tests left out count as skipped: nobody needs a list of those.
if (options.testNamePattern === undefined) reportSkips(summary.skips);

if (summary.failures.length > 0) console.log(['FAILED:', ...summary.failures].join('\n  '));

const reportFile = process.env['MILLRACE_TEST_REPORT'];
if (reportFile !== undefined) {
  mkdirSync(dirname(reportFile), { recursive: true });
  writeFileSync(reportFile, JSON.stringify({ node: process.version, ...totals }, undefined, 2));
}
console.log(totalsLine(totals));

function reportSkips(skips: readonly SkippedSuite[]): void {
  if (skips.length === 0) return;
  console.log('SKIPPED, so nothing is known about:');
  for (const { suite, tests, reason } of skips) console.log(`  ${suite} (${tests} tests): ${reason}`);
  console.log('');
  if (process.env['CI'] !== 'true') return;
  const refused = skips.filter(({ suite }) => !skipsAllowedInCi.has(suite));
  for (const { suite } of skips)
    if (skipsAllowedInCi.has(suite)) console.log(`CI may skip ${suite}: ${skipsAllowedInCi.get(suite)}`);
  if (refused.length === 0) return;
  console.log(`CI does not skip: ${refused.length} suites above make this run fail.\n`);
  process.exitCode = 1;
}
