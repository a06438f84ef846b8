import { parseArgs } from 'node:util';
import { httpPubsubError } from '../errors.ts';
import type { SecretType } from './init-secrets.ts';

export const usage = `Usage: millrace-pubsub <command> [options]

  init-secrets [folder]       writes broadcaster-secrets.json and subscriber-secrets.json, for nobody else to read
    --to-broadcaster <type>   hmac, token or none (default hmac)
    --to-subscriber <type>    the same

  serve --config <file>       runs a broadcaster until SIGTERM or SIGINT
    --json                    says where it listens as one line of JSON

  tail <glob>...              shows events as they come, over a WebSocket
    --broadcaster <url>       such as ws://127.0.0.1:3003 (default); may be given several times
    --exact <topic>           a topic as it is; may be given several times
    --secrets <file>
    --json                    one line of JSON for each event

  sign <json>                 what goes into Authorization for {"kind": "notify", "topic": "a/b", "identifier": "hex:01",
                              "data": "Hello"} and the like
    --secrets <file>          (needed)

  verify <json> <authorization>
    --secrets <file>          (needed)

  --help
`;

export type CommandLine =
  | { readonly command: 'help' }
  | {
      readonly command: 'init-secrets';
      readonly folder: string;
      readonly toBroadcaster: SecretType;
      readonly toSubscriber: SecretType;
    }
  | { readonly command: 'serve'; readonly config: string; readonly json: boolean }
  | {
      readonly command: 'tail';
      readonly globs: readonly string[];
      readonly exact: readonly string[];
      readonly broadcasters: readonly string[];
      readonly secrets: string | undefined;
      readonly json: boolean;
    }
  | { readonly command: 'sign'; readonly said: string; readonly secrets: string }
  | {
      readonly command: 'verify';
      readonly said: string;
      readonly authorization: string;
      readonly secrets: string;
    };

const options = {
  'init-secrets': { 'to-broadcaster': { type: 'string' }, 'to-subscriber': { type: 'string' } },
  serve: { config: { type: 'string' }, json: { type: 'boolean' } },
  tail: {
    broadcaster: { type: 'string', multiple: true },
    exact: { type: 'string', multiple: true },
    secrets: { type: 'string' },
    json: { type: 'boolean' },
  },
  sign: { secrets: { type: 'string' } },
  verify: { secrets: { type: 'string' } },
} as const;

/** Throws PUBSUB_OPTIONS. */
export function readArguments(args: readonly string[]): CommandLine {
  const [command = '--help', ...rest] = args;
  if (command === '--help' || rest.includes('--help')) return { command: 'help' };
  if (!Object.hasOwn(options, command))
    throw wrong(`There is no command "${command}". See millrace-pubsub --help.`);
  try {
    return readCommand(command as keyof typeof options, rest);
  } catch (error) {
    throw error instanceof TypeError ? wrong(error.message) : error;
  }
}

function readCommand(command: keyof typeof options, args: readonly string[]): CommandLine {
  const parse = <const O extends (typeof options)[keyof typeof options]>(own: O) =>
    parseArgs({ args: [...args], options: own, allowPositionals: true });
  switch (command) {
    case 'init-secrets': {
      const { values, positionals } = parse(options[command]);
      const [folder = '.'] = atMost(1, positionals);
      return {
        command,
        folder,
        toBroadcaster: typeOf('--to-broadcaster', values['to-broadcaster']),
        toSubscriber: typeOf('--to-subscriber', values['to-subscriber']),
      };
    }
    case 'serve': {
      const { values, positionals } = parse(options[command]);
      atMost(0, positionals);
      return { command, config: needed('--config', values.config), json: values.json ?? false };
    }
    case 'tail': {
      const { values, positionals: globs } = parse(options[command]);
      const { exact = [], broadcaster = ['ws://127.0.0.1:3003'], secrets, json = false } = values;
      if (globs.length + exact.length === 0)
        throw wrong('tail needs a glob, such as "orders/**", or --exact.');
      return { command, globs, exact, broadcasters: broadcaster, secrets, json };
    }
    case 'sign': {
      const { values, positionals } = parse(options[command]);
      const [said] = atMost(1, positionals);
      return { command, said: needed('what to sign', said), secrets: needed('--secrets', values.secrets) };
    }
    case 'verify': {
      const { values, positionals } = parse(options[command]);
      const [said, authorization] = atMost(2, positionals);
      return {
        command,
        said: needed('what was signed', said),
        authorization: needed('the authorization', authorization),
        secrets: needed('--secrets', values.secrets),
      };
    }
  }
}

function typeOf(name: string, value = 'hmac'): SecretType {
  if (value === 'hmac' || value === 'token' || value === 'none') return value;
  throw wrong(`${name} takes hmac, token or none, not "${value}".`);
}

function needed(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw wrong(`It needs ${name}. See millrace-pubsub --help.`);
  return value;
}

function atMost(count: number, positionals: readonly string[]): readonly string[] {
  const extra = positionals[count];
  if (extra !== undefined) throw wrong(`"${extra}" is one too many. See millrace-pubsub --help.`);
  return positionals;
}

function wrong(problem: string): Error {
  return httpPubsubError('PUBSUB_OPTIONS', problem);
}
