import { describeError, isError } from './error-description.ts';
import { isSecretName, redact } from './redaction.ts';

/** What a line tells beside its message: values that JSON knows, and errors. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What Millrace logs to. `pino`, `winston` and `console` need a line or two of glue. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A logger that adds fields to every line. */
export function withFields(log: Logger, fields: LogFields): Logger {
  return {
    debug: (message, more) => log.debug(message, { ...fields, ...more }),
    info: (message, more) => log.info(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    error: (message, more) => log.error(message, { ...fields, ...more }),
  };
}

const levels = ['debug', 'info', 'warn', 'error'] as const;

/** JSON lines on standard error. A field can't replace `time`, `level` and `message`. */
export function consoleLogger({ level = 'info' }: { readonly level?: (typeof levels)[number] } = {}): Logger {
  const from = levels.indexOf(level);
  const writer = (name: (typeof levels)[number]) =>
    levels.indexOf(name) < from
      ? () => {}
      : (message: string, fields?: LogFields) => {
          const line = { time: new Date().toISOString(), level: name, message };
          process.stderr.write(`${JSON.stringify({ ...line, ...fields, ...line }, withBigInts)}\n`);
        };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

function withBigInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** For a session that must not log at all. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Describes errors and takes credentials out before anything reaches `log`; a logger that throws does no harm. */
export function safeLogger(log: Logger): Logger {
  const guard =
    (level: (typeof levels)[number]) =>
    (message: string, fields: LogFields = {}): void => {
      try {
        log[level](redact(message), cleanFields(fields, 0));
      } catch {
        // A broken logger must not lose messages.
      }
    };
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') };
}

const deepest = 5;

function cleanFields(fields: object, depth: number): LogFields {
  const entries = Object.entries(fields) as readonly (readonly [string, unknown])[];
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isSecretName(name) ? '[redacted]' : clean(value, depth)]),
  );
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redact(value);
  if (isError(value)) return describeError(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (depth === deepest) return '[too deep]';
  try {
    if (saysItself(value)) return clean(value.toJSON(), depth + 1);
    if (Array.isArray(value)) return value.map((item: unknown) => clean(item, depth + 1));
    return cleanFields(value, depth + 1);
  } catch {
    return '[unreadable]';
  }
}

function saysItself(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}
