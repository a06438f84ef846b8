#!/usr/bin/env node
import { once } from 'node:events';
import { readArguments, usage } from './salesforce/command/arguments.ts';
import { connectionFacts, factsAsText } from './salesforce/command/describe.ts';
import { salesforceEmulator } from './salesforce/emulator.ts';

async function run(args: readonly string[]): Promise<void> {
  const commandLine = readArguments(args);
  if (commandLine === 'help') {
    process.stdout.write(usage);
    return;
  }
  const stopped = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const org = await salesforceEmulator(commandLine.options);
  const faults = commandLine.randomFaults && org.randomFaults(commandLine.randomFaults);
  const facts = connectionFacts(org, faults?.seed);
  process.stdout.write(commandLine.json ? `${JSON.stringify(facts)}\n` : factsAsText(facts));
  await stopped;
  await org.close();
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`millrace-salesforce: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
