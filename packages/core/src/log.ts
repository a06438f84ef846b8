import { describeError, redact } from './error-description.ts';

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

/** JSON lines on standard error. */
export function consoleLogger({ level = 'info' }: { readonly level?: (typeof levels)[number] } = {}): Logger {
  const from = levels.indexOf(level);
  const writer = (name: (typeof levels)[number]) =>
    levels.indexOf(name) < from
      ? () => {}
      : (message: string, fields?: LogFields) => {
          process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level: name, message, ...fields })}\n`);
        };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

/** For a session that must not log at all. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Describes errors and takes credentials out before anything reaches `log`; a logger that throws does no harm. */
export function safeLogger(log: Logger): Logger {
  const guard =
    (level: (typeof levels)[number]) =>
    (message: string, fields: LogFields = {}): void => {
      try {
        log[level](redact(message), Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, clean(value)])));
      } catch {
        // A broken logger must not lose messages.
      }
    };
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') };
}

function clean(value: unknown): unknown {
  if (value instanceof Error) return describeError(value);
  return typeof value === 'string' ? redact(value) : value;
}
