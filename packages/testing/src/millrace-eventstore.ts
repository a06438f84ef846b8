#!/usr/bin/env node
import { once } from 'node:events';
import { readArguments, usage } from './eventstore/command/arguments.ts';
import { eventStoreServer } from './eventstore/event-store-server.ts';

async function run(args: readonly string[]): Promise<void> {
  const commandLine = readArguments(args);
  if (commandLine === 'help') {
    process.stdout.write(usage);
    return;
  }
  const stopped = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const { connectionString, close } = await eventStoreServer(commandLine.options);
  process.stdout.write(
    commandLine.json ? `${JSON.stringify({ connectionString })}\n` : `${connectionString}\n`,
  );
  await stopped;
  await close();
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`millrace-eventstore: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
