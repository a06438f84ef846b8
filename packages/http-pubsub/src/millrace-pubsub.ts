#!/usr/bin/env node
import { once } from 'node:events';
import type { Clock } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { CommandLine } from './cli/arguments.ts';
import { readArguments, usage } from './cli/arguments.ts';
import { loadConfig } from './cli/config.ts';
import { initSecrets } from './cli/init-secrets.ts';
import { readAuth } from './cli/read-auth.ts';
import { runBroadcaster } from './cli/run-broadcaster.ts';
import { sign, verify } from './cli/sign.ts';
import { tail } from './cli/tail.ts';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function authFrom(file: string | undefined, clock?: Clock) {
  const place = { folder: process.cwd(), environment: process.env };
  return readAuth(file === undefined ? 'none' : { file }, place, clock && { clock });
}

async function serve({ config, json }: CommandLine & { readonly command: 'serve' }): Promise<void> {
  const stopped = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const { url, adminUrl, stop } = await runBroadcaster(await loadConfig(config), process.env);
  if (json) say(JSON.stringify({ url, adminUrl }));
  else {
    say(`The broadcaster is at ${url}`);
    if (adminUrl !== undefined) say(`Health and metrics are at ${adminUrl}/health and ${adminUrl}/metrics`);
  }
  await stopped;
  // Whoever asks again does not want to wait.
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(130));
  await stop();
}

async function run(commandLine: CommandLine): Promise<void> {
  switch (commandLine.command) {
    case 'help':
      return say(usage.trimEnd());
    case 'init-secrets':
      return (await initSecrets(commandLine)).forEach(say);
    case 'serve':
      return serve(commandLine);
    case 'tail': {
      const { secrets, ...options } = commandLine;
      return tail({ ...options, auth: await authFrom(secrets), say }).run();
    }
    case 'sign': {
      const { said, secrets } = commandLine;
      return say(await sign(said, (clock) => authFrom(secrets, clock)));
    }
    case 'verify': {
      const { said, authorization, secrets } = commandLine;
      const { ok, verdict } = await verify(said, authorization, (clock) => authFrom(secrets, clock));
      say(verdict);
      if (!ok) process.exitCode = 2;
    }
  }
}

try {
  await run(readArguments(process.argv.slice(2)));
  // A signal that is waited for, or a connection that somebody keeps open, is no reason to stay.
  process.exit();
} catch (error) {
  const code = isMillraceError(error) ? `${error.code}: ` : '';
  process.stderr.write(`millrace-pubsub: ${code}${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
