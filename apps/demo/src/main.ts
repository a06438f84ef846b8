import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Arguments } from './arguments.ts';
import { readArguments, usage } from './arguments.ts';
import type { DemoResult } from './demo.ts';
import { runDemo } from './demo.ts';
import { createNarrator } from './narrator.ts';
import { table } from './report.ts';

/** Far more than it ever needs. Milliseconds. */
const overallLimit = 180_000;

process.exitCode = await main();

/** Answers the exit status. */
async function main(): Promise<number> {
  let given: Arguments | 'help';
  try {
    given = readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (given !== 'help') return await perform(given);
  console.log(usage);
  return 0;
}

async function perform({ json, keep, kafka, sabotage }: Arguments): Promise<number> {
  const { say, standing } = createNarrator(json ? process.stderr : process.stdout);
  const directory = mkdtempSync(join(tmpdir(), 'millrace-demo-'));
  const interrupted = new AbortController();
  const limit = AbortSignal.timeout(overallLimit);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());
  let result: DemoResult | undefined;

  try {
    const signal = AbortSignal.any([interrupted.signal, limit]);
    result = await runDemo({ directory, narrator: { say, standing }, kafka, sabotage, signal });
  } catch (error) {
    if (interrupted.signal.aborted) say('Stopped.');
    else say(`The demo broke off: ${limit.aborted ? 'it was not done in three minutes.' : String(error)}`);
  }

  if (result) say(`\n${table(result.counts)}\n`);
  for (const finding of result?.findings ?? []) say(`WRONG: ${finding}`);
  const isClean = result?.findings.length === 0;
  if (isClean) {
    say('Nothing is lost, nothing took effect twice, and what belongs together took effect in its order.');
  }
  if (keep || !(isClean || interrupted.signal.aborted)) {
    say(`The database and the logs of the workers are in ${directory}.`);
  } else {
    rmSync(directory, { recursive: true, force: true });
  }
  if (json && result) process.stdout.write(`${JSON.stringify(result.counts)}\n`);
  if (isClean) return 0;
  return interrupted.signal.aborted ? 130 : 1;
}
