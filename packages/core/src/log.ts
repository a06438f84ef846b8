export type LogFields = Readonly<Record<string, unknown>>;

/** What Millrace logs to. `pino`, `winston` and `console` need a line or two of glue. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
